/** No path of a cancellation or failure ends in an unhandled rejection. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Cx, Runtime } from "../src/index.js";
import { hostTurn, idle, withRuntime } from "./support.js";

const seen: unknown[] = [];
const onPage = typeof document === "object";

function noteInNode(reason: unknown): void {
  seen.push(reason);
}

function noteOnPage(event: PromiseRejectionEvent): void {
  seen.push(event.reason);
}

beforeAll(() => {
  if (onPage) addEventListener("unhandledrejection", noteOnPage);
  else process.on("unhandledRejection", noteInNode);
});

afterAll(() => {
  if (onPage) removeEventListener("unhandledrejection", noteOnPage);
  else process.off("unhandledRejection", noteInNode);
});

const fail = (): never => {
  throw new Error("failure");
};

/** Waits in every way there is, awaiting the last one only. */
async function everyWait(cx: Cx): Promise<void> {
  void cx.sleep(60_000);
  void cx.sleep(60_000).then(() => "value");
  void cx.checkpoint();
  void cx.foreign((signal) => {
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  });
  void cx.race([(branch) => branch.sleep(60_000), (branch) => branch.sleep(60_000)]);
  void cx.all([(branch) => branch.sleep(60_000)]);
  void cx.timeout(60_000, (branch) => branch.sleep(60_000));
  void cx.scope((branch) => branch.sleep(60_000));
  void cx.any([(branch) => branch.sleep(60_000)]);
  void cx.settle([(branch) => branch.sleep(60_000)]);
  void cx.retry((attempt) => attempt.sleep(60_000));
  void cx.retry(fail, { pauseMs: 60_000 });
  void cx.hedge((attempt) => attempt.sleep(60_000), { afterMs: 0 });
  void cx.supervise((run) => run.sleep(60_000));
  void cx.map([1, 2], { concurrency: 1 }, (item) => item.sleep(60_000));
  void cx.use({ acquire: () => "resource", release: () => undefined });
  void cx.join(cx.spawn((child) => child.sleep(60_000)));
  cx.defer(() => undefined);
  await cx.sleep(60_000);
}

const PATHS: readonly [string, (runtime: Runtime) => Promise<void>][] = [
  [
    "a cancelled task",
    async (runtime) => {
      const task = runtime.spawn(everyWait);
      void task.result();
      await idle(runtime);
      task.cancel();
      await task.join();
    },
  ],
  [
    "a cancelled scope",
    async (runtime) => {
      const scope = runtime.openScope();
      for (let count = 0; count < 10; count += 1) scope.spawn(everyWait);
      await idle(runtime);
      scope.cancel("unmount");
      await scope.close();
    },
  ],
  [
    "a closing runtime",
    async (runtime) => {
      void runtime.spawn(everyWait).result();
      await idle(runtime);
    },
  ],
  [
    "a failing child",
    async (runtime) => {
      await runtime.run(async (cx) => {
        cx.spawn(fail);
        await everyWait(cx);
      });
    },
  ],
  [
    "a task that fails and is not joined",
    async (runtime) => {
      runtime.spawn(async () => fail());
      runtime.spawn(fail);
      await idle(runtime);
    },
  ],
  [
    "operations that fail and are not awaited",
    async (runtime) => {
      await runtime.run(async (cx) => {
        void cx.scope(fail);
        void cx.all([fail, fail]);
        void cx.race([fail]);
        void cx.timeout(5, fail);
        void cx.foreign(() => Promise.reject(new Error("foreign")));
        void cx.any([fail]);
        void cx.settle([fail]);
        void cx.retry(fail, { pauseMs: 0 });
        void cx.hedge(fail, { afterMs: 0 });
        void cx.supervise(fail, { maxRestarts: 0 });
        void cx.map([1], { concurrency: 1 }, fail);
        void cx.use({ acquire: fail, release: fail });
        await cx.sleep(5);
      });
    },
  ],
  [
    "a late result of what was cancelled",
    async (runtime) => {
      let reject: (error: unknown) => void = () => undefined;
      const task = runtime.spawn(async (cx) => {
        await cx.foreign(
          () =>
            new Promise((_, fail) => {
              reject = fail;
            }),
        );
      });
      await idle(runtime);
      task.cancel();
      await idle(runtime);
      reject(new Error("late"));
      await task.join();
    },
  ],
];

test.each(PATHS)("%s", async (_, path) => {
  await withRuntime(path, { drainTimeMs: 50 });
  await hostTurn();
  await hostTurn();
  expect(seen).toEqual([]);
});
