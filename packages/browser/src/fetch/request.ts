/** Owns what a request is asked with: its checks, and the platform's own `Request` made of it. */
import { AsupersyncError } from "../errors.js";
import type { TaskRecord } from "../task.js";
import {
  checkDuration,
  checkListener,
  checkOptions,
  checkSignal,
  checkWhole,
  DURATION_MS_MAX,
  invalidArgument,
  LABEL_CHARS_MAX,
} from "../validate.js";
import { BODY_BYTES_MAX } from "./limits.js";
import { requireUploadStreams, type UploadProgress } from "./upload.js";

/** What `cx.fetch` takes as an address; a `Request` brings the rest with it. */
export type FetchInput = string | URL | Request;

/** Makes a request, as the platform's `fetch` does. The request's signal aborts it. */
export type FetchImplementation = (request: Request) => Promise<Response>;

/** How far a transfer is, in bytes. */
export interface FetchProgress {
  /** Bytes so far: taken by the platform to be sent, or received and decompressed. */
  readonly loaded: number;
  /** Bytes in all, where that is known beforehand. */
  readonly total: number | undefined;
}

/** What `fetch` takes, and what `cx.fetch` adds to it. */
export interface FetchInit extends RequestInit {
  /**
   * Aborts this request alone, which then fails with the signal's `reason`. The task's own cancellation
   * needs no signal.
   */
  readonly signal?: AbortSignal | null;
  /** Has no choice: a body in pieces is sent before its answer is read. Set for you. */
  readonly duplex?: "half";
  /**
   * Milliseconds until the status and headers have come, else it fails with `TIMEOUT`. The body is not
   * in it, since a body may be meant to go on: `cx.timeout` around both limits both.
   */
  readonly timeoutMs?: number;
  /**
   * Which status is as it should be: `"ok"` for 200 to 299, or a function. Any other fails with
   * {@link HttpStatusError}, which has the response. Left out, every status is an answer.
   */
  readonly expect?: "ok" | ((status: number) => boolean);
  /** Bytes of a body that is read as a whole, at most; more fails with `TOO_LARGE`. Default 2^29. */
  readonly bodyBytesMax?: number;
  /**
   * Called as the platform takes pieces of the body, of at most 64 KiB, where it asks for them, as Node
   * does; a redirect that sends the body again counts from the beginning. Where it does not ask, as in
   * browsers, it is called twice: with 0 when the request is sent, and with all when the answer has come.
   * A stream as body is always counted in pieces, and its `total` is not known. Of the body that a
   * `Request` brings with it `total` is not known either, and in browsers only the beginning is told.
   */
  readonly onUploadProgress?: (progress: FetchProgress) => void;
  /** Called as pieces of the response's body are read. */
  readonly onDownloadProgress?: (progress: FetchProgress) => void;
}

const INIT_KEYS = [
  "method",
  "headers",
  "body",
  "credentials",
  "cache",
  "redirect",
  "mode",
  "referrer",
  "referrerPolicy",
  "integrity",
  "keepalive",
  "priority",
  "window",
  "duplex",
  "signal",
  "timeoutMs",
  "expect",
  "bodyBytesMax",
  "onUploadProgress",
  "onDownloadProgress",
] as const satisfies readonly (keyof FetchInit)[];

/** What was asked for, checked. */
export interface FetchSetup {
  readonly input: FetchInput;
  readonly init: FetchInit;
  readonly url: URL;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
  readonly expect: ((status: number) => boolean) | undefined;
  readonly bodyBytesMax: number;
  readonly onDownloadProgress: ((progress: FetchProgress) => void) | undefined;
}

/**
 * Checks what `cx.fetch` was called with.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`.
 */
