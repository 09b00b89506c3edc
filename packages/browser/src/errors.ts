/** Owns the package's one error type, and the table of what each code expects and how to mend it. */

import { ErrorKindCode } from "@asupersync/browser-core";
import { IS_DEVELOPMENT } from "#environment";

/** Stable name of a mistake. The table below says what each expects and how to mend it. */
export type ErrorCode = keyof typeof FACTS;

/**
 * A caller's mistake, or work that did not come to its value: what was expected, what came, and
 * what to do about it. `code` is stable; the texts are for people.
 */
export class AsupersyncError extends Error {
  readonly code: ErrorCode;
  // One field for all texts: a `CancelledError`, which is made by the thousand, has none of its own.
  readonly #texts: Texts | undefined;

  /** @internal */
  constructor(code: ErrorCode, received?: string, details?: ErrorDetails) {
    const texts = received === undefined ? undefined : textsOf(code, received, details);
    super(texts === undefined ? undefined : describe(code, texts), details);
    this.code = code;
    this.#texts = texts;
  }

  /** What came. */
  get received(): string {
    return this.#texts?.received ?? "";
  }

  /** What was expected. Empty in a production build where the page of the code says no less. */
  get expected(): string {
    return (this.#texts ?? factsOf(this.code)).expected;
  }

  /** What to do about it. Empty in a production build where the page of the code says no less. */
  get mend(): string {
    return (this.#texts ?? factsOf(this.code)).mend;
  }

  static {
    // On the prototype, so that an error costs no property for what never changes.
    AsupersyncError.prototype.name = "AsupersyncError";
  }
}

/** What is known better where the error is made than in the table. */
export interface ErrorDetails extends ErrorOptions {
  readonly expected?: string;
  readonly mend?: string;
}

interface Texts {
  readonly expected: string;
  readonly received: string;
  readonly mend: string;
}

function textsOf(code: ErrorCode, received: string, details: ErrorDetails | undefined): Texts {
  const { expected, mend } = factsOf(code);
  return { expected: details?.expected ?? expected, received, mend: details?.mend ?? mend };
}

/** Where the pages of the codes are: in this package as it is installed. */
const PAGES = "@asupersync/browser/docs/errors";

/** The message of an error: what was expected, what came, how to mend it, and where its page is. */
export function describe(code: ErrorCode, { expected, received, mend }: Texts): string {
  const wanted = expected === "" ? "" : `expected ${expected}, `;
  const advice = mend === "" ? "" : `: ${mend}`;
  return `${code}: ${wanted}got ${received}${advice} (see ${PAGES}/${code}.md)`;
}

/** What is said of a code where nothing is known better. A production build leaves it to the page. */
function factsOf(code: ErrorCode): { readonly expected: string; readonly mend: string } {
  return IS_DEVELOPMENT ? FACTS[code] : NO_FACTS;
}

const NO_FACTS = { expected: "", mend: "" };

const FACTS = {
  STALE_HANDLE: {
    expected: "something live",
    mend: "it has ended; keep no reference past its end, or check its state first",
  },
  FOREIGN_HANDLE: {
    expected: "a task or scope of this runtime",
    mend: "use it with the runtime that made it",
  },
  FORGED_HANDLE: {
    expected: "a task or scope that a runtime gave out",
    mend: "pass the object itself, not a copy of it",
  },
  INVALID_NUMBER: {
    expected: "a number in range",
    mend: "check where the number comes from",
  },
  // Every check of an argument knows better than this.
  INVALID_ARGUMENT: {
    expected: "an argument that fits",
    mend: "pass what is expected",
  },
  LIMIT_REACHED: {
    expected: "room for one more",
    mend: "end what is not needed first; a count that only grows is a leak",
  },
  SCOPE_CLOSED: {
    expected: "an open scope",
    mend: "open a new scope for new work",
  },
  WRONG_STATE: {
    expected: "a state that allows this",
    mend: "call it while the task's own body or finalizer runs",
  },
  RUNTIME_CLOSED: {
    expected: "an open runtime",
    mend: "create a new runtime",
  },
  POISONED: {
    expected: "a sound runtime",
    mend: "its kernel broke; create a new runtime and please report this",
  },
  WASM_INVALID: {
    expected: "the bytes of a WebAssembly module",
    mend: "serve kernel.wasm as it is; a page for a missing file, or half a file, is none",
  },
  ABI_MISMATCH: {
    expected: "the wasm that was built with this package",
    mend: "install one version of the packages, serve its own kernel.wasm, and reload",
  },
  TRACE_ABSENT: {
    expected: "a kernel with a trace",
    mend: "leave the option `wasm` out, or do without trace and fingerprint",
  },
  WASM_UNAVAILABLE: {
    expected: "the kernel's wasm",
    mend: "serve the file where `wasm` points, or leave the option out",
  },
  WASM_REFUSED: {
    expected: "a host that compiles WebAssembly",
    mend: "allow 'wasm-unsafe-eval' in script-src of the Content-Security-Policy",
  },
  WORKER_UNAVAILABLE: {
    expected: "a worker that starts and calls defineTasks",
    mend: "see `cause`; open the worker's file in the browser, and allow it in worker-src of the Content-Security-Policy",
  },
  WORKER_VERSION: {
    expected: "a page and a worker built with one version of the package",
    mend: "install one version, build both together, and reload",
  },
  WORKER_CRASHED: {
    expected: "a worker that lives until it is closed",
    mend: "see `cause`; catch what is thrown outside of tasks, or pass `restart` to go on with a new worker",
  },
  WORKER_CLOSED: {
    expected: "an open worker",
    mend: "make a new one with createWorker",
  },
  WORKER_PROTOCOL: {
    expected: "a message of the worker protocol",
    mend: "use the message port for nothing else; if nothing else does, please report this",
  },
  WORKER_UNCLONABLE: {
    expected: "what can be posted between a page and a worker",
    mend: "pass plain data; wrap what is to be handed over with transfer(value, [value])",
  },
  CX_ENDED: {
    expected: "the cx of a task that runs",
    mend: "await everything that uses cx before the body ends, or give it a task of its own",
  },
  CX_FOREIGN: {
    expected: "the cx that this body was given",
    mend: "use the parameter of the inner body, not a cx from around it",
  },
  OP_NOT_AWAITED: {
    expected: "every operation awaited",
    mend: "await it, or spawn what is to go on by itself; if it is left on purpose, void op.then()",
  },
  EMPTY_RACE: {
    expected: "at least one body",
    mend: "decide what no contender means before calling",
  },
  ALL_FAILED: {
    expected: "a value of at least one body",
    mend: "see `errors`, in the order of the bodies",
  },
  SUPERVISION_FAILED: {
    expected: "failures no more often than it may restart",
    mend: "see `cause`, the last of them; a body that keeps failing needs another cure",
  },
  BUFFER_FULL: {
    expected: "a consumer that keeps up",
    mend: "take values sooner, raise `capacity`, or choose an `overflow` that drops some",
  },
  UNSUPPORTED: {
    expected: "a host that has what this is made of",
    mend: "ask before calling, or use what every host has",
  },
  BODY_USED: {
    expected: "a response whose body was not read yet",
    mend: "read it once and keep the result",
  },
  WEBSOCKET_UNAVAILABLE: {
    expected: "a host with a global WebSocket, or the option webSocket.implementation",
    mend: "pass createRuntime({ webSocket: { implementation } }), such as that of the package ws",
  },
  SOCKET_FAILED: {
    expected: "a server that accepts the WebSocket",
    mend: "look at the server's answer, which browsers show in their network panel alone",
  },
  SOCKET_CLOSED: {
    expected: "an open socket",
    mend: "see `close` for who closed it and why; open another one, or use cx.reconnectingSocket",
  },
  SOCKET_OVERFLOW: {
    expected: "messages received as fast as they come",
    mend: "receive faster, allow a larger receiveBuffer, or set overflow to lose some",
  },
  SOCKET_QUEUE_FULL: {
    expected: "room in the queue of what is sent once there is a connection again",
    mend: "send less while it is not open, allow a larger queue, or set its overflow to lose some",
  },
  SOCKET_UNSENT: {
    expected: "every accepted message sent",
    mend: "see `cause`; await close(), which sends what it can and says in `unsent` how many are left",
  },
  SOCKET_SILENT: {
    expected: "an answer to the heartbeat in time",
    mend: "nothing, if the network is gone; else let the server answer, or allow more timeoutMs",
  },
  NETWORK: {
    expected: "a whole answer from the server",
    mend: "see `cause`; check the address, the connection, and what CORS allows",
  },
  HTTP_STATUS: {
    expected: "a status that was asked for",
    mend: "read `response`, which says more, or leave `expect` out",
  },
  ORIGIN_NOT_ALLOWED: {
    expected: "an origin that the runtime allows",
    mend: "list it in `allowedOrigins` of createRuntime, if it is to be spoken to",
  },
  CONTENT_TYPE: {
    expected: "a body of the type that is read",
    mend: "read it as what it is, or have the server name its type",
  },
  INVALID_JSON: {
    expected: "JSON",
    mend: "look at how it begins, and see `cause` for the place: an error page, or half of it?",
  },
  TOO_LARGE: {
    expected: "less than is kept at once",
    mend: "raise the bound, or read it in pieces",
  },
  UPLOAD_STREAM_UNAVAILABLE: {
    expected: "a platform that sends a body in pieces",
    mend: "pass the whole body, such as a Blob",
  },
  TIMEOUT: {
    expected: "a value in time",
    mend: "allow more time, or make the body observe cancellation sooner",
  },
  CANCELLED: {
    expected: "the task to go on",
    mend: "nothing is wrong: clean up and let it pass through",
  },
  PANICKED: {
    expected: "finalizers that succeed",
    mend: "see `cause`; a finalizer must not fail",
  },
  CHANNEL_CLOSED: {
    expected: "an open channel",
    mend: "it was closed, or has gone with its owner; loop over `values` or `next`, which end then",
  },
  LOCK_CLOSED: {
    expected: "a lock whose owner is open",
    mend: "it was closed, or has gone with its owner; give it to an owner that outlives its users",
  },
  LAGGED: {
    expected: "a subscriber that keeps up",
    mend: "go on with the oldest message left; raise `capacity`, or do less for each message",
  },
  WOULD_WAIT: {
    expected: "what is asked for to be there at once",
    mend: "wait for it, or do something else",
  },
  OBLIGATION_LEAKED: {
    expected: "every obligation kept or taken back before its task ends",
    mend: "commit or abort it, in a `finally` if the body may throw, or hand it over with transfer(cx)",
  },
} as const;

/**
 * Whether `code` names one of the mistakes in the table. A production build has no table, and takes what is
 * written like a name of it.
 */
export function isErrorCode(code: unknown): code is ErrorCode {
  if (typeof code !== "string") return false;
  return IS_DEVELOPMENT ? Object.hasOwn(FACTS, code) : /^[A-Z]+(?:_[A-Z]+)*$/.test(code);
}

const KERNEL_CODES: { readonly [code: number]: ErrorCode } = {
  [ErrorKindCode.staleHandle]: "STALE_HANDLE",
  [ErrorKindCode.foreignHandle]: "FOREIGN_HANDLE",
  [ErrorKindCode.forgedHandle]: "FORGED_HANDLE",
  [ErrorKindCode.invalidNumber]: "INVALID_NUMBER",
  [ErrorKindCode.limitReached]: "LIMIT_REACHED",
  [ErrorKindCode.scopeClosed]: "SCOPE_CLOSED",
  [ErrorKindCode.wrongState]: "WRONG_STATE",
  [ErrorKindCode.runtimeClosed]: "RUNTIME_CLOSED",
  [ErrorKindCode.poisoned]: "POISONED",
  [ErrorKindCode.semaphoreClosed]: "CHANNEL_CLOSED",
  [ErrorKindCode.wouldWait]: "WOULD_WAIT",
};

/** The error for a negative answer of the kernel; `subject` says what the call was about. */
export function refusal(answer: number, subject: string): AsupersyncError {
  const code = KERNEL_CODES[-answer] ?? "POISONED";
  return new AsupersyncError(code, `${WHAT_CAME[code] ?? ""}${subject}`);
}

/** What comes before the subject where that is not what came. */
const WHAT_CAME: { readonly [C in ErrorCode]?: string } = {
  LIMIT_REACHED: "no room for more at ",
  POISONED: "a broken kernel at ",
  WOULD_WAIT: "a wait for ",
};
