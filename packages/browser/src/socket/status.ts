/** Owns the statuses of a reconnecting socket: what they say, and how they are followed. */
import { checkActive } from "../active.js";
import { HostResult } from "../host-op.js";
import { type OpRecord, settledOp } from "../op.js";
import type { TaskRecord } from "../task.js";
import { STATUSES_KEPT } from "./limits.js";
import { SocketWait } from "./wait.js";

/** What a reconnecting socket is at. Immutable. */
export type SocketStatus =
  /** It connects; `attempt` counts from 1 since the last connection that lasted. */
  | { readonly state: "connecting"; readonly attempt: number }
  /** It is open, and has resumed. */
  | { readonly state: "open"; readonly protocol: string }
  /** It pauses before the next attempt, after `error`. */
  | {
      readonly state: "waiting";
      readonly attempt: number;
      readonly pauseMs: number;
      readonly error: unknown;
    }
  /** It waits until the host has a network again. */
  | { readonly state: "offline" }
  | SocketEnd;

/** The last status of a reconnecting socket. */
export interface SocketEnd {
  readonly state: "closed";
  /** Why it was given up, or what kept it from sending what was queued; undefined for a normal end. */
  readonly error: unknown;
  /** Messages that were queued and never sent. */
  readonly unsent: number;
}

/** The statuses so far, of which the last ones are kept. */
export class StatusLog {
  /** Whether anybody has been given the last status. */
  hasTold = false;
  readonly #kept: SocketStatus[] = [];
  #count = 0;
  readonly #label: string;
  /** Those who wait for the next one, each with what gives it to them. */
  readonly #watchers = new Set<SocketWait<() => IteratorResult<SocketStatus, undefined>>>();

  constructor(label: string) {
    this.#label = `status of ${label}`;
  }

  get last(): SocketStatus {
    return this.#kept.at(-1) as SocketStatus;
  }

  add(status: SocketStatus): void {
    this.#kept.push(Object.freeze(status));
    this.#count += 1;
    if (this.#kept.length > STATUSES_KEPT) this.#kept.shift();
    for (const watcher of [...this.#watchers]) watcher.answer(HostResult.ok, watcher.payload());
  }

  /** From the present one on, each in its turn. Nothing is held for one who goes away. */
  follow(task: TaskRecord): AsyncIterator<SocketStatus, undefined> {
    let seen = this.#count - 1;
    const take = (): IteratorResult<SocketStatus, undefined> => {
      const lost = this.#count - this.#kept.length;
      const value = this.#kept[Math.max(seen - lost, 0)] as SocketStatus;
      seen = Math.max(seen, lost) + 1;
      if (value.state === "closed") this.hasTold = true;
      return { done: false, value };
    };
    const next = (): OpRecord<IteratorResult<SocketStatus, undefined>> => {
      checkActive(task);
      if (seen < this.#count && task.cancelError === undefined) return settledOp(task, take());
      return SocketWait.open(task, this.#label, this.#watchers, take, (watcher) => {
        if (seen < this.#count) watcher.answer(HostResult.ok, take());
        else if (this.last.state === "closed") {
          watcher.answer(HostResult.ok, { done: true, value: undefined });
        }
      });
    };
    return { next: () => next().promise() };
  }
}
