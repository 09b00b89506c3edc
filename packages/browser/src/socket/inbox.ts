/** Owns what came and waits to be received: a bounded queue, and those who wait for the next entry. */
import { checkActive } from "../active.js";
import { HostResult } from "../host-op.js";
import { type Op, type OpRecord, settledOp } from "../op.js";
import type { TaskRecord } from "../task.js";
import { ANSWERS_IN_A_ROW } from "./limits.js";
import { SocketWait } from "./wait.js";

/** What becomes of a message for which there is no room. */
export type SocketOverflow = "close" | "drop-oldest" | "drop-newest";

/** How much may wait. */
export interface InboxBounds {
  readonly messages: number;
  readonly bytes: number;
  readonly overflow: SocketOverflow;
}

interface Entry {
  readonly code: HostResult;
  readonly value: unknown;
  readonly bytes: number;
}

/** Entries taken from the front before the array is moved up: seldom enough to cost nothing. */
const FRONT_MAX = 256;

/** How an entry is given: as itself, or as a step of an iteration. */
type Form = "value" | "step";

/** See the file's head. Entries are received in the order in which they came, each by one receiver. */
export class Inbox {
  /** Entries lost to the bounds. */
  dropped = 0;
  /** Whether anybody has been given the error that it ended with. */
  hasTold = false;
  readonly #bounds: InboxBounds;
  readonly #label: string;
  readonly #receivers = new Set<SocketWait<Form>>();
  #entries: Entry[] = [];
  /** Where the first entry stands: taking one from the front of a long array would move all others. */
  #first = 0;
  #bytes = 0;
  #answers = 0;
  /** Set when no more will come; `error` says why if that is no normal end. */
  #end: { readonly error: unknown } | undefined = undefined;

  constructor(bounds: InboxBounds, label: string) {
    this.#bounds = bounds;
    this.#label = `receive ${label}`;
  }

  get #size(): number {
    return this.#entries.length - this.#first;
  }

  /**
   * Takes in what came; false if there is no room and the policy is to close.
   *
   * @param code Whether `value` is a message, or an error that its receiver gets in its place.
   */
  push(code: HostResult, value: unknown, bytes: number): boolean {
    for (const receiver of this.#receivers) {
      if (receiver.answer(code, formed(receiver.payload, code, value))) return true;
    }
    const { messages, bytes: bytesMax, overflow } = this.#bounds;
    const isRoom = (): boolean => this.#size < messages && this.#bytes + bytes <= bytesMax;
    if (!isRoom()) {
      if (overflow === "close") return false;
      while (overflow === "drop-oldest" && this.#size > 0 && !isRoom()) {
        this.#take();
        this.dropped += 1;
      }
      if (!isRoom()) {
        this.dropped += 1;
        return true;
      }
    }
    this.#entries.push({ code, value, bytes });
    this.#bytes += bytes;
    return true;
  }

  /** Gives all entries to `other`, and none from now on: everything comes in there. */
  moveTo(other: Inbox): void {
    while (this.#size > 0) {
      const { code, value, bytes } = this.#take();
      other.push(code, value, bytes);
    }
  }

  /** No more will come. What waits can still be received; then comes the end, or `error`. */
  end(error?: unknown): void {
    this.#end ??= { error };
    for (const receiver of [...this.#receivers]) this.#answerEnd(receiver);
  }

  /** The next message for `task`; undefined at the end. */
  receive<T>(task: TaskRecord): Op<T | undefined> {
    return this.#next(task, "value");
  }

  /** An iteration by `task`. Leaving it changes nothing. */
  iterate<T>(task: TaskRecord): AsyncIterator<T, undefined> {
    return { next: () => this.#next<IteratorResult<T, undefined>>(task, "step").promise() };
  }

  #next<T>(task: TaskRecord, form: Form): OpRecord<T> {
    checkActive(task);
    const first = this.#entries[this.#first];
    const isAtHand = first?.code === HostResult.ok && task.cancelError === undefined;
    if (isAtHand && this.#answers < ANSWERS_IN_A_ROW) {
      this.#answers += 1;
      this.#take();
      return settledOp(task, formed(form, first.code, first.value) as T);
    }
    // Through the kernel, where a cancellation comes first and others get their turns.
    this.#answers = 0;
    return SocketWait.open(task, this.#label, this.#receivers, form, (receiver) => {
      if (first !== undefined) {
        this.#take();
        receiver.answer(first.code, formed(form, first.code, first.value));
      } else this.#answerEnd(receiver);
    });
  }

  #answerEnd(receiver: SocketWait<Form>): void {
    if (this.#end === undefined) return;
    const { error } = this.#end;
    if (error !== undefined) {
      if (receiver.answer(HostResult.err, error)) this.hasTold = true;
    } else if (receiver.payload === "value") receiver.answer(HostResult.ok, undefined);
    else receiver.answer(HostResult.ok, { done: true, value: undefined });
  }

  #take(): Entry {
    const entry = this.#entries[this.#first] as Entry;
    this.#first += 1;
    this.#bytes -= entry.bytes;
    if (this.#first === this.#entries.length || this.#first >= FRONT_MAX) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
    return entry;
  }
}

function formed(form: Form, code: HostResult, value: unknown): unknown {
  return form === "step" && code === HostResult.ok ? { done: false, value } : value;
}
