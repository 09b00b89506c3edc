"use client";
/** Owns the message to a person whose page could not load the runtime. */
import { type ReactNode, useEffect } from "react";

export interface LoadFailureProps {
  readonly error: unknown;
  readonly retry: () => void;
}

/** Says what failed and what to do, aloud for screen readers, and reports the error to the page. */
export function LoadFailure({ error, retry }: LoadFailureProps): ReactNode {
  useEffect(() => reportError(error), [error]);
  const { code, message, mend } = describe(error);
  return (
    <div role="alert">
      <p>
        <strong>This part of the page could not start.</strong>
      </p>
      <p>
        {code === undefined ? null : <code>{code}</code>} {message}
      </p>
      {mend === undefined ? null : <p>{mend}</p>}
      <button type="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

/** Reads the fields of an `AsupersyncError` by shape, for what failed may be anything. */
function describe(error: unknown) {
  const isObject = typeof error === "object" && error !== null;
  const { code, message, mend }: Facts = isObject ? error : {};
  return { code: textOf(code), message: textOf(message) ?? String(error), mend: textOf(mend) };
}

interface Facts {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly mend?: unknown;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