export function decodeFetch(task: TaskRecord, input: FetchInput, init: FetchInit = {}): FetchSetup {
  const url = decodeUrl(input);
  checkOptions(init, INIT_KEYS, "init");
  // What it says stands in no keys of its own, and would be lost.
  if (init instanceof Request)
    throw invalidArgument(init, "init", "pass the Request as the address");
  const { timeoutMs, bodyBytesMax, onUploadProgress, onDownloadProgress } = init;
  if (timeoutMs !== undefined) checkDuration(timeoutMs, "timeoutMs");
  if (bodyBytesMax !== undefined && bodyBytesMax !== Number.POSITIVE_INFINITY) {
    checkWhole(bodyBytesMax, 0, DURATION_MS_MAX, "bodyBytesMax");
  }
  if (onUploadProgress !== undefined) checkListener(onUploadProgress, "onUploadProgress");
  if (onDownloadProgress !== undefined) checkListener(onDownloadProgress, "onDownloadProgress");
  return {
    input,
    init,
    url,
    signal: decodeSignal(task, input, init.signal),
    timeoutMs,
    expect: decodeExpect(init.expect),
    bodyBytesMax: bodyBytesMax ?? BODY_BYTES_MAX,
    onDownloadProgress,
  };
}

/**
 * The request that is sent. Nothing of it has been sent yet.
 *
 * @param upload Told how far its body is, if anybody asked.
 * @throws {AsupersyncError} `INVALID_ARGUMENT` for what the platform refuses,
 *   `UPLOAD_STREAM_UNAVAILABLE`.
 */
export function makeRequest(
  setup: FetchSetup,
  signal: AbortSignal,
  upload: UploadProgress | undefined,
): Request {
  const { input, init, url } = setup;
  if (isStreamed(setup)) requireUploadStreams();
  try {
    const platformInit = { ...init, signal, duplex: "half" };
    const address = input instanceof Request ? input : url.href;
    const request = new Request(address, platformInit);
    return upload?.follow(request, address, platformInit) ?? request;
  } catch (cause) {
    const received = `one that the platform refuses: ${(cause as Error).message}`;
    throw new AsupersyncError("INVALID_ARGUMENT", received, {
      expected: "a request that can be sent",
      mend: "see `cause`, which is the platform's own error",
      cause,
    });
  }
}

/** Whether the body is a stream. */
export function isStreamed({ init }: FetchSetup): boolean {
  return init.body instanceof ReadableStream;
}

/** `fetch /api/search`: without query and fragment, which may hold what is nobody's business. */
export function fetchLabel({ origin, pathname, protocol }: URL): string {
  const isOwn = origin === globalThis.location?.origin;
  // Without an origin it is no address but content: `data:` or the like.
  const place = origin === "null" ? protocol : `${isOwn ? "" : origin}${pathname}`;
  return `fetch ${place}`.slice(0, LABEL_CHARS_MAX);
}

function decodeUrl(input: unknown): URL {
  const text = input instanceof Request ? input.url : input;
  if (typeof text === "string" || text instanceof URL) {
    try {
      return new URL(text, globalThis.document?.baseURI ?? globalThis.location?.href);
    } catch {
      const mend = "where there is no page, give the whole address: https://…";
      throw invalidArgument(text, "an address that can be resolved", mend);
    }
  }
  throw invalidArgument(input, "an address: a string, a URL or a Request", "pass one of the three");
}

/** The caller's own signal. The task's is no second one: its cancellation comes by the kernel. */
function decodeSignal(
  task: TaskRecord,
  input: FetchInput,
  given: AbortSignal | null | undefined,
): AbortSignal | undefined {
  const own = input instanceof Request ? input.signal : undefined;
  const signal = given === undefined ? own : (given ?? undefined);
  return signal === task.extras?.controller?.signal ? undefined : checkSignal(signal);
}

function decodeExpect(expect: unknown): FetchSetup["expect"] {
  if (expect === "ok") return isOk;
  if (expect === undefined || typeof expect === "function") return expect as FetchSetup["expect"];
  const mend = 'pass "ok" or (status) => boolean, or leave it out';
  throw invalidArgument(expect, '"ok" or a function as expect', mend);
}

function isOk(status: number): boolean {
  return status >= 200 && status <= 299;
}
