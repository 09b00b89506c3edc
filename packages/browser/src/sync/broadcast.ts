/** Owns the broadcast: every message to every subscriber, the last so many of them. */
import { ErrorKindCode, ObligationKindCode, PermitFlowCode } from "@asupersync/browser-core";
import type { Cx } from "../cx.js";
import { DISPOSE } from "../dispose.js";
import type { Op } from "../op.js";
import type { ScopeRecord } from "../scope.js";
import { decodeCapacity } from "./capacity.js";
import { LaggedError } from "./lagged-error.js";
import { Line, type LineUse } from "./line.js";
import { lookOp, NOTHING } from "./look.js";
import { type Owner, scopeOf, userOf } from "./owner.js";
import { Queue } from "./queue.js";
import { ENDED, type Values, ValuesOf } from "./values.js";

/** How a broadcast is opened. */
export interface BroadcastOptions {
  /** Messages that are kept for slow subscribers: whole, at least 1. */
  readonly capacity: number;
}

/**
 * Opens a broadcast, which goes with `owner` and keeps its last `capacity` messages. Sending never
 * waits: the oldest message is overwritten, and a subscriber that has not had it is told how many it
 * missed.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`, `FORGED_HANDLE`; `LIMIT_REACHED` at
 *   2^20 semaphores of a runtime; `CHANNEL_CLOSED` if the owner has closed.
 * @example
 * ```ts
 * const prices = broadcast<Price>(runtime, { capacity: 64 });
 * runtime.spawn(async (cx) => {
 *   using subscription = prices.subscribe();
 *   for await (const price of subscription.values(cx)) show(price);
 * });
 * prices.send({ symbol: "A", value: 1 });
 * ```
 */
export function broadcast<T>(owner: Owner, options: BroadcastOptions): Broadcast<T> {
  const capacity = decodeCapacity(options, OPTIONS, "broadcast");
  return new Broadcast(new Ring<T>(scopeOf(owner), capacity));
}

/** A broadcast; see {@link broadcast}. Whoever has it may send and subscribe. */
export class Broadcast<T> implements Disposable {
  readonly #ring: Ring<T>;

  /** @internal */
  constructor(ring: Ring<T>) {
    this.#ring = ring;
  }

  /** Messages that are kept for slow subscribers. */
  get capacity(): number {
    return this.#ring.capacity;
  }

  /** How many subscribers there are. */
  get subscribers(): number {
    return this.#ring.subscribers;
  }

  /** Whether nothing can be sent any more: it was closed, or its owner has. */
  get isClosed(): boolean {
    return this.#ring.isClosed || this.#ring.line.available < 0;
  }

  /**
   * Sends `message` to every subscriber, from anywhere and without waiting; gives how many there are. If
   * there is none, nobody will ever have it. O(subscribers that wait).
   *
   * @throws {AsupersyncError} `CHANNEL_CLOSED`, `POISONED`.
   */
  send(message: T): number {
    return this.#ring.send(message);
  }

  /**
   * A new subscriber, of the messages sent from now on. Messages are kept for it until it is closed.
   *
   * @throws {AsupersyncError} `CHANNEL_CLOSED` once it was closed.
   */
  subscribe(): Subscription<T> {
    return new Subscription(this.#ring);
  }

  /** Ends it: subscribers have what was sent, and then its end. Again, it changes nothing. */
  close(): void {
    this.#ring.close();
  }

  /** As {@link Broadcast.close}. */
  [DISPOSE](): void {
    this.close();
  }
}

/**
 * One who has every message of a broadcast, from the moment of {@link Broadcast.subscribe} on. Close it
 * when it is not needed any more, or leave a `using` one: messages are kept for it until then.
 */
export class Subscription<T> implements Disposable {
  readonly #reader: Reader<T>;
  readonly #whenClosed: (() => void) | undefined;

  /** @internal */
  constructor(ring: Ring<T>, whenClosed?: () => void) {
    this.#reader = new Reader(ring);
    this.#whenClosed = whenClosed;
  }

  /** Messages that are there to be received. */
  get length(): number {
    const { ring, position } = this.#reader;
    return Math.min(ring.sent - position, ring.messages.length);
  }

