/** Operations that nobody awaits are found in development builds, named, and no other is. */
import { describe, expect, test, vi } from "vitest";
import { type Cx, createRuntime, type Runtime, type Warning } from "../../src/index.js";
import { deferred, forBothKinds, idle, withRuntime } from "../support.js";

/** What is warned of while `work` runs. */
async function warningsOf(work: (runtime: Runtime) => Promise<unknown>): Promise<Warning[]> {
  const { warnings } = await withRuntime(async (runtime) => void (await work(runtime)));
  return warnings;
}

const received = ({ message }: Warning): string => /got (.*?):/.exec(message)?.[1] ?? message;

describe("an operation that was left", () => {
  forBothKinds((body) => {
    test("is told when its task ends, with its name, its task and its place", async () => {
      const warnings = await warningsOf((runtime) =>
        runtime.run(
          body(function* (cx) {
            yield* cx.checkpoint();
            void cx.sleep(60_000);
            return "done";
          }),
          { label: "hasty" },
        ),
      );
      expect(warnings).toHaveLength(1);
      const [warning] = warnings as [Warning];
      expect(warning.code).toBe("OP_NOT_AWAITED");
      expect(warning.label).toBe("hasty");
      expect(received(warning)).toBe('cx.sleep of task "hasty", which nobody awaited');
      expect(warning.site?.split("\n")[0]).toContain("missing-await.test");
      expect(warning.site).not.toMatch(/src\/(op|wait|cx|step)\./);
    });
  });

  test.each<[string, (cx: Cx) => unknown, string]>([
    ["a checkpoint", (cx) => cx.checkpoint(), "cx.checkpoint"],
    ["a race", (cx) => cx.race([() => 1]), "cx.race"],
    ["an operation that a file of its own adds", (cx) => cx.any([() => 1]), "cx.any"],
    ["a timeout", (cx) => cx.timeout(60_000, () => 1), "cx.timeout"],
    [
      "a foreign promise",
      (cx) => cx.foreign(async () => 1, { label: "pick" }),
      "cx.foreign (pick)",
    ],
    ["a join", (cx) => cx.join(cx.spawn(() => 1)), "cx.join"],
  ])("%s has its name", async (_, leave, name) => {
    const warnings = await warningsOf((runtime) =>
      runtime.run(async (cx) => void leave(cx), { label: "hasty" }),
    );
    expect(warnings.map(received)).toEqual([`${name} of task "hasty", which nobody awaited`]);
  });

  test("in a finalizer is told too", async () => {
    const warnings = await warningsOf((runtime) =>
      runtime.run((cx) => cx.defer((cx) => void cx.sleep(0)), { label: "hasty" }),
    );
    expect(warnings.map(received)).toEqual(['cx.sleep of task "hasty", which nobody awaited']);
  });

  test("in a loop is told once for its place", async () => {
    const warnings = await warningsOf((runtime) =>
      runtime.run(async (cx) => {
        for (let round = 0; round < 200; round += 1) void cx.sleep(60_000);
      }),
    );
    expect(warnings).toHaveLength(1);
  });
});

describe("no alarm for", () => {
  test.each<[string, (cx: Cx) => unknown]>([
    ["an operation that is returned", async (cx) => cx.sleep(0)],
    ["one that a plain function returns", (cx) => cx.sleep(0)],
    [
      "one that is awaited later",
      async (cx) => {
        const early = cx.sleep(0);
        await cx.sleep(1);
        await early;
      },
    ],
    ["operations in Promise.all", (cx) => Promise.all([cx.sleep(0), cx.checkpoint()])],
    ["one that says that it is left", async (cx) => void cx.sleep(60_000).then()],
    [
      "one that a child asks for when the body has ended",
      async (cx) => {
        const shared = cx.sleep(0);
        await cx.sleep(1);
        cx.spawn(async (child) => {
          await child.checkpoint();
          await shared;
        });
      },
    ],
    ["a child that nobody joins", async (cx) => void cx.spawn((child) => child.sleep(0))],
    [
      "what comes after a failure",
      async (cx) => {
        const never = cx.sleep(60_000);
        const fails = cx.foreign(() => Promise.reject(new Error("no network")));
        await fails;
        await never;
      },
    ],
    [
      "one that failed, which is told as a failure",
      async (cx) => {
        void cx.foreign(() => Promise.reject(new Error("no network")));
        await cx.sleep(1);
      },
    ],
  ])("%s", async (_, body) => {
    const warnings = await warningsOf((runtime) => runtime.run(body as (cx: Cx) => Promise<void>));
    expect(warnings).toEqual([]);
  });

  test("what a cancelled body leaves, though it returns", async () => {
    const warnings = await warningsOf(async (runtime) => {
      const task = runtime.spawn(async (cx) => {
        const never = cx.sleep(60_000);
        try {
          await cx.sleep(60_000);
          await never;
        } catch {
          // What is left is left.
        }
        return "given up";
      });
      await idle(runtime);
      task.cancel();
      await task.join();
    });
    expect(warnings).toEqual([]);
  });

  test("what the losers of a race leave", async () => {
    const warnings = await warningsOf((runtime) =>
      runtime.run((cx) =>
        cx.race([
          async (fast) => fast.sleep(0),
          async (slow) => {
            const late = slow.sleep(60_000);
            await slow.sleep(60_000);
            await late;
          },
        ]),
      ),
    );
    expect(warnings).toEqual([]);
  });

  test("what a revoked body leaves", async () => {
    const gate = deferred();
    const { warnings } = await withRuntime(
      async (runtime) => {
        const task = runtime.spawn(async (cx) => {
          void cx.sleep(60_000);
          await gate.promise;
        });
        await idle(runtime);
        task.cancel();
        await task.join();
        gate.resolve();
      },
      { drainTimeMs: 5 },
    );
    expect(warnings).toEqual([]);
  });
});

test("without onWarning it goes to console.warn, with the place", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  try {
    const runtime = await createRuntime();
    await runtime.run(async (cx) => void cx.sleep(60_000), { label: "hasty" });
    await runtime.close();
    expect(warn).toHaveBeenCalledTimes(1);
    const [text] = warn.mock.calls[0] as [string];
    expect(text).toMatch(/^OP_NOT_AWAITED: .*docs\/errors\/OP_NOT_AWAITED\.md\)\n.*missing-await/);
  } finally {
    warn.mockRestore();
  }
});

test("a listener that throws breaks nothing, and is heard of", async () => {
  const reported: unknown[] = [];
  vi.stubGlobal("reportError", (error: unknown) => void reported.push(error));
  try {
    const broken = new Error("broken listener");
    const runtime = await createRuntime({
      onWarning: () => {
        throw broken;
      },
    });
    const outcome = await runtime.run(async (cx) => {
      void cx.sleep(60_000);
      return 7;
    });
    expect(outcome).toEqual({ kind: "ok", value: 7 });
    expect((await runtime.close()).outcome).toBe("clean");
    expect(reported).toEqual([broken]);
  } finally {
    vi.unstubAllGlobals();
  }
});
