/** What the page on errors shows, run. */
import { expect, test } from "vitest";
import { AsupersyncError, createRuntime, describeCancel } from "../../src/index.js";
import { withRuntime } from "../support.js";

test("codes are tested, cancellation is an outcome", async () => {
  const log: string[] = [];
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) => cx.timeout(20, (cx) => cx.sleep(60_000)));
    if (outcome.kind === "err" && outcome.error instanceof AsupersyncError) {
      const { code, received } = outcome.error;
      log.push(`${code}: ${received}`); // TIMEOUT: no value in 20 ms
    }

    const task = runtime.spawn(async (cx) => {
      try {
        await cx.sleep(60_000);
      } finally {
        log.push("put away");
      }
    });
    await runtime.run((cx) => cx.sleep(1)); // by now it waits
    task.cancel({ message: "superseded" });
    const ended = await task.join();
    if (ended.kind === "cancelled") log.push(describeCancel(ended.cancel)); // user: superseded
  });
  expect(log).toEqual(["TIMEOUT: no value in 20 ms", "put away", "user: superseded"]);
});

test("a failure that nobody asked about is told", async () => {
  const log: string[] = [];
  const app = await createRuntime({
    onFailure: ({ kind, label, error }) => log.push(`${kind} ${label}: ${String(error)}`),
  });
  app.spawn(
    () => {
      throw new Error("no network");
    },
    { label: "poll" },
  );
  await app.run((cx) => cx.sleep(1)); // by now it has failed
  await app.close(); // task poll: Error: no network
  expect(log).toEqual(["task poll: Error: no network"]);
});

test("a missing await is warned of", async () => {
  const log: string[] = [];
  const watched = await createRuntime({
    onWarning: ({ code, label }) => log.push(`${code} in ${label}`),
  });
  await watched.run(
    async (cx) => {
      void cx.sleep(20); // without await: the body goes on at once
    },
    { label: "hasty" },
  );
  await watched.close(); // OP_NOT_AWAITED in hasty
  expect(log).toEqual(["OP_NOT_AWAITED in hasty"]);
});
