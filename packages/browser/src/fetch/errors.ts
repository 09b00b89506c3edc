/** Owns the errors of requests and of what is read of their responses. */
import { AsupersyncError } from "../errors.js";
import { describeReceived } from "../validate.js";
import type { FetchResponse } from "./response.js";

/** The answer has a status that was not expected. Code `HTTP_STATUS`. */
export class HttpStatusError extends AsupersyncError {
  readonly status: number;
  /** The answer itself: its body can be read as any other. */
  readonly response: FetchResponse;

  /** @internal */
  constructor(label: string, response: FetchResponse) {
    const { status, statusText } = response;
    super("HTTP_STATUS", `${`${status} ${statusText}`.trim()} from ${label}`);
    this.status = status;
    this.response = response;
  }

  static {
    HttpStatusError.prototype.name = "HttpStatusError";
  }
}

/** A line is no JSON. Code `INVALID_JSON`; what the parser says is its `cause`. */
export class JsonLineError extends AsupersyncError {
  /** Number of the line, from 1. */
  readonly line: number;

  /** @internal */
  constructor(line: number, text: string, cause: unknown) {
    super("INVALID_JSON", `${describeReceived(text)} in line ${line}`, { cause });
    this.line = line;
  }

  static {
    JsonLineError.prototype.name = "JsonLineError";
  }
}

/** What a request or a read failed with: the platform says `TypeError` when no answer came. */
export function networkError(label: string, error: unknown, mend?: string): unknown {
  if (!(error instanceof TypeError)) return error;
  const received = `${describeReceived(error.message)} from ${label}`;
  const details = { cause: error, ...(mend !== undefined && { mend }) };
  return new AsupersyncError("NETWORK", received, details);
}

/** More came than is kept at once. `option` is what raises the bound. */
export function tooLarge(what: string, max: number, option: string): AsupersyncError {
  const expected = `${what} of at most ${max} ${option.endsWith("BytesMax") ? "bytes" : "characters"}`;
  return new AsupersyncError("TOO_LARGE", "a longer one", {
    expected,
    mend: `raise ${option} if it is meant to be that long`,
  });
}
