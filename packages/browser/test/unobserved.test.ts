/** Failures that nobody asks about are told once; those that somebody asks about are not. */
import { describe, expect, test, vi } from "vitest";
import { createRuntime } from "../src/index.js";
import { hostTurn, idle, withRuntime } from "./support.js";

const ERROR = new Error("unseen");
const fail = (): never => {
  throw ERROR;
};

/** Lets a failure be looked for: the check comes in a turn of the host's of its own. */
async function checked(): Promise<void> {
  await hostTurn();
  await hostTurn();
}

test("a task in a scope that nobody joins is told with its label and the site of its spawn", async () => {
  const { failures, report } = await withRuntime(
    async (runtime) => {
      runtime.spawn(fail, { label: "forgotten" });
      await idle(runtime);
      await checked();
    },
    { spawnSites: true },
  );
  expect(failures).toMatchObject([{ error: ERROR, kind: "task", label: "forgotten" }]);
  expect(failures[0]?.spawnSite).toContain("unobserved.test");
  expect(report.failures).toEqual([ERROR]);
  expect(report.outcome).toBe("clean");
});

describe("asked in time it is not told", () => {
  test.each<[string, (runtime: import("../src/index.js").Runtime) => Promise<unknown>]>([
    ["run()", (runtime) => runtime.run(fail)],
    ["join() before the end", (runtime) => runtime.spawn(fail).join()],
    [
      "join() right after the end",
      async (runtime) => {
        const task = runtime.spawn(fail);
        await idle(runtime);
        await task.join();
      },
    ],
    [
      "result()",
      (runtime) =>
        runtime
          .spawn(fail)
          .result()
          .catch(() => undefined),
    ],
    [
      "outcome",
      async (runtime) => {
        const task = runtime.spawn(fail);
        await idle(runtime);
        expect(task.outcome?.kind).toBe("err");
      },
    ],
    [
      "cx.join()",
      async (runtime) => {
        const task = runtime.spawn(fail);
        await runtime.run((cx) => cx.join(task));
      },
    ],
    [
      "an operation that rethrows it",
      async (runtime) => {
        await runtime.run(async (cx) => {
          await Promise.allSettled([cx.scope(fail), cx.all([fail]), cx.race([fail])]);
        });
      },
    ],
    ["its parent's outcome", (runtime) => runtime.run((cx) => void cx.spawn(fail))],
  ])("%s", async (_, ask) => {
    // Without an end of the slice, at which the host would take a turn before it is asked.
    const { failures } = await withRuntime(
      async (runtime) => {
        await ask(runtime);
        await checked();
      },
      { sliceMs: 60_000 },
    );
    expect(failures).toEqual([]);
  });
});

test("a cancelled task that nobody joins is not told", async () => {
  const { failures } = await withRuntime(async (runtime) => {
    runtime.spawn((cx) => cx.sleep(60_000)).cancel();
    await idle(runtime);
    await checked();
  });
  expect(failures).toEqual([]);
});

test("what a clean-up throws after a cancellation is told, an AbortError is not", async () => {
  const { failures } = await withRuntime(async (runtime) => {
    const abort = new DOMException("aborted", "AbortError");
    for (const error of [ERROR, abort]) {
      const task = runtime.spawn(
        async (cx) => {
          try {
            await cx.sleep(60_000);
          } catch {
            throw error;
          }
        },
        { label: "untidy" },
      );
      await idle(runtime);
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
    }
    await checked();
  });
  expect(failures).toMatchObject([{ error: ERROR, kind: "clean-up", label: "untidy" }]);
});

test("a runtime that is closed at once still tells", async () => {
  const { failures, report } = await withRuntime(async (runtime) => {
    runtime.spawn(fail);
    await idle(runtime);
  });
  expect(failures).toMatchObject([{ error: ERROR }]);
  expect(report.failures).toEqual([ERROR]);
});

test("without onFailure it goes to reportError, or to the console where there is none", async () => {
  const original = globalThis.reportError;
  const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const reported: unknown[] = [];
  try {
    for (const present of [(error: unknown) => void reported.push(error), undefined]) {
      globalThis.reportError = present as typeof reportError;
      const runtime = await createRuntime();
      runtime.spawn(fail);
      await idle(runtime);
      await runtime.close();
    }
    expect(reported).toEqual([ERROR]);
    expect(log.mock.calls).toEqual([[ERROR]]);
  } finally {
    globalThis.reportError = original;
    log.mockRestore();
  }
});

test("an onFailure that throws stops nothing and is reported itself", async () => {
  const own = new Error("in onFailure");
  const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const original = globalThis.reportError;
  globalThis.reportError = undefined as unknown as typeof reportError;
  try {
    const onFailure = (): never => {
      throw own;
    };
    const runtime = await createRuntime({ onFailure });
    runtime.spawn(fail);
    await idle(runtime);
    await checked();
    expect(await runtime.run(() => "goes on")).toEqual({ kind: "ok", value: "goes on" });
    await runtime.close();
    expect(log.mock.calls).toEqual([[own]]);
  } finally {
    globalThis.reportError = original;
    log.mockRestore();
  }
});
