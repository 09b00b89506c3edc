/** Owns cancellation as users see it: its kinds, why it happened, and the error a cancelled wait throws. */
import { CancelKindCode, ReasonFact } from "@asupersync/browser-core";
import { AsupersyncError, describe } from "./errors.js";
import type { KernelPort } from "./kernel-port.js";
import { StackTraces } from "./stack.js";
import { checkKeys, checkObject, invalidArgument, isError, TEXT_MEND } from "./validate.js";

/**
 * What kind of cancellation it is. By severity, weakest first: `user` `unmount` `navigation`; `timeout`
 * `deadline`; `poll-quota` `cost-budget`; `fail-fast` `race-lost` `linked-exit`; `parent-cancelled`
 * `resource-unavailable`; `shutdown`. A reason can only get stronger.
 */
export type CancelKind =
  | CancelRequestKind
  | "deadline"
  | "poll-quota"
  | "cost-budget"
  | "fail-fast"
  | "race-lost"
  | "parent-cancelled"
  | "shutdown";

/** The kinds that may be asked for; the others are the runtime's own. */
export type CancelRequestKind =
  | "user"
  | "unmount"
  | "navigation"
  | "timeout"
  | "linked-exit"
  | "resource-unavailable";

/**
 * A request to cancel: a kind, or a kind (default `user`) and a message. Of a message the first
 * 256 bytes are kept. An error is no request: pass `{ message: error.message }`.
 */
export type CancelRequest =
  | CancelRequestKind
  | { readonly kind?: CancelRequestKind; readonly message?: string };

/** Why something was cancelled. Immutable. */
export interface CancelInfo {
  readonly kind: CancelKind;
  /** What the requester said. */
  readonly message: string | undefined;
  /** When it was requested, in milliseconds of runtime time. */
  readonly at: number;
  /** The reason that led to this one: what was cancelled above, and why. */
  readonly cause: CancelInfo | undefined;
  /** Whether causes were cut from the end of the chain, which holds at most 16. */
  readonly truncated: boolean;
}

/**
 * What every wait of a cancelled task fails with. Code `CANCELLED`; `cancel` says why, and is the
 * `cause` too. One object is shared by all that one cancellation reaches, so it carries no stack.
 *
 * Catch it to clean up, then rethrow it or return: the task is cancelled either way.
 */
export class CancelledError extends AsupersyncError {
  readonly cancel: CancelInfo;

  /** @internal */
  constructor(cancel: CancelInfo) {
    super("CANCELLED");
    this.cancel = cancel;
  }

  /** {@link CancelledError.cancel}, where tools look for it. */
  override get cause(): CancelInfo {
    return this.cancel;
  }

  // Most cancellations are never looked at, so what people read is made when they do.

  override get received(): string {
    return `a cancellation (${describeCancel(this.cancel)})`;
  }

  override get message(): string {
    return describe(this.code, this);
  }

  static {
    CancelledError.prototype.name = "CancelledError";
  }
}

/** A reason in a few words: `timeout`, or `user: superseded`, with the first cause. */
export function describeCancel(cancel: CancelInfo): string {
  let first = cancel;
  while (first.cause !== undefined) first = first.cause;
  const text = first.message === undefined ? first.kind : `${first.kind}: ${first.message}`;
  return first === cancel ? text : `${cancel.kind} after ${text}`;
}

const KINDS: { readonly [K in CancelKindCode]: CancelKind } = {
  [CancelKindCode.user]: "user",
  [CancelKindCode.unmount]: "unmount",
  [CancelKindCode.navigation]: "navigation",
  [CancelKindCode.timeout]: "timeout",
  [CancelKindCode.deadline]: "deadline",
  [CancelKindCode.pollQuota]: "poll-quota",
  [CancelKindCode.costBudget]: "cost-budget",
  [CancelKindCode.failFast]: "fail-fast",
  [CancelKindCode.raceLost]: "race-lost",
  [CancelKindCode.linkedExit]: "linked-exit",
  [CancelKindCode.parentCancelled]: "parent-cancelled",
  [CancelKindCode.resourceUnavailable]: "resource-unavailable",
  [CancelKindCode.shutdown]: "shutdown",
};

const REQUEST_CODES: { readonly [K in CancelRequestKind]: CancelKindCode } = {
  user: CancelKindCode.user,
  unmount: CancelKindCode.unmount,
  navigation: CancelKindCode.navigation,
  timeout: CancelKindCode.timeout,
  "linked-exit": CancelKindCode.linkedExit,
  "resource-unavailable": CancelKindCode.resourceUnavailable,
};

/** The code of a kind, if it is one that may be asked for. */
export function requestableCode(kind: CancelKind): CancelKindCode | undefined {
  return Object.hasOwn(REQUEST_CODES, kind) ? REQUEST_CODES[kind as CancelRequestKind] : undefined;
}

