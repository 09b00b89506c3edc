/** Owns the messages that a reconnecting socket keeps while it is not connected. */
import { SocketError } from "./close.js";
import type { SocketData } from "./platform.js";

/** What becomes of a message for which the queue has no room. */
export type QueueOverflow = "fail" | "drop-oldest" | "drop-newest";

/** How much may wait to be sent. */
export interface OutboxBounds {
  readonly messages: number;
  readonly bytes: number;
  readonly overflow: QueueOverflow;
}

/** One message in the queue. */
export interface Unsent {
  readonly data: SocketData;
  readonly bytes: number;
}

/** A bounded queue, first in first out. */
export class Outbox {
  /** Messages lost to the bounds. */
  dropped = 0;
  readonly #bounds: OutboxBounds;
  readonly #label: string;
  readonly #queue: Unsent[] = [];
  #bytes = 0;

  constructor(bounds: OutboxBounds, label: string) {
    this.#bounds = bounds;
    this.#label = label;
  }

  get size(): number {
    return this.#queue.length;
  }

  get first(): Unsent | undefined {
    return this.#queue[0];
  }

  /** Takes `data` in; gives the error if there is no room and the policy is to fail. */
  push(data: SocketData): SocketError | undefined {
    const bytes = bytesOf(data);
    const { messages, bytes: bytesMax, overflow } = this.#bounds;
    const isRoom = (): boolean => this.size < messages && this.#bytes + bytes <= bytesMax;
    while (overflow === "drop-oldest" && this.size > 0 && !isRoom()) {
      this.shift();
      this.dropped += 1;
    }
    if (isRoom()) {
      this.#queue.push({ data, bytes });
      this.#bytes += bytes;
      return undefined;
    }
    if (overflow !== "fail") {
      this.dropped += 1;
      return undefined;
    }
    const received = `${this.#label}, whose queue of ${this.size} messages and ${this.#bytes} bytes is full`;
    return new SocketError("SOCKET_QUEUE_FULL", received, undefined);
  }

  /** Takes the first one out. */
  shift(): void {
    this.#bytes -= this.#queue.shift()?.bytes ?? 0;
  }
}

function bytesOf(data: SocketData): number {
  if (typeof data === "string") return data.length;
  return "size" in data ? data.size : data.byteLength;
}
