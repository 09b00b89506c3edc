"use client";
/** Owns what stands on the page until the runtime is there, and when it cannot be. */
import { AsupersyncProvider, type RuntimeLoad, type RuntimeStore } from "@asupersync/react";
import { type ReactNode, useEffect, useSyncExternalStore } from "react";
import { LoadFailure } from "./load-failure.js";

export interface ClientBoundaryProps {
  readonly runtime: RuntimeStore;
  /** Shown on the server, in the hydrating render, and while the runtime loads. */
  readonly fallback?: ReactNode;
  /** Renders a failed load in place of the default message. `retry` loads again. */
  readonly onError?: ((error: unknown, retry: () => void) => ReactNode) | undefined;
  readonly children: ReactNode;
}

export function ClientBoundary({
  runtime,
  fallback = null,
  onError = defaultMessage,
  children,
}: ClientBoundaryProps): ReactNode {
  const load = useSyncExternalStore(runtime.subscribe, runtime.getSnapshot, getServerLoad);
  useEffect(() => loadQuietly(runtime), [runtime]);
  switch (load.status) {
    case "idle":
    case "loading":
      return fallback;
    case "failed":
      return onError(load.error, () => loadQuietly(runtime));
    case "ready":
      return <AsupersyncProvider runtime={runtime}>{children}</AsupersyncProvider>;
  }
}

function defaultMessage(error: unknown, retry: () => void): ReactNode {
  return <LoadFailure error={error} retry={retry} />;
}

/** A failed load is rendered from the store's snapshot, so the promise has nothing to add. */
function loadQuietly(runtime: RuntimeStore): void {
  runtime.load().catch(() => undefined);
}

const SERVER_LOAD: RuntimeLoad = { status: "idle", runtime: undefined, error: undefined };

function getServerLoad(): RuntimeLoad {
  return SERVER_LOAD;
}
