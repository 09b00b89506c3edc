/** Reports of a task in a worker: in order, never more than the window ahead, and let go of when nobody wants them. */
import { describe, expect, test } from "vitest";
import { idle, thrown, withRuntime } from "../support.js";
import { client, errorOf } from "./support.js";

/** How many reports the worker's task has sent by now. */
async function sent(worker: ReturnType<typeof client>["worker"]): Promise<number> {
  const outcome = await worker.run("takeNotes");
  return outcome.kind === "ok" ? outcome.value.length : Number.NaN;
}

describe("a stream", () => {
  test("gives every report in order, and the result", async () => {
    const { worker } = client();
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(async (cx) => {
        const values: number[] = [];
        const stream = worker.stream(cx, "count", 100);
        for await (const value of stream) values.push(value);
        return [values, await stream.result()];
      });
      const expected = Array.from({ length: 100 }, (_, at) => at + 1);
      expect(outcome).toEqual({ kind: "ok", value: [expected, "counted to 100"] });
      expect(runtime.counters()).toMatchObject({ hostOps: 0, obligations: 0 });
    });
    expect(worker.counters().inFlight).toBe(0);
  });

  test("holds the task up while the loop is behind", async () => {
    const { worker } = client(undefined, { reportsMax: 4 });
    await worker.start();
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(async (cx) => {
        const stream = worker.stream(cx, "count", 20);
        let ahead = 0;
        // The task reports without end of its own, so it has sent what it may when this is answered
        // often enough to show no more.
        for (let quiet = 0; quiet < 5; quiet += 1) {
          const more = await sent(worker);
          ahead += more;
          if (more > 0) quiet = 0;
        }
        const values: number[] = [];
        for await (const value of stream) values.push(value);
        return [ahead, values.length];
      });
      expect(outcome).toEqual({ kind: "ok", value: [4, 20] });
    });
  });

  test("fails with what the task failed with, after its last report", async () => {
    const { worker } = client();
    await withRuntime(async (runtime) => {
      const values: number[] = [];
      const outcome = await runtime.run(async (cx) => {
        for await (const value of worker.stream(cx, "countThenFail", 3)) values.push(value);
      });
      expect(values).toEqual([1, 2, 3]);
      expect(errorOf(outcome)).toEqual(new RangeError("after the last one"));
    });
  });

  test("that is left early cancels its task, and the loop ends when that has drained", async () => {
    const { worker } = client();
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(async (cx) => {
        for await (const value of worker.stream(cx, "count", 1e9)) {
          if (value === 3) break;
        }
        return worker.counters().inFlight;
      });
      expect(outcome).toEqual({ kind: "ok", value: 0 });
    });
  });

  test("wakes when its task is cancelled, drained there", async () => {
    const { worker } = client();
    await worker.start();
    await withRuntime(async (runtime) => {
      const task = runtime.spawn(async (cx) => {
        for await (const _ of worker.stream(cx, "count", 5)) await cx.sleep(1e9);
      });
      await idle(runtime);
      expect(worker.counters().inFlight).toBe(1);
      task.cancel("navigation");
      expect(await task.join()).toMatchObject({
        kind: "cancelled",
        cancel: { kind: "navigation" },
      });
      expect(worker.counters().inFlight).toBe(0);
    });
  });

  test("whose reports nobody iterates lets go of them when its result is asked for", async () => {
    const { worker } = client(undefined, { reportsMax: 1 });
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run((cx) => worker.stream(cx, "count", 50).result());
      expect(outcome).toEqual({ kind: "ok", value: "counted to 50" });
    });
  });

  test("that is never looked at is cancelled with its task, which it does not hold up", async () => {
    const { worker } = client();
    await worker.start();
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run((cx) => {
        worker.stream(cx, "count", 1e9);
        return "done";
      });
      expect(outcome).toEqual({ kind: "ok", value: "done" });
      expect(worker.counters().inFlight).toBe(0);
    });
  });

  test("is iterated once", async () => {
    const { worker } = client();
    await withRuntime(async (runtime) => {
      await runtime.run(async (cx) => {
        const stream = worker.stream(cx, "count", 1);
        for await (const value of stream) expect(value).toBe(1);
        expect(thrown(() => stream[Symbol.asyncIterator]())).toMatchObject({
          code: "WRONG_STATE",
        });
      });
    });
  });

  test("of a worker that is closed fails, and does not hang", async () => {
    const { worker } = client();
    await worker.close();
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(async (cx) => {
        for await (const _ of worker.stream(cx, "count", 1));
      });
      expect(errorOf(outcome)).toMatchObject({ code: "WORKER_CLOSED" });
    });
  });
});

describe("onReport", () => {
  test("is called with each report, one at a time, before the outcome", async () => {
    const { worker } = client(undefined, { reportsMax: 2 });
    const log: string[] = [];
    const outcome = await worker.run("count", 5, {
      onReport: async (value) => {
        log.push(`in ${value}`);
        await worker.run("plain");
        log.push(`out ${value}`);
      },
    });
    expect(outcome).toEqual({ kind: "ok", value: "counted to 5" });
    expect(log).toEqual([1, 2, 3, 4, 5].flatMap((value) => [`in ${value}`, `out ${value}`]));
  });

  test("that throws cancels the call and is its failure", async () => {
    const { worker } = client();
    const error = new Error("disk full");
    const outcome = await worker.run("count", 1e9, {
      onReport: (value) => {
        if (value === 2) throw error;
      },
    });
    expect(errorOf(outcome)).toBe(error);
    expect(worker.counters().inFlight).toBe(0);
  });

  test("is called for an operation too", async () => {
    const { worker } = client();
    await withRuntime(async (runtime) => {
      const values: number[] = [];
      const onReport = (value: number): void => void values.push(value);
      await runtime.run((cx) => worker.call(cx, "count", 3, { onReport }));
      expect(values).toEqual([1, 2, 3]);
    });
  });
});

test("reports that nobody listens to are not sent, and hold nothing up", async () => {
  const { worker } = client(undefined, { reportsMax: 1 });
  expect(await worker.run("count", 1_000)).toEqual({ kind: "ok", value: "counted to 1000" });
});

test("a report hands its buffer over", async () => {
  const { worker } = client();
  const reports: Uint8Array[] = [];
  const onReport = (value: Uint8Array): void => void reports.push(value);
  expect(await worker.run("reportBuffer", undefined, { onReport })).toEqual({
    kind: "ok",
    value: 0,
  });
  expect(reports).toEqual([Uint8Array.of(1, 2, 3)]);
});

test("a report that cannot be cloned fails in the task", async () => {
  const { worker } = client();
  const outcome = await worker.run("reportFunction", undefined, { onReport: () => undefined });
  expect(errorOf(outcome)).toMatchObject({ code: "WORKER_UNCLONABLE" });
});
