/** Owns what is handed over instead of cloned: which values come with a list of it. */
import { invalidArgument } from "../validate.js";

const lists = new WeakMap<object, readonly Transferable[]>();

/**
 * Says that posting `value` to or from a worker hands over what `list` names: the sender has it no more,
 * and nothing is copied. For the input of a call, for what a task returns, and for what it reports.
 *
 * @param value What is posted, and contains or is what the list names.
 * @param list Buffers, ports, streams, bitmaps.
 * @returns `value` itself.
 * @throws {AsupersyncError} `INVALID_ARGUMENT`. What cannot be handed over fails the call, with
 *   `WORKER_UNCLONABLE`.
 *
 * @example
 * ```ts
 * const outcome = await worker.run("resize", transfer(image, [image.data.buffer]));
 * ```
 */
export function transfer<T extends object>(value: T, list: readonly Transferable[]): T {
  if (typeof value !== "object" || value === null) {
    throw invalidArgument(value, "an object to hand over", "pass other values as they are");
  }
  if (!Array.isArray(list)) {
    throw invalidArgument(list, "an array of what is handed over", "pass [buffer]");
  }
  lists.set(value, [...list]);
  return value;
}

/**
 * What is handed over with `value`.
 *
 * @throws {TypeError} When a buffer of it was handed over before.
 */
export function transferOf(value: unknown): readonly Transferable[] {
  const list = typeof value === "object" && value !== null ? lists.get(value) : undefined;
  for (const item of list ?? NOTHING) {
    // Node posts such a buffer without a word, and the other side cannot read the message.
    if (item instanceof ArrayBuffer) new Uint8Array(item);
  }
  return list ?? NOTHING;
}

const NOTHING: readonly Transferable[] = [];
