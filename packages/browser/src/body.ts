/** Owns what a body is: the function that a task runs. */
import type { Cx } from "./cx.js";
import type { Op } from "./op.js";

/**
 * What a task runs: `async (cx) => value`, `function* (cx) { … return value }`, or a plain function.
 *
 * Generators are stepped inside the kernel's turn, which is fastest and wholly deterministic; every
 * `yield*` in them is on an operation of their own `cx`. Both kinds mean the same otherwise. What the
 * body throws is its failure, whatever it is.
 *
 * To be fast, name a generator function once and call it from an arrow:
 * `cx.spawn((child) => work(child, item))`. V8 makes a new hidden class for every `function*` expression
 * that it evaluates, so one written out in a loop costs that each time.
 */
export type Body<T> = (cx: Cx) => Generator<Op<unknown>, T, unknown> | PromiseLike<T> | T;

/** The value of a body: what its generator returns, or what its promise resolves with. */
export type BodyValue<B> = B extends (cx: Cx) => infer R
  ? R extends Generator<unknown, infer T, unknown>
    ? T
    : Awaited<R>
  : never;

/** What runs after a body, for what it leaves behind: a body without value. */
export type Finalizer = (
  cx: Cx,
) => Generator<Op<unknown>, unknown, unknown> | PromiseLike<unknown> | unknown;
