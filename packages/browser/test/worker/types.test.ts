/** The types of a worker's tasks on the page: names, inputs, values and reports. Held by the type check. */
import type { Worker as NodeWorker } from "node:worker_threads";
import { expectTypeOf, test } from "vitest";
import type { Cx, Op, Outcome } from "../../src/index.js";
import { defineTasks, type WorkerCx } from "../../src/worker/worker.js";
import {
  createWorker,
  type InputOf,
  type OutputOf,
  type ReportOf,
  type TaskWorker,
  type WorkerStream,
} from "../../src/worker/worker-client.js";
import { tasksWorker } from "./support.js";

interface Row {
  readonly cells: readonly string[];
}

const tasks = defineTasks({
  resize: async (_cx: Cx, image: { width: number }) => image.width,
  *step(cx: Cx, count: number) {
    yield* cx.sleep(0);
    return count > 0;
  },
  parse: async (cx: WorkerCx<Row>, text: string) => {
    await cx.report({ cells: [text] });
    return 1n;
  },
  ping: () => "pong" as const,
  maybe: (_cx: Cx, count?: number) => count,
  bare: async (cx) => cx.now,
});
type Tasks = typeof tasks;

test("what a task takes, gives and reports is known from its own types", () => {
  expectTypeOf<InputOf<Tasks["resize"]>>().toEqualTypeOf<{ width: number }>();
  expectTypeOf<InputOf<Tasks["ping"]>>().toEqualTypeOf<undefined>();
  expectTypeOf<InputOf<Tasks["maybe"]>>().toEqualTypeOf<number | undefined>();
  expectTypeOf<OutputOf<Tasks["resize"]>>().toEqualTypeOf<number>();
  expectTypeOf<OutputOf<Tasks["step"]>>().toEqualTypeOf<boolean>();
  expectTypeOf<OutputOf<Tasks["parse"]>>().toEqualTypeOf<bigint>();
  expectTypeOf<OutputOf<Tasks["ping"]>>().toEqualTypeOf<"pong">();
  expectTypeOf<OutputOf<Tasks["bare"]>>().toEqualTypeOf<number>();
  expectTypeOf<ReportOf<Tasks["parse"]>>().toEqualTypeOf<Row>();
  expectTypeOf<ReportOf<Tasks["resize"]>>().toEqualTypeOf<never>();
});

test("a call infers them, and a wrong one does not compile", () => {
  const use = (worker: TaskWorker<Tasks>, cx: Cx): void => {
    expectTypeOf(worker.run("resize", { width: 1 })).toEqualTypeOf<Promise<Outcome<number>>>();
    expectTypeOf(worker.call(cx, "step", 3)).toEqualTypeOf<Op<boolean>>();
    expectTypeOf(worker.stream(cx, "parse", "a")).toEqualTypeOf<WorkerStream<Row, bigint>>();
    expectTypeOf(worker.run("ping")).toEqualTypeOf<Promise<Outcome<"pong">>>();
    void worker.run("maybe");
    void worker.run("maybe", 1, { signal: AbortSignal.abort() });
    void worker.run("parse", "a", { onReport: (row) => expectTypeOf(row).toEqualTypeOf<Row>() });
    // @ts-expect-error: no such task
    void worker.run("crop", { width: 1 });
    // @ts-expect-error: another input
    void worker.run("resize", { height: 1 });
    // @ts-expect-error: an input is missing
    void worker.run("resize");
    // @ts-expect-error: it takes none
    void worker.run("ping", "extra");
    // @ts-expect-error: no such option
    void worker.run("maybe", 1, { timeout: 1 });
    // @ts-expect-error: the task's cx is its signal
    void worker.call(cx, "resize", { width: 1 }, { signal: AbortSignal.abort() });
    // @ts-expect-error: a cx is missing
    void worker.call("resize", { width: 1 });
  };
  expectTypeOf(use).toBeFunction();
});

test("a task that is none does not compile", () => {
  const use = (): void => {
    // @ts-expect-error: no function
    defineTasks({ resize: 1 });
    // @ts-expect-error: two inputs
    defineTasks({ add: (_cx: Cx, a: number, b: number) => a + b });
    // @ts-expect-error: what it reports is not declared
    defineTasks({ count: async (cx) => cx.report(1) });
  };
  expectTypeOf(use).toBeFunction();
});

test("what makes a worker may be any host's", () => {
  expectTypeOf(createWorker<Tasks>(tasksWorker)).toEqualTypeOf<TaskWorker<Tasks>>();
  const use = (): void => {
    createWorker<Tasks>(() => new Worker("x"));
    createWorker<Tasks>(() => ({}) as NodeWorker);
    // @ts-expect-error: no function
    createWorker<Tasks>(new Worker("x"));
  };
  expectTypeOf(use).toBeFunction();
});