/** The kind that `code` spells. */
export function cancelKind(code: number): CancelKind {
  return KINDS[code as CancelKindCode] ?? "user";
}

/** A checked request as the kernel takes it. */
export interface DecodedRequest {
  readonly code: CancelKindCode;
  readonly message: string;
}

/**
 * Decodes what was passed to a `cancel` method.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT` for a kind that cannot be asked for, a message that is
 *   no string, or anything else, an error among it.
 */
export function decodeRequest(request: unknown): DecodedRequest {
  if (request === undefined) return { code: CancelKindCode.user, message: "" };
  if (typeof request === "string") return { code: requestCode(request), message: "" };
  checkObject(request, REQUEST, 'pass "user", { message: "…" } or nothing');
  if (isError(request)) throw invalidArgument(request, REQUEST, "pass { message: error.message }");
  checkKeys(request as object, ["kind", "message"], "a request to cancel");
  const { kind, message } = request as { kind?: unknown; message?: unknown };
  if (message !== undefined && typeof message !== "string") {
    throw invalidArgument(message, "a string as message", TEXT_MEND);
  }
  const code = kind === undefined ? CancelKindCode.user : requestCode(kind);
  return { code, message: message ?? "" };
}

const REQUEST = "a cancel kind, or { kind, message }";

function requestCode(kind: unknown): CancelKindCode {
  if (typeof kind === "string" && Object.hasOwn(REQUEST_CODES, kind)) {
    return REQUEST_CODES[kind as CancelRequestKind];
  }
  const names = Object.keys(REQUEST_CODES).map((name) => `"${name}"`);
  const expected = `a cancel kind: ${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
  const isOwn = Object.values<unknown>(KINDS).includes(kind);
  const mend = isOwn
    ? "pass one of these; that kind is the runtime's own"
    : "pass one of these; a text of your own goes in { message }";
  throw invalidArgument(kind, expected, mend);
}

/** What is known of one of the kernel's reasons. */
interface KnownReason {
  readonly reason: number;
  readonly info: CancelInfo;
  /** Made once somebody throws it, and shared. */
  error: CancelledError | undefined;
}

/**
 * Reasons kept at a time: the distinct ones of one batch are few, whatever its size. A power of two.
 */
const REASONS_MAX = 64;

/** What the kernel's reasons say, and the errors for them: each made once, when first met, and shared. */
export class ReasonCache {
  readonly #port: KernelPort;
  /**
   * The latest ones, each in the place that its number leads to. One that was put out by another is made
   * again for who comes late: a twin, which is no harm.
   */
  readonly #latest = new Array<KnownReason | undefined>(REASONS_MAX);

  constructor(port: KernelPort) {
    this.#port = port;
  }

  /**
   * The error for `reason`, which was named since the last turn, or 0 where the kernel gave none. Numbers
   * are never used twice.
   */
  errorFor(reason: number): CancelledError {
    const known = this.#known(reason);
    known.error ??= makeCancelledError(known.info);
    return known.error;
  }

  /** What an error for `reason` would tell, where none is thrown. */
  infoFor(reason: number): CancelInfo {
    return this.#known(reason).info;
  }

  #known(reason: number): KnownReason {
    // A worklist, though the kernel bounds the chain: nothing here trusts that bound.
    const missing: number[] = [];
    let known: KnownReason | undefined;
    let at = reason;
    do {
      known = this.#latest[at & (REASONS_MAX - 1)];
      if (known?.reason === at) break;
      known = undefined;
      const facts = this.#port.reason_facts(at);
      missing.push(facts, at);
      at = Math.floor(facts / ReasonFact.cause);
    } while (at !== 0);
    while (missing.length > 0) {
      at = missing.pop() as number;
      const facts = missing.pop() as number;
      const info = Object.freeze({
        kind: cancelKind(facts & (ReasonFact.truncated - 1)),
        message: facts & ReasonFact.hasMessage ? this.#port.reason_message(at) : undefined,
        at: this.#port.reason_at_ms(at),
        cause: known?.info,
        truncated: (facts & ReasonFact.truncated) !== 0,
      });
      known = { reason: at, info, error: undefined };
      this.#latest[at & (REASONS_MAX - 1)] = known;
    }
    return known as KnownReason;
  }
}

/** The error for a reason. */
export function makeCancelledError(cancel: CancelInfo): CancelledError {
  return withoutStack(() => new CancelledError(cancel));
}

/** Makes an error without capturing a stack, which would cost more than the cancellation. */
export function withoutStack<E>(make: () => E): E {
  const limit = StackTraces.stackTraceLimit;
  StackTraces.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    StackTraces.stackTraceLimit = limit;
  }
}
