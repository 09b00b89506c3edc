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
    super("HTTP_STATUS", `${`status ${status} ${statusText}`.trim()} from ${label}`);
    this.status = status;
    this.response = response;
  }

  static {
    HttpStatusError.prototype.name = "HttpStatusError";
  }
}

/**
 * What came is no JSON. Code `INVALID_JSON`; what the parser says, and where it stopped, is its `cause`.
 *
 * `received` begins with the first 80 characters of it.
 */
export class JsonError extends AsupersyncError {
  /** Where the answer is from: after redirects, query included. */
  readonly url: string;
  readonly status: number;

  /** @internal */
  constructor({ label, url, status, text, line, cause }: NoJson) {
    const begin = text === "" ? "an empty body" : describeReceived(text);
    const place = line === undefined ? "" : ` in line ${line}`;
    const received = `${begin}${place} from ${label}, status ${status}: ${(cause as Error).message}`;
    super("INVALID_JSON", received, { cause });
    this.url = url;
    this.status = status;
  }

  static {
    JsonError.prototype.name = "JsonError";
  }
}

/** A line is no JSON. Code `INVALID_JSON`; what the parser says is its `cause`. */
export class JsonLineError extends JsonError {
  /** Number of the line, from 1. */
  readonly line: number;

  /** @internal */
  constructor(what: NoJson & { readonly line: number }) {
    super(what);
    this.line = what.line;
  }

  static {
    JsonLineError.prototype.name = "JsonLineError";
  }
}

/** Where something comes from that is read. */
export interface Origin {
  /** Of the request; for messages, since it has no query. */
  readonly label: string;
  readonly url: string;
  readonly status: number;
}

interface NoJson extends Origin {
  readonly text: string;
  readonly line?: number;
  readonly cause: unknown;
}

/** The body of a response was read before. */
export function bodyUsed(label: string): AsupersyncError {
  return new AsupersyncError("BODY_USED", `the body of ${label}, which was read before`);
}

/** What a request or a read failed with: the platform says `TypeError` when no answer came. */
export function networkError(label: string, error: unknown, mend?: string): unknown {
  if (!(error instanceof TypeError)) return error;
  const received = `none to ${label} (${error.message})`;
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
