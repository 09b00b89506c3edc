/**
 * Owns the model of combinators: what a tree of them comes to and when, by the laws alone. It knows
 * nothing of tasks and scopes: a branch is a function from when it starts, and when it is cancelled, to
 * when it has drained, and with what.
 */
import type { Leaf, Tree } from "./tree.js";

/** How something ended: a value, a failure, or a cancellation, as text. */
export type Ending = `ok ${string}` | `err ${string}` | "cancelled";

/** What comes of a branch. */
export interface End {
  readonly ending: Ending;
  /** When it had drained. */
  readonly at: number;
}

/** Two things at one time, whose order the laws leave open. */
export class Tie extends Error {}

const NEVER = Number.POSITIVE_INFINITY;

/**
 * What a task that does `tree` comes to, started at `start` and asked to cancel at `cancelAt`.
 *
 * @throws {Tie}
 */
export function predict(tree: Tree, start: number, cancelAt: number = NEVER): End {
  // Whether it begins at all.
  if (!isBefore(start, cancelAt)) throw new Tie();
  if (tree.kind === "leaf") return predictLeaf(tree, start, cancelAt);
  const inPeace = predictOperation(tree, start, NEVER);
  if (isBefore(inPeace.at, cancelAt)) return inPeace;
  // Asked while it waits, the task is cancelled when that has drained, whatever came of it.
  return { ending: "cancelled", at: predictOperation(tree, start, cancelAt).at };
}

function predictLeaf({ name, fails, ms, cleanUpMs }: Leaf, start: number, cancelAt: number): End {
  if (!isBefore(start + ms, cancelAt)) return { ending: "cancelled", at: cancelAt + cleanUpMs };
  return { ending: `${fails ? "err" : "ok"} ${name}`, at: start + ms + cleanUpMs };
}

/** What the operation comes to by itself: when it settles, and with what. */
function predictOperation(tree: Exclude<Tree, Leaf>, start: number, cancelAt: number): End {
  switch (tree.kind) {
    case "scope":
      return predict(tree.body, start, cancelAt);
    case "mask":
      return predict(tree.body, start);
    case "timeout":
      return predictTimeout(tree.body, start, cancelAt, start + tree.ms);
    case "all":
      return combine(together(tree.bodies, start), start, cancelAt, isFailure, (ends, first) =>
        first === undefined ? okOf(ends) : first.ending,
      );
    case "race":
      return combine(
        together(tree.bodies, start),
        start,
        cancelAt,
        (end) => end.ending !== "cancelled",
        (_, first) => first?.ending ?? "cancelled",
      );
    case "any":
      return combine(together(tree.bodies, start), start, cancelAt, isOk, (ends, first) => {
        if (first !== undefined) return first.ending;
        return ends.every(isFailure)
          ? `err all of ${ends.map((end) => end.ending).join(", ")}`
          : "cancelled";
      });
    case "settle":
      return combine(
        together(tree.bodies, start),
        start,
        cancelAt,
        () => false,
        (ends) => `ok [${ends.map((end) => end.ending).join(", ")}]`,
      );
    case "retry":
      return predictAttempts(tree.bodies, tree.ms, start, cancelAt, (last) => last);
    case "supervise":
      return predictAttempts(tree.bodies, tree.ms, start, cancelAt, () => "err supervision");
    case "hedge":
      return predictHedge(tree.bodies, tree.ms, start, cancelAt);
    case "map":
      return predictMap(tree.bodies, tree.concurrency, start, cancelAt);
  }
}

/** A branch of an operation, by when it is cancelled. */
type Branch = (cancelAt: number) => End;

function together(bodies: readonly Tree[], start: number): readonly Branch[] {
  return bodies.map((body) => (cancelAt) => predict(body, start, cancelAt));
}

/**
 * The first branch that `decides` has the others cancelled; it settles when all have drained.
 *
 * @param conclude What it comes to, of all ends and the decisive one.
 */
function combine(
  branches: readonly Branch[],
  start: number,
  cancelAt: number,
  decides: (end: End) => boolean,
  conclude: (ends: readonly End[], first: End | undefined) => Ending,
): End {
  const alone = branches.map((branch) => branch(cancelAt));
  const first = firstOf(alone.filter(decides));
  if (first === undefined) return { ending: conclude(alone, first), at: latest(alone, start) };
  const until = Math.min(cancelAt, first.at);
  const ends = branches.map((branch, index) => (alone[index] === first ? first : branch(until)));
  return { ending: conclude(ends, first), at: latest(ends, start) };
}

