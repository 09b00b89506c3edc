/** What `docs/guide/scopes.md` shows, run. */
import { expect, test } from "vitest";
import { CancelledError, type Cx, type Runtime } from "../../src/index.js";
import { withRuntime } from "../support.js";

const poll = async (cx: Cx): Promise<void> => {
  for (;;) await cx.sleep(60_000);
};
const broken = async (cx: Cx): Promise<void> => {
  await cx.checkpoint();
  throw new Error("no network");
};

test("a scope of one's own ends with all that is in it", async () => {
  const log: string[] = [];
  const { report } = await withRuntime(async (runtime) => {
    const show = async (): Promise<void> => {
      await using panel = runtime.openScope({ label: "panel" });
      panel.defer(() => void log.push("panel put away"));
      panel.spawn(poll);
      const preview = panel.openScope({ label: "preview" }); // ends before the panel does
      preview.spawn(poll);
      panel.cancel("unmount"); // asks all of it, and returns at once
    };
    await show();
    expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1 });
  });
  expect(log).toEqual(["panel put away"]);
  expect(report.outcome).toBe("clean");
});

test("a child that fails cancels the others", async () => {
  await withRuntime(async (runtime) => {
    const shown = async (): Promise<string[]> => {
      const page = runtime.openScope({ policy: "fail-fast" }); // the default
      const failed = page.spawn(broken);
      const other = page.spawn(poll);
      const outcome = await page.close();
      return [outcome.kind, (await failed.join()).kind, (await other.join()).kind]; // err, err, cancelled
    };
    expect(await shown()).toEqual(["err", "err", "cancelled"]);
  });
});

test("a child that fails leaves the others alone", async () => {
  const log: string[] = [];
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) =>
      cx.scope(
        async (inner) => {
          inner.spawn(broken);
          inner.spawn(async (own) => {
            await own.sleep(5);
            log.push("uploaded all the same");
          });
        },
        { policy: "collect-all" },
      ),
    );
    expect(outcome).toMatchObject({ kind: "err", error: { message: "no network" } });
  });
  expect(log).toEqual(["uploaded all the same"]);
});

test("a budget is for all below", async () => {
  const log: string[] = [];
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) =>
      cx.scope(
        async (outer) => {
          const within = (outer.deadline ?? 0) - outer.now; // at most 1,000
          await outer.scope(poll, { deadlineMs: 20 });
          return within;
        },
        { deadlineMs: 1_000, polls: 10_000 },
      ),
    );
    if (outcome.kind === "err" && outcome.error instanceof CancelledError) {
      log.push(outcome.error.cancel.kind); // deadline
    }
  });
  expect(log).toEqual(["deadline"]);
});

test("what is deferred runs last in, first out", async () => {
  const log: string[] = [];
  const leave = async (runtime: Runtime): Promise<void> => {
    const task = runtime.spawn(async (cx) => {
      cx.defer(() => void log.push("connection closed"));
      cx.defer(async (cleanUp) => {
        await cleanUp.sleep(1); // a finalizer may wait, though its task is cancelled
        log.push("draft saved");
      });
      cx.spawn(poll);
      await cx.sleep(60_000);
    });
    await runtime.run((cx) => cx.sleep(1)); // by now it waits
    task.cancel("navigation");
    await task.join(); // draft saved, connection closed
  };
  await withRuntime(leave);
  expect(log).toEqual(["draft saved", "connection closed"]);
});
