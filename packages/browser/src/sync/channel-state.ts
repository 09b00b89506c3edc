/** Owns what lies beneath a channel: its values, and the places and messages that the kernel counts. */
import { ErrorKindCode, ObligationKindCode, PermitFlowCode } from "@asupersync/browser-core";
import type { TaskRecord } from "../task.js";
import { askNow } from "./ask.js";
import type { ChannelOverflow } from "./channel.js";
import { Line, type LineUse, NEVER_WAITS } from "./line.js";
import { type Owner, scopeOf } from "./owner.js";
import { Queue } from "./queue.js";

/** The state of a channel. A place or item is an obligation that has one. */
export class ChannelState<T> {
  readonly capacity: number;
  readonly overflow: ChannelOverflow;
  readonly free: Line;
  readonly items: Line;
  /** Invariant: as many values as the items have permits, held ones included. */
  readonly queue = new Queue<T>();
  dropped = 0;
  isClosed = false;

  constructor(free: Line, items: Line, capacity: number, overflow: ChannelOverflow) {
    this.capacity = capacity;
    this.overflow = overflow;
    this.free = free;
    this.items = items;
  }

  /** @throws {AsupersyncError} As {@link Line.open}. */
  static open<T>(owner: Owner, capacity: number, overflow: ChannelOverflow): ChannelState<T> {
    const free = Line.open(scopeOf(owner), capacity, PermitFlowCode.channel, SENDING);
    return new ChannelState(free, free.items(RECEIVING), capacity, overflow);
  }

  /** One that nothing goes through, to keep its shape. */
  static idle({ scope }: TaskRecord): ChannelState<unknown> {
    const line = new Line(scope, scope.handle, SENDING);
    return new ChannelState(line, line, 1, "wait");
  }

  /** Fills a place. */
  put(place: number, value: T): void {
    this.free.commit(place);
    this.queue.push(value);
  }

  /** Sends by an overflow policy that never waits. */
  push(task: TaskRecord, value: T): void {
    const answer = askNow(task, this.free, 1, NEVER_WAITS);
    if (answer > 0) {
      this.put(answer, value);
      return;
    }
    if (answer !== -ErrorKindCode.wouldWait) throw this.free.refusal(answer);
    this.dropped += 1;
    // Where permits hold every place there is no older value to take out.
    if (this.overflow === "drop-newest" || this.queue.length === 0) return;
    this.queue.shift();
    this.queue.push(value);
  }

  /** Takes the first value for an item. */
  take(item: number): T {
    this.items.commit(item);
    return this.shift();
  }

  /** Takes the first value, for an item that is used up. */
  shift(): T {
    const value = this.queue.shift();
    this.forgetIfOver();
    return value;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.free.close();
    this.forgetIfOver();
  }

  /** Closed, and with every place free, nothing can come of it: its owner need not remember it. */
  forgetIfOver(): void {
    if (this.isClosed && this.free.available === this.capacity) this.free.drop();
  }
}

const SENDING: LineUse = {
  code: "CHANNEL_CLOSED",
  name: "channel",
  kind: ObligationKindCode.sendPermit,
};
const RECEIVING: LineUse = { ...SENDING, kind: ObligationKindCode.ack };
