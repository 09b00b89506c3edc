/** Owns the bounded channel: values from any senders to any receivers, each to one. */
import { answerOp, doneOp } from "../answer.js";
import type { Cx } from "../cx.js";
import { DISPOSE } from "../dispose.js";
import { Holder } from "../hand-over.js";
import { type Op, type OpRecord, type OpSource, settledOp } from "../op.js";
import { keepShape } from "../shapes.js";
import type { TaskRecord } from "../task.js";
import { invalidArgument } from "../validate.js";
import { ask, Held, mustPause, PASSED, PermitWait, pass, pause, take, waitFor } from "./ask.js";
import { decodeCapacity } from "./capacity.js";
import { ChannelState } from "./channel-state.js";
import { type Owner, userOf } from "./owner.js";
import { ENDED, type Values, ValuesOf } from "./values.js";

/**
 * What `send` does when there is no free place: `wait`; `drop-oldest` takes out the value that has
 * waited longest; `drop-newest` lets the value that is sent fall.
 */
export type ChannelOverflow = "wait" | "drop-oldest" | "drop-newest";

/** How a channel is opened. */
export interface ChannelOptions {
  /** Values that it has room for: whole, at least 1. Permits to send that are held count as values. */
  readonly capacity: number;
  /** Default: `wait`. */
  readonly overflow?: ChannelOverflow;
}

/**
 * Opens a channel, which goes with `owner`: values sent in it are received in their order, each by one
 * receiver. Those who wait, to send or to receive, are served first come first served.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`, `FORGED_HANDLE`; `LIMIT_REACHED` at
 *   2^20 semaphores of a runtime, of which it takes two; `CHANNEL_CLOSED` if the owner has closed.
 * @example
 * ```ts
 * const jobs = channel<Job>(runtime, { capacity: 16 });
 * runtime.spawn(async (cx) => {
 *   for await (const job of jobs.values(cx)) await run(cx, job);
 * });
 * runtime.spawn(async (cx) => {
 *   await jobs.send(cx, job); // waits while 16 are not received
 *   jobs.close();
 * });
 * ```
 */
export function channel<T>(owner: Owner, options: ChannelOptions): Channel<T> {
  const { capacity, overflow } = decodeOptions(options);
  const state = ChannelState.open<T>(owner, capacity, overflow);
  keepShape(state.free.runtime, idleChannel);
  return new Channel(state);
}

/** A channel; see {@link channel}. Whoever has it may send and receive. */
export class Channel<T> implements Disposable {
  /** Values and permits to send that it has room for. */
  readonly capacity: number;
  readonly #state: ChannelState<T>;

  /** @internal */
  constructor(state: ChannelState<T>) {
    this.capacity = state.capacity;
    this.#state = state;
  }

  /** Values that lie in it. */
  get length(): number {
    return this.#state.queue.length;
  }

  /** Values that its overflow policy has let fall so far. */
  get dropped(): number {
    return this.#state.dropped;
  }

  /** Whether nothing can be sent any more: it was closed, or its owner has. */
  get isClosed(): boolean {
    return this.#state.isClosed || this.#state.free.available < 0;
  }

  /**
   * Waits for a free place and sends `value`; with another overflow policy than `wait` it makes one.
   *
   * Cancel-safe: one that fails has not sent.
   *
   * @throws {CancelledError} When the task is cancelled, also where a place is free.
   * @throws {AsupersyncError} `CHANNEL_CLOSED`, also while it waits; `FOREIGN_HANDLE`, `CX_ENDED`,
   *   `CX_FOREIGN`, `LIMIT_REACHED`.
   */
  send(cx: Cx, value: T): Op<void> {
    const state = this.#state;
    const task = userOf(cx, state.free.runtime);
    if (state.overflow !== "wait") {
      if (mustPause(task)) return pause(task, new Push(state, value));
      state.push(task, value);
      return doneOp(task);
    }
    const answer = pass(task, state.free);
    if (answer !== PASSED) return waitFor(task, answer, new Send(state, value));
    state.queue.push(value);
    return doneOp(task);
  }

