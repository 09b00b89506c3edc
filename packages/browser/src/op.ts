/** Owns operations: one wait of one task, which can be awaited or `yield*`-ed. */
import { IS_DEVELOPMENT } from "#environment";
import { type MadeNote, noteFulfilled, noteHeard, noteMade } from "./development/awaits.js";
import { type Callback, Reaction, runLater } from "./reaction.js";
import type { TaskRecord } from "./task.js";

/**
 * One operation of a task, such as {@link Cx.sleep}. It has started when you get it, and it belongs to
 * the task whose `cx` gave it: when that task is cancelled it fails with a {@link CancelledError}.
 *
 * In an `async` body `await` it, in a generator body `yield*` it. One that is cancelled while nobody
 * awaits it causes no unhandled rejection; nor does `op.then(f)`. One that is still open when its task
 * ends never settles.
 *
 * A development build warns of one that was never asked for (`OP_NOT_AWAITED`). What is left on purpose
 * says so: `void op.then()`.
 */
export interface Op<T> extends PromiseLike<T> {
  [Symbol.iterator](): Iterator<Op<unknown>, T, unknown>;
}

/** What gives an operation its result when the kernel says that its wait has ended. */
export interface OpSource {
  /** What it waits for, in a few words, for those who look inside. */
  readonly label?: string;
  /**
   * Fulfils or fails `op`, or reopens it. `aux` is an `OutcomeCode`, a `PermitsCode`, or 0 and 1 for a
   * host operation.
   */
  finish(op: OpRecord, aux: number): void;
}

/**
 * How far an operation is.
 *
 * ```text
 *           fulfil
 *  pending ────────► fulfilled ──┐ reuse (a generator's checkpoint)
 *   ▲ │ │  fail, awaited         │
 *   │ │ └────────► failed ───────┤
 *   │ │    fail    ▲ then, next  │
 *   │ └────────► unheard         │
 *   └────────────────────────────┘
 * ```
 * `unheard` is a failure that nobody has asked about yet.
 */
export const OpState = { pending: 0, fulfilled: 1, failed: 2, unheard: 3 } as const;
export type OpState = (typeof OpState)[keyof typeof OpState];

/** The token of a task's checkpoint, of which there is at most one at a time. */
export const CHECKPOINT = 0;

/**
 * The record behind {@link Op}. It is its own iterator and its own iterator result, so that a generator
 * waits without allocating: while pending, `done` is false and `value` the operation itself, which is
 * what `yield*` hands to whoever steps the generator; then `value` is the result, or the error.
 */
export class OpRecord<T = unknown> implements Op<T> {
  done: boolean;
  value: unknown;
  state: OpState;
  readonly task: TaskRecord;
  /** Names the wait to the kernel. Another one once the operation waits again, see `reopenOp`. */
  token: number;
  /** Undefined for a wait that has no value. */
  source: OpSource | undefined;
  /** Who awaits it, first to last. */
  reaction: Reaction | undefined;
  /** Its neighbours among the open operations of its task. */
  before: OpRecord | undefined;
  after: OpRecord | undefined;
  /** In development builds, as long as nobody has asked for it. Not declared where it is not set. */
  declare note?: MadeNote | undefined;

  constructor(task: TaskRecord, token: number, source: OpSource | undefined) {
    this.done = false;
    this.value = this;
    this.state = OpState.pending;
    this.task = task;
    this.token = token;
    this.source = source;
    this.reaction = undefined;
    this.before = undefined;
    this.after = undefined;
    if (IS_DEVELOPMENT) noteMade(this, OpRecord);
  }

  /** Gives it its result. Who waits is told by `advance`. */
  fulfil(value: unknown): void {
    this.done = true;
    this.value = value;
    this.state = OpState.fulfilled;
    if (IS_DEVELOPMENT) noteFulfilled(this);
  }

  /** Fails it. Who waits is told by `advance`. */
  fail(error: unknown): void {
    const isAwaited = this.reaction !== undefined || this.task.waiting === this;
    this.done = true;
    this.value = error;
    this.state = isAwaited ? OpState.failed : OpState.unheard;
    // A failure that nobody hears of is told as such.
    if (IS_DEVELOPMENT) noteHeard(this);
  }

  /** Makes a settled checkpoint pending again. */
  reuse(): void {
    this.done = false;
    this.value = this;
    this.state = OpState.pending;
    if (IS_DEVELOPMENT) noteMade(this, this.reuse);
  }

