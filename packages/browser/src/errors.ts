/** Owns the package's one error type, and the table of what each code expects and how to mend it. */
import { ErrorKindCode } from "@asupersync/browser-core";

/** Stable name of a mistake. The table below says what each expects and how to mend it. */
export type ErrorCode = keyof typeof FACTS;

/**
 * A caller's mistake, or work that did not come to its value: what was expected, what came, and
 * what to do about it. `code` is stable; the texts are for people.
 */
export class AsupersyncError extends Error {
  readonly code: ErrorCode;
  readonly #received: string;

  /** @internal */
  constructor(code: ErrorCode, received?: string, options?: ErrorOptions) {
    super(received === undefined ? undefined : describe(code, received), options);
    this.code = code;
    this.#received = received ?? "";
  }

  /** What came. */
  get received(): string {
    return this.#received;
  }

  /** What was expected. */
  get expected(): string {
    return FACTS[this.code].expected;
  }

  /** What to do about it. */
  get mend(): string {
    return FACTS[this.code].mend;
  }

  static {
    // On the prototype, so that an error costs no property for what never changes.
    AsupersyncError.prototype.name = "AsupersyncError";
  }
}

/** The message of an error: what was expected, what came, how to mend it. */
export function describe(code: ErrorCode, received: string): string {
  const { expected, mend } = FACTS[code];
  return `${code}: expected ${expected}, got ${received}: ${mend}`;
}

/** `cx.timeout` fired and its body had given no value. Code `TIMEOUT`. */
export class TimeoutError extends AsupersyncError {
  static {
    TimeoutError.prototype.name = "TimeoutError";
  }
}

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
  INVALID_ARGUMENT: {
    expected: "an argument of the documented shape",
    mend: "see the documentation of the call",
  },
  LIMIT_REACHED: {
    expected: "room for one more",
    mend: "end some of them first; a count that only grows is a leak",
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
  ABI_MISMATCH: {
    expected: "the wasm that was built with this package",
    mend: "install one version of the packages, serve its own kernel.wasm, and reload",
  },
  WASM_UNAVAILABLE: {
    expected: "the kernel's wasm",
    mend: "serve the file where `wasm` points, or leave the option out",
  },
  WASM_REFUSED: {
    expected: "a host that compiles WebAssembly",
    mend: "allow 'wasm-unsafe-eval' in script-src of the Content-Security-Policy",
  },
  CX_ENDED: {
    expected: "the cx of a task that runs",
    mend: "await everything that uses cx before the body ends, or give it a task of its own",
  },
  CX_FOREIGN: {
    expected: "the cx that this body was given",
    mend: "use the parameter of the inner body, not a cx from around it",
  },
  EMPTY_RACE: {
    expected: "at least one body",
    mend: "decide what no contender means before calling",
  },
  BODY_USED: {
    expected: "a response whose body was not read yet",
    mend: "read it once and keep the result",
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
} as const;

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
};

/** The error for a negative answer of the kernel; `received` says what the call was about. */
export function refusal(answer: number, received: string): AsupersyncError {
  return new AsupersyncError(KERNEL_CODES[-answer] ?? "POISONED", received);
}

/** Throws for a negative answer of the kernel, else gives it back. */
export function accepted(answer: number, received: string): number {
  if (answer < 0) throw refusal(answer, received);
  return answer;
}
