/** Owns random trees of combinators: what they are, how one is drawn, and the body that does it. */
import fc from "fast-check";
import type { Body, Cx, Op } from "../../src/index.js";

/** A body that sleeps, then gives or throws its name; its finalizer takes a while, if it has one. */
export interface Leaf {
  readonly kind: "leaf";
  readonly name: number;
  readonly fails: boolean;
  readonly ms: number;
  readonly cleanUpMs: number;
}

/** A body that does one operation, and gives or throws what that does. */
export type Tree =
  | Leaf
  | { readonly kind: "all" | "race" | "any" | "settle"; readonly bodies: readonly Tree[] }
  | { readonly kind: "scope" | "mask"; readonly body: Tree }
  | { readonly kind: "timeout"; readonly body: Tree; readonly ms: number }
  /** The n-th attempt is the n-th body. */
  | { readonly kind: "retry" | "supervise"; readonly bodies: readonly Tree[]; readonly ms: number }
  | { readonly kind: "hedge"; readonly bodies: readonly Tree[]; readonly ms: number }
  | { readonly kind: "map"; readonly bodies: readonly Tree[]; readonly concurrency: number };

const ms = fc.integer({ min: 1, max: 10_000 });

/** Random trees. */
export const trees: fc.Arbitrary<Tree> = fc.letrec<{ leaf: Tree; tree: Tree }>((tie) => {
  const body = tie("tree");
  const bodies = fc.array(body, { minLength: 1, maxLength: 4 });
  return {
    leaf: fc.record({
      kind: fc.constant("leaf" as const),
      name: fc.nat(99),
      fails: fc.boolean(),
      ms,
      cleanUpMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 500 })),
    }),
    tree: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      tie("leaf"),
      fc.record({
        kind: fc.constantFrom("all" as const, "settle" as const),
        bodies: fc.array(body, { maxLength: 4 }),
      }),
      fc.record({ kind: fc.constantFrom("race" as const, "any" as const), bodies }),
      fc.record({ kind: fc.constantFrom("scope" as const, "mask" as const), body }),
      fc.record({ kind: fc.constant("timeout" as const), body, ms }),
      fc.record({ kind: fc.constantFrom("retry" as const, "supervise" as const), bodies, ms }),
      fc.record({ kind: fc.constant("hedge" as const), bodies, ms }),
      fc.record({
        kind: fc.constant("map" as const),
        bodies: fc.array(body, { maxLength: 6 }),
        concurrency: fc.integer({ min: 1, max: 4 }),
      }),
    ),
  };
}).tree;

/** The body that does what `tree` says, as a generator or an `async` function. */
export function bodyOf(tree: Tree, isAsync: boolean): Body<unknown> {
  if (isAsync) {
    return async (cx) => {
      if (tree.kind !== "leaf") return await start(cx, tree, isAsync);
      deferCleanUp(cx, tree);
      await cx.sleep(tree.ms);
      return endLeaf(tree);
    };
  }
  return function* (cx) {
    if (tree.kind !== "leaf") return yield* start(cx, tree, isAsync);
    deferCleanUp(cx, tree);
    yield* cx.sleep(tree.ms);
    return endLeaf(tree);
  };
}

function start(cx: Cx, tree: Exclude<Tree, Leaf>, isAsync: boolean): Op<unknown> {
  const as = (body: Tree) => bodyOf(body, isAsync);
  switch (tree.kind) {
    case "all":
      return cx.all(tree.bodies.map(as));
    case "race":
      return cx.race(tree.bodies.map(as));
    case "any":
      return cx.any(tree.bodies.map(as));
    case "settle":
      return cx.settle(tree.bodies.map(as));
    case "scope":
      return cx.scope(as(tree.body));
    case "mask":
      return cx.mask(as(tree.body));
    case "timeout":
      return cx.timeout(tree.ms, as(tree.body));
    case "retry":
      return cx.retry((attempt, count) => nth(tree.bodies, count, isAsync)(attempt), {
        attempts: tree.bodies.length,
        pauseMs: tree.ms,
        factor: 1,
        jitter: "none",
      });
    case "supervise": {
      let count = 0;
      return cx.supervise(
        (run) => {
          count += 1;
          return nth(tree.bodies, count, isAsync)(run);
        },
        {
          maxRestarts: tree.bodies.length - 1,
          withinMs: 1e9,
          restart: { pauseMs: tree.ms, factor: 1, jitter: "none" },
        },
      );
    }
    case "hedge":
      return cx.hedge((attempt, count) => nth(tree.bodies, count, isAsync)(attempt), {
        afterMs: tree.ms,
        attempts: tree.bodies.length,
      });
    case "map":
      return cx.map(tree.bodies, { concurrency: tree.concurrency }, (item, body) => as(body)(item));
  }
}

function nth(bodies: readonly Tree[], count: number, isAsync: boolean): Body<unknown> {
  return bodyOf(bodies[count - 1] as Tree, isAsync);
}

function deferCleanUp(cx: Cx, { cleanUpMs }: Leaf): void {
  if (cleanUpMs === 0) return;
  cx.defer(function* (cleanUp) {
    yield* cleanUp.sleep(cleanUpMs);
  });
}

function endLeaf({ name, fails }: Leaf): number {
  if (fails) throw name;
  return name;
}