  /**
   * Sends `value` at once; a cancelled task may, too.
   *
   * @throws {AsupersyncError} `WOULD_WAIT` if no place is free, or others wait for one, and the overflow
   *   policy is `wait`; `CHANNEL_CLOSED`; and what is wrong with the `cx`.
   */
  trySend(cx: Cx, value: T): void {
    const state = this.#state;
    const task = userOf(cx, state.free.runtime);
    if (state.overflow !== "wait") state.push(task, value);
    else state.put(take(task, state.free, 1), value);
  }

  /**
   * Waits for a free place and gives the permit to fill it, so that a value is made only when it can be
   * sent. Cancel-safe: one that fails holds no place.
   *
   * @throws {CancelledError} @throws {AsupersyncError} As {@link Channel.send}.
   */
  reserve(cx: Cx): Op<SendPermit<T>> {
    const state = this.#state;
    const task = userOf(cx, state.free.runtime);
    const answer = ask(task, state.free, 1);
    if (answer <= 0) return waitFor(task, answer, new Reserve(state));
    return settledOp(task, new SendPermit(state, task, answer));
  }

  /**
   * The permit to fill a place that is free; a cancelled task may ask, too.
   *
   * @throws {AsupersyncError} `WOULD_WAIT`, `CHANNEL_CLOSED`; and what is wrong with the `cx`.
   */
  tryReserve(cx: Cx): SendPermit<T> {
    const state = this.#state;
    const task = userOf(cx, state.free.runtime);
    return new SendPermit(state, task, take(task, state.free, 1));
  }

  /**
   * Waits for the next value. Cancel-safe: one that fails has taken none. The value is taken when the
   * operation is fulfilled, so await each; to give up waiting, use it in a `cx.race` or `cx.timeout`.
   *
   * @throws {CancelledError} When the task is cancelled, also where a value is there.
   * @throws {AsupersyncError} `CHANNEL_CLOSED` once it is closed, empty, and no permit to send can bring
   *   more; and what is wrong with the `cx`.
   */
  receive(cx: Cx): Op<T> {
    const state = this.#state;
    const task = userOf(cx, state.items.runtime);
    const answer = pass(task, state.items);
    if (answer !== PASSED) return waitFor(task, answer, new Receive(state));
    return answerOp(task, state.shift());
  }

  /**
   * The next value; a cancelled task may ask, too.
   *
   * @throws {AsupersyncError} `WOULD_WAIT` if there is none, or others wait for it; `CHANNEL_CLOSED`;
   *   and what is wrong with the `cx`.
   */
  tryReceive(cx: Cx): T {
    const { items } = this.#state;
    return this.#state.take(take(userOf(cx, items.runtime), items, 1));
  }

  /**
   * Waits as {@link Channel.receive} does, for loops: once the channel has ended it gives
   * `{ done: true }`.
   */
  next(cx: Cx): Op<IteratorResult<T, undefined>> {
    const state = this.#state;
    const task = userOf(cx, state.items.runtime);
    const answer = pass(task, state.items);
    if (answer === PASSED) return answerOp(task, { done: false, value: state.shift() });
    if (state.items.isEnd(answer)) return answerOp(task, ENDED);
    return waitFor(task, answer, new Next(state));
  }

  /**
   * The values from now on, for `for await`; the loop ends when the channel has. Any number of loops may
   * share a channel.
   */
  values(cx: Cx): Values<T> {
    return new ValuesOf(() => this.next(cx));
  }

  /**
   * Closes it, from either side: nobody gets a permit to send any more, and those who wait to send are
   * refused. What is in it, and what permits that are held still bring, can be received. Again, it
   * changes nothing.
   */
  close(): void {
    this.#state.close();
  }

  /** As {@link Channel.close}. */
  [DISPOSE](): void {
    this.close();
  }
}

/**
 * The right to send one value without waiting: an obligation of the task that reserved it, to be kept or
 * taken back before that task ends. Leaving a `using` permit takes it back if it was not used.
 */