  /** Tells those who await it. */
  react(): void {
    const isFulfilled = this.state === OpState.fulfilled;
    let reaction = this.reaction;
    this.reaction = undefined;
    while (reaction !== undefined) {
      const after = reaction.after;
      reaction.run(isFulfilled, this.value);
      reaction = after;
    }
  }

  [Symbol.iterator](): Iterator<Op<unknown>, T, unknown> {
    if (IS_DEVELOPMENT) noteHeard(this);
    return this as unknown as Iterator<Op<unknown>, T, unknown>;
  }

  next(): this {
    if (this.state < OpState.failed) return this;
    this.state = OpState.failed;
    throw this.value;
  }

  throw(error: unknown): never {
    throw error;
  }

  // biome-ignore lint/suspicious/noThenProperty: this is what makes it awaitable.
  then<R1 = T, R2 = never>(
    onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
    onFailed?: ((error: unknown) => R2 | PromiseLike<R2>) | null,
  ): PromiseLike<R1 | R2> {
    // `await` comes here with two functions of its own and drops what it gets back: no promise.
    if (typeof onFulfilled === "function" && typeof onFailed === "function") {
      const reaction = new Reaction(onFulfilled as Callback, onFailed as Callback);
      this.#add(reaction);
      return reaction as unknown as PromiseLike<R1 | R2>;
    }
    const reaction = new Reaction(
      typeof onFulfilled === "function" ? (onFulfilled as Callback) : undefined,
      typeof onFailed === "function" ? (onFailed as Callback) : undefined,
    );
    this.#add(reaction);
    return reaction.promise() as Promise<R1 | R2>;
  }

  /** Its result as a promise, which is no unhandled rejection if it is cancelled. */
  promise(): Promise<T> {
    return this.then() as Promise<T>;
  }

  #add(reaction: Reaction): void {
    if (IS_DEVELOPMENT) noteHeard(this);
    if (this.state === OpState.pending) {
      if (this.reaction === undefined) this.reaction = reaction;
      else this.reaction.last().after = reaction;
      return;
    }
    if (this.state === OpState.unheard) this.state = OpState.failed;
    runLater(reaction, this.state === OpState.fulfilled, this.value);
  }
}

/** Opens an operation under a token of its own. */
export function openOp<T>(task: TaskRecord, source: OpSource | undefined): OpRecord<T> {
  const op = new OpRecord<T>(task, takeToken(task), source);
  enterOp(op);
  return op;
}

/** Lets a closed operation that has no result wait once more, under another token. */
export function reopenOp(op: OpRecord): void {
  op.token = takeToken(op.task);
  enterOp(op);
}

/** An operation that has its result already. */
export function settledOp<T>(task: TaskRecord, value: T): OpRecord<T> {
  const op = new OpRecord<T>(task, CHECKPOINT, undefined);
  op.fulfil(value);
  return op;
}

/** The token that the next operation of the runtime gets. */
export function nextToken(task: TaskRecord): number {
  const { ops, freeTokens } = task.scope.runtime;
  // An index of -1 would be looked up by its name, which costs more than the rest of an answer.
  if (freeTokens.length === 0) return ops.length;
  return freeTokens[freeTokens.length - 1] ?? ops.length;
}

function takeToken(task: TaskRecord): number {
  const { ops, freeTokens } = task.scope.runtime;
  return freeTokens.pop() ?? ops.length;
}

function enterOp(op: OpRecord): void {
  const { task } = op;
  task.scope.runtime.ops[op.token] = op;
  const first = task.openOps;
  if (first !== undefined) {
    op.after = first;
    first.before = op;
  }
  task.openOps = op;
}

/** Gives its token back: the wait has ended, or the kernel refused it. */
export function closeOp(op: OpRecord): void {
  const { ops, freeTokens } = op.task.scope.runtime;
  ops[op.token] = undefined;
  freeTokens.push(op.token);
  const { before, after } = op;
  if (before === undefined) op.task.openOps = after;
  else before.after = after;
  if (after !== undefined) after.before = before;
  op.before = undefined;
  op.after = undefined;
}

/** Gives the tokens of a task's open operations back: the kernel forgets its waits at its end. */
export function dropOps(task: TaskRecord): void {
  while (task.openOps !== undefined) closeOp(task.openOps);
}