  /**
   * Waits for the next message. Cancel-safe: one that fails has taken none.
   *
   * @throws {LaggedError} When messages were overwritten first: `missed` says how many. The next one is
   *   the oldest that is left.
   * @throws {CancelledError} When the task is cancelled, also where a message is there.
   * @throws {AsupersyncError} `CHANNEL_CLOSED` at the end of the broadcast or once this is closed; and
   *   what is wrong with the `cx`.
   */
  receive(cx: Cx): Op<T> {
    const { line } = this.#reader.ring;
    return lookOp(userOf(cx, line.runtime), line, this.#reader, lookForMessage<T>);
  }

  /**
   * Waits as {@link Subscription.receive} does, for loops: at the end it gives `{ done: true }`.
   *
   * @throws {LaggedError} As {@link Subscription.receive}.
   */
  next(cx: Cx): Op<IteratorResult<T, undefined>> {
    const { line } = this.#reader.ring;
    return lookOp(userOf(cx, line.runtime), line, this.#reader, lookForNext<T>, ENDED);
  }

  /**
   * The next message, if it is there.
   *
   * @throws {AsupersyncError} `WOULD_WAIT`; {@link LaggedError}; `CHANNEL_CLOSED`; and what is wrong
   *   with the `cx`.
   */
  tryReceive(cx: Cx): T {
    const { line } = this.#reader.ring;
    userOf(cx, line.runtime);
    const found = lookForMessage(this.#reader);
    if (found !== NOTHING) return found;
    throw line.refusal(
      -(this.#reader.ring.isClosed ? ErrorKindCode.semaphoreClosed : ErrorKindCode.wouldWait),
    );
  }

  /**
   * The messages from now on, for `for await`. The loop ends with the broadcast, and fails with
   * {@link LaggedError} when it was too slow; another loop then goes on with what is left.
   */
  values(cx: Cx): Values<T> {
    return new ValuesOf(() => this.next(cx));
  }

  /** Lets go of the messages that are kept for it; whoever waits in it is told that it has ended. */
  close(): void {
    if (this.#reader.close()) this.#whenClosed?.();
  }

  /** As {@link Subscription.close}. */
  [DISPOSE](): void {
    this.close();
  }
}

/** The messages of a broadcast, and who reads them. */
export class Ring<T> {
  readonly line: Line;
  readonly capacity: number;
  readonly messages = new Queue<T>();
  /** Messages so far; the newest has the number below. */
  sent = 0;
  subscribers = 0;
  isClosed = false;

  constructor(scope: ScopeRecord, capacity: number) {
    this.line = Line.open(scope, 0, PermitFlowCode.spent, BROADCAST);
    this.capacity = capacity;
  }

  send(message: T): number {
    const { line, messages } = this;
    const answer = line.wake();
    if (answer < 0) throw line.refusal(answer);
    if (this.subscribers === 0) return 0;
    if (messages.length === this.capacity) messages.shift();
    messages.push(message);
    this.sent += 1;
    return this.subscribers;
  }

  close(): void {
    this.isClosed = true;
    this.line.drop();
  }

  subscriberLeft(): void {
    this.subscribers -= 1;
    if (this.subscribers === 0) this.messages.clear();
    // Whoever waits in the subscription that was closed is to find that out.
    this.line.wake();
  }
}

/** How far one subscriber has read. */
class Reader<T> {
  readonly ring: Ring<T>;
  /** The number of the message to read next. */
  position: number;
  isClosed = false;

  constructor(ring: Ring<T>) {
    if (ring.isClosed) throw ring.line.closedError();
    this.ring = ring;
    this.position = ring.sent;
    ring.subscribers += 1;
  }

  /** Whether it was open until now. */
  close(): boolean {
    if (this.isClosed) return false;
    this.isClosed = true;
    this.ring.subscriberLeft();
    return true;
  }
}

const ENDS: unique symbol = Symbol("ends");

/** The next message, taken. */
function read<T>(reader: Reader<T>): T | typeof NOTHING | typeof ENDS {
  if (reader.isClosed) return ENDS;
  const { sent, messages } = reader.ring;
  const oldest = sent - messages.length;
  if (reader.position < oldest) {
    const missed = oldest - reader.position;
    reader.position = oldest;
    throw new LaggedError(missed);
  }
  if (reader.position === sent) return NOTHING;
  const message = messages.at(reader.position - oldest);
  reader.position += 1;
  return message;
}

function lookForMessage<T>(reader: Reader<T>): T | typeof NOTHING {
  const message = read(reader);
  if (message === ENDS) throw reader.ring.line.closedError();
  return message as T | typeof NOTHING;
}

function lookForNext<T>(reader: Reader<T>): IteratorResult<T, undefined> | typeof NOTHING {
  const message = read(reader);
  if (message === NOTHING) return NOTHING;
  return message === ENDS ? ENDED : { done: false, value: message as T };
}

const BROADCAST: LineUse = {
  code: "CHANNEL_CLOSED",
  name: "broadcast",
  kind: ObligationKindCode.ack,
};

const OPTIONS = ["capacity"] as const satisfies readonly (keyof BroadcastOptions)[];