export class SendPermit<T> extends Holder implements Disposable {
  readonly #state: ChannelState<T>;
  readonly #held: Held;

  /** @internal */
  constructor(state: ChannelState<T>, task: TaskRecord, place: number) {
    const held = new Held(task, state.free, place);
    super(held);
    this.#state = state;
    this.#held = held;
  }

  /**
   * Sends `value`. A channel that was closed meanwhile still takes it.
   *
   * @throws {AsupersyncError} `STALE_HANDLE` if it was used, or its task has ended; `CHANNEL_CLOSED` if
   *   the channel went with its owner.
   */
  send(value: T): void {
    const { free } = this.#state;
    this.#held.check();
    if (free.available < 0) {
      this.#held.abort();
      throw free.closedError();
    }
    this.#held.commit();
    this.#state.queue.push(value);
  }

  /** Gives the place back; does nothing if it was used. */
  abort(): void {
    this.#held.abort();
    this.#state.forgetIfOver();
  }

  /**
   * Hands it over to the task of `cx`, which answers for it from now on. To be called there, before the
   * task that reserved it ends.
   *
   * @throws {AsupersyncError} `STALE_HANDLE`, `FOREIGN_HANDLE`, `LIMIT_REACHED`; it stays where it is.
   */
  transfer(cx: Cx): void {
    this.#held.transfer(cx);
  }

  /** As {@link SendPermit.abort}. */
  [DISPOSE](): void {
    this.abort();
  }
}

class Send<T> extends PermitWait {
  readonly #state: ChannelState<T>;
  readonly #value: T;

  constructor(state: ChannelState<T>, value: T) {
    super(state.free, 1);
    this.#state = state;
    this.#value = value;
  }

  protected override granted(op: OpRecord, place: number): void {
    this.#state.put(place, this.#value);
    op.fulfil(undefined);
  }
}

/** A send that makes room for itself, after others have run. */
class Push<T> implements OpSource {
  readonly #state: ChannelState<T>;
  readonly #value: T;

  constructor(state: ChannelState<T>, value: T) {
    this.#state = state;
    this.#value = value;
  }

  finish(op: OpRecord): void {
    try {
      this.#state.push(op.task, this.#value);
      op.fulfil(undefined);
    } catch (error) {
      op.fail(error);
    }
  }
}

class Reserve<T> extends PermitWait {
  readonly #state: ChannelState<T>;

  constructor(state: ChannelState<T>) {
    super(state.free, 1);
    this.#state = state;
  }

  protected override granted(op: OpRecord, place: number): void {
    op.fulfil(new SendPermit(this.#state, op.task, place));
  }
}

class Receive<T> extends PermitWait {
  protected readonly state: ChannelState<T>;

  constructor(state: ChannelState<T>) {
    super(state.items, 1);
    this.state = state;
  }

  protected override granted(op: OpRecord, item: number): void {
    op.fulfil(this.state.take(item));
  }
}

class Next<T> extends Receive<T> {
  protected override granted(op: OpRecord, item: number): void {
    op.fulfil({ done: false, value: this.state.take(item) });
  }

  protected override refused(op: OpRecord): void {
    op.fulfil(ENDED);
  }
}

const OVERFLOWS: readonly unknown[] = ["wait", "drop-oldest", "drop-newest"];
const OPTIONS = ["capacity", "overflow"] as const satisfies readonly (keyof ChannelOptions)[];

function decodeOptions(options: ChannelOptions): Required<ChannelOptions> {
  const capacity = decodeCapacity(options, OPTIONS, "channel");
  const { overflow = "wait" } = options;
  if (OVERFLOWS.includes(overflow)) return { capacity, overflow };
  const expected = 'the overflow policy "wait", "drop-oldest" or "drop-newest"';
  throw invalidArgument(overflow, expected, "pass one of the three or leave it out");
}

function idleChannel(task: TaskRecord): unknown {
  const state = ChannelState.idle(task);
  const waits = [new Send(state, undefined), new Receive(state), new Next(state)];
  for (const wait of waits) wait.inLine = task.handle;
  return [new Channel(state), waits];
}
