/** What Node's own functions make of a signal of ours: the errors that their users look for. */
import { EventEmitter, once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Cx } from "../../src/index.js";
import { idle, withRuntime } from "../support.js";

/** Runs `work` on the signal of a task that is cancelled, and gives what it was rejected with. */
async function rejection(work: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> {
  let error: unknown;
  await withRuntime(async (runtime) => {
    const task = runtime.spawn(async (cx: Cx) => {
      try {
        await work(cx.signal);
      } catch (caught) {
        error = caught;
        throw caught;
      }
    });
    await idle(runtime);
    task.cancel({ message: "enough" });
    expect(await task.join()).toMatchObject({ kind: "cancelled", cancel: { message: "enough" } });
  });
  return error;
}

const NODES = { name: "AbortError", code: "ABORT_ERR" };

test("timers/promises rejects with Node's AbortError, whose cause is the reason", async () => {
  const error = await rejection((signal) => wait(60_000, undefined, { signal }));
  expect(error).toMatchObject({ ...NODES, cause: { name: "AbortError" } });
});

test("events.once does the same, and takes its listener away", async () => {
  const emitter = new EventEmitter();
  const error = await rejection((signal) => once(emitter, "never", { signal }));
  expect(error).toMatchObject({ ...NODES, cause: { name: "AbortError" } });
  expect(emitter.listenerCount("never")).toBe(0);
});
