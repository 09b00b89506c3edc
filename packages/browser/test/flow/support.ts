/** What the tests of signals, events and flows share: listeners that are counted, and what must be zero. */
import { expect } from "vitest";
import type { EmitterLike, Runtime } from "../../src/index.js";

/** Counts the listeners that are on `target` now, and the most that were at once. */
export function countListeners(target: EventTarget): { live: number; most: number } {
  const counts = { live: 0, most: 0 };
  const { addEventListener, removeEventListener } = target;
  const added = new Set<unknown>();
  target.addEventListener = (type: string, listener: never, options?: never): void => {
    added.add(listener);
    counts.live = added.size;
    counts.most = Math.max(counts.most, added.size);
    addEventListener.call(target, type, listener, options);
  };
  target.removeEventListener = (type: string, listener: never, options?: never): void => {
    added.delete(listener);
    counts.live = added.size;
    removeEventListener.call(target, type, listener, options);
  };
  return counts;
}

/** A small emitter, as Node's is, for a page too. */
export class Emitter implements EmitterLike {
  readonly listeners = new Map<string | symbol, Set<Parameters<EmitterLike["on"]>[1]>>();

  on(...[type, listener]: Parameters<EmitterLike["on"]>): this {
    const set = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, set.add(listener));
    return this;
  }

  off(...[type, listener]: Parameters<EmitterLike["off"]>): this {
    this.listeners.get(type)?.delete(listener);
    return this;
  }

  emit(type: string | symbol, ...args: unknown[]): void {
    for (const listener of [...(this.listeners.get(type) ?? [])]) listener(...args);
  }

  get count(): number {
    return [...this.listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }
}

/** Nothing of `runtime` is live any more. */
export function expectNothingLive(runtime: Runtime): void {
  expect(runtime.counters()).toMatchObject({
    tasks: 0,
    hostOps: 0,
    timers: 0,
    obligations: 0,
    obligationsLeaked: 0,
    tasksRevoked: 0,
    hostOpsRevoked: 0,
  });
}

/** A list that tells when it has come to so many entries. */
export class Log<T = unknown> extends Array<T> {
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  override push(...entries: T[]): number {
    const length = super.push(...entries);
    for (const { count, resolve } of this.#waiting) if (length >= count) resolve();
    return length;
  }

  /** Resolves once there are `count` entries. */
  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.length >= count) resolve();
      else this.#waiting.push({ count, resolve });
    });
  }
}
