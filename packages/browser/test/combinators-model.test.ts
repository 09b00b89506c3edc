/**
 * Random trees of combinators come to what a model predicts by the laws alone: the value, failure or
 * cancellation, and the very millisecond at which all has drained. In virtual time.
 *
 * A failure prints its seed and path; put them into `REPEAT` to run that case again.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createRuntime, type Outcome } from "../src/index.js";
import { type End, type Ending, predict, Tie } from "./model/predict.js";
import { bodyOf, type Tree, trees } from "./model/tree.js";
import { elapse, withVirtualTime } from "./model/virtual-time.js";

const RUNS = 500;
const REPEAT: fc.Parameters<unknown> = {};

interface Case {
  readonly tree: Tree;
  readonly isAsync: boolean;
  /** When it is cancelled from outside, if it is. */
  readonly cancelAt: number | undefined;
}

const cases: fc.Arbitrary<Case> = fc.record({
  tree: trees,
  isAsync: fc.boolean(),
  cancelAt: fc.option(fc.integer({ min: 1, max: 20_000 }), { nil: undefined, freq: 2 }),
});

interface Run extends End {
  readonly fingerprint: string;
  readonly live: object;
  readonly report: string;
}

/** Runs a case with a runtime of its own. */
function run({ tree, isAsync, cancelAt }: Case): Promise<Run> {
  return withVirtualTime(async () => {
    // No clean-up is cut short: a mask may drain for as long as its body takes.
    const runtime = await createRuntime({ seed: 5, drainTimeMs: 1e9, onFailure: () => undefined });
    const task = runtime.spawn(bodyOf(tree, isAsync));
    const ended = task.join().then((outcome) => ({ outcome, at: runtime.now() }));
    if (cancelAt !== undefined) setTimeout(() => task.cancel(), cancelAt);
    const { outcome, at } = await elapse(runtime, ended);
    const { tasks, scopes, hostOps, timers, obligations } = runtime.counters();
    const fingerprint = runtime.fingerprint();
    const report = await elapse(runtime, runtime.close());
    return {
      ending: endingOf(outcome),
      at,
      fingerprint,
      live: { tasks, scopes, hostOps, timers, obligations },
      report: report.outcome,
    };
  });
}

function endingOf(outcome: Outcome<unknown>): Ending {
  switch (outcome.kind) {
    case "ok":
      return `ok ${textOf(outcome.value)}`;
    case "err":
      return `err ${errorOf(outcome.error)}`;
    case "cancelled":
      return "cancelled";
    case "panicked":
      throw outcome.panic.error;
  }
}

/** Values of branches stand in arrays, those of `settle` as outcomes. */
function textOf(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  const texts = value.map((part: unknown) => {
    const isOutcome = typeof part === "object" && part !== null && "kind" in part;
    return isOutcome ? endingOf(part as Outcome<unknown>) : `ok ${textOf(part)}`;
  });
  return `[${texts.join(", ")}]`;
}

function errorOf(error: unknown): string {
  const { code, errors = [] } = Object(error) as { code?: string; errors?: readonly unknown[] };
  if (code === "TIMEOUT") return "timeout";
  if (code === "SUPERVISION_FAILED") return "supervision";
  if (code === "ALL_FAILED")
    return `all of ${errors.map((each) => `err ${errorOf(each)}`).join(", ")}`;
  return String(error);
}

/** What the model predicts, unless it leaves that open. */
function predicted({ tree, cancelAt }: Case): End | undefined {
  try {
    return predict(tree, 0, cancelAt);
  } catch (error) {
    if (error instanceof Tie) return undefined;
    throw error;
  }
}

test("a tree of combinators comes to what the model predicts, at that time, and leaves nothing", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (drawn) => {
      const expected = predicted(drawn);
      fc.pre(expected !== undefined);
      const { ending, at, live, report } = await run(drawn);
      expect({ ending, at }).toEqual(expected);
      expect(live).toEqual({ tasks: 0, scopes: 1, hostOps: 0, timers: 0, obligations: 0 });
      expect(report).toBe("clean");
    }),
    { numRuns: RUNS, ...REPEAT },
  );
});

test("the same tree with the same seed has the same fingerprint", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (drawn) => {
      const { fingerprint } = await run(drawn);
      expect((await run(drawn)).fingerprint).toBe(fingerprint);
    }),
    { numRuns: RUNS / 10, ...REPEAT },
  );
});