function predictTimeout(body: Tree, start: number, cancelAt: number, limitAt: number): End {
  const end = predict(body, start, isBefore(limitAt, cancelAt) ? limitAt : cancelAt);
  return end.ending === "cancelled" ? { ending: "err timeout", at: end.at } : end;
}

/** One after the other, until one gives a value. */
function predictAttempts(
  bodies: readonly Tree[],
  pauseMs: number,
  start: number,
  cancelAt: number,
  giveUp: (last: Ending) => Ending,
): End {
  let at = start;
  for (const [index, body] of bodies.entries()) {
    const end = predict(body, at, cancelAt);
    if (end.ending === "cancelled" || isOk(end)) return end;
    if (index === bodies.length - 1) return { ending: giveUp(end.ending), at: end.at };
    // Cancelled in its last clean-up, or in the pause.
    if (!isBefore(end.at + pauseMs, cancelAt)) {
      return { ending: "cancelled", at: Math.max(end.at, cancelAt) };
    }
    at = end.at + pauseMs;
  }
  throw new Error("no bodies");
}

/** The first one, and beside it all further ones from its failure or the end of its time on. */
function predictHedge(
  bodies: readonly Tree[],
  afterMs: number,
  start: number,
  cancelAt: number,
): End {
  const [body, ...others] = bodies as [Tree, ...Tree[]];
  const first: Branch = (at) => predict(body, start, at);
  const later: Branch = (at) => {
    const alone = first(at);
    const isEarly = isBefore(alone.at, start + afterMs);
    const next = isEarly ? alone.at : start + afterMs;
    // A value of the first one ends the wait for good.
    if ((isEarly && isOk(alone)) || !isBefore(next, at)) {
      return { ending: "cancelled", at: Math.min(at, next) };
    }
    const inPeace = predictHedge(others, afterMs, next, NEVER);
    if (isBefore(inPeace.at, at)) return inPeace;
    return { ending: "cancelled", at: predictHedge(others, afterMs, next, at).at };
  };
  const branches = others.length === 0 ? [first] : [first, later];
  return combine(branches, start, cancelAt, isOk, (ends, decisive) => {
    if (decisive !== undefined) return decisive.ending;
    return ends.every(isFailure) ? (ends[0] as End).ending : "cancelled";
  });
}

/** So many at a time, in order, until the first failure. */
function predictMap(
  bodies: readonly Tree[],
  concurrency: number,
  start: number,
  cancelAt: number,
): End {
  const branches: Branch[] = [];
  let running: End[] = [];
  let at = start;
  for (const body of bodies) {
    if (running.length === concurrency) {
      const next = firstOf(running) as End;
      at = next.at;
      running = running.filter((end) => end !== next);
      if (isFailure(next) || !isBefore(at, cancelAt)) break;
    }
    const began = at;
    const branch: Branch = (until) => predict(body, began, until);
    branches.push(branch);
    running.push(branch(cancelAt));
  }
  return combine(branches, start, cancelAt, isFailure, (ends, first) =>
    first === undefined ? okOf(ends) : first.ending,
  );
}

function okOf(ends: readonly End[]): Ending {
  if (!ends.every(isOk)) return "cancelled";
  return `ok [${ends.map((end) => end.ending).join(", ")}]`;
}

function isOk({ ending }: End): boolean {
  return ending.startsWith("ok");
}

function isFailure({ ending }: End): boolean {
  return ending.startsWith("err");
}

function firstOf(ends: readonly End[]): End | undefined {
  let first: End | undefined;
  for (const end of ends) {
    if (first === undefined || isBefore(end.at, first.at)) first = end;
  }
  return first;
}

/** When the last one has drained; of none, at once. */
function latest(ends: readonly End[], start: number): number {
  return Math.max(start, ...ends.map((end) => end.at));
}

function isBefore(one: number, other: number): boolean {
  if (one === other && one !== NEVER) throw new Tie();
  return one < other;
}
