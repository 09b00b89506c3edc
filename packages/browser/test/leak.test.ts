/** Obligations that a task still holds at its end: told by kind, task and spawn site. */
import { ObligationKindCode } from "@asupersync/browser-core";
import { loadKernelModule } from "@asupersync/browser-core/load";
import { expect, test, vi } from "vitest";
import {
  type AsupersyncError,
  createRuntime,
  type Outcome,
  type Runtime,
  type RuntimeOptions,
  type TaskNode,
  type UnobservedFailure,
} from "../src/index.js";
import { idle } from "./support.js";

const KINDS = {
  "send-permit": ObligationKindCode.sendPermit,
  ack: ObligationKindCode.ack,
  lease: ObligationKindCode.lease,
  io: ObligationKindCode.io,
  "semaphore-permit": ObligationKindCode.semaphorePermit,
  transaction: ObligationKindCode.transaction,
} as const;
type Kind = keyof typeof KINDS;

/** A runtime, and what reserves an obligation of the task with this `id` by the raw call. */
async function withReserve(
  test: (runtime: Runtime, reserve: (id: number, kind: Kind) => number) => Promise<void>,
  options: RuntimeOptions = {},
) {
  const failures: UnobservedFailure[] = [];
  const module = await loadKernelModule();
  const create = vi.spyOn(module, "createKernel");
  const onFailure = (failure: UnobservedFailure): void => void failures.push(failure);
  const runtime = await createRuntime({ seed: 1, onFailure, ...options });
  const kernel = create.mock.results[0]?.value;
  create.mockRestore();
  await test(runtime, (id, kind) => kernel.obligation_reserve(id, KINDS[kind]));
  return { report: await runtime.close(), failures, runtime };
}

test.each(Object.keys(KINDS) as Kind[])(
  "a task that leaks a %s ends panicked, and the report names both",
  async (kind) => {
    let outcome: Outcome<unknown> | undefined;
    const { report, runtime } = await withReserve(async (runtime, reserve) => {
      const task = runtime.spawn(
        async (cx) => {
          await cx.checkpoint();
          reserve(task.id, kind);
        },
        { label: "forgetful" },
      );
      outcome = await task.join();
      const error = await task.result().catch((thrown: unknown) => thrown as AsupersyncError);
      expect(error).toMatchObject({
        code: "OBLIGATION_LEAKED",
        expected: "every obligation kept or taken back before its task ends",
        received: expect.stringMatching(/ still held by "forgetful"$/),
      });
    });
    expect(outcome).toMatchObject({ kind: "panicked", panic: { during: "end" } });
    expect(report).toMatchObject({
      outcome: "violations",
      leaked: [{ kind, label: "forgetful", spawnSite: expect.stringContaining("leak.test") }],
      revoked: [],
    });
    expect(runtime.counters()).toMatchObject({ obligations: 0, obligationsLeaked: 1 });
  },
);

test("a leak that nobody asks about is told once, with the spawn site if they are kept", async () => {
  const { report, failures } = await withReserve(
    async (runtime, reserve) => {
      const task = runtime.spawn((): void => void reserve(task.id, "lease"), { label: "quiet" });
      await idle(runtime);
    },
    { spawnSites: true },
  );
  expect(failures).toMatchObject([{ kind: "leak", label: "quiet" }]);
  expect(failures[0]?.error).toMatchObject({ code: "OBLIGATION_LEAKED" });
  expect(report.leaked[0]?.spawnSite).toContain("leak.test");
});

test("a cancelled task leaks nothing, and a live obligation stands in the tree", async () => {
  const { report } = await withReserve(async (runtime, reserve) => {
    const task = runtime.spawn((cx) => cx.sleep(60_000), { label: "holder" });
    await idle(runtime);
    reserve(task.id, "transaction");
    const holder = runtime.snapshot().root.children[0] as TaskNode;
    expect(holder.children).toEqual([
      { type: "obligation", id: expect.any(Number), label: "transaction", state: "reserved" },
    ]);
    expect(Object.isFrozen(holder.children[0])).toBe(true);
    expect(runtime.counters()).toMatchObject({ obligations: 1 });
    task.cancel();
    expect((await task.join()).kind).toBe("cancelled");
  });
  expect(report).toMatchObject({ outcome: "clean", leaked: [] });
});

test("the report keeps the first hundred leaks", async () => {
  const { report } = await withReserve(async (runtime, reserve) => {
    const ends = Array.from({ length: 120 }, (_, index) => {
      const task = runtime.spawn((): void => void reserve(task.id, "ack"), { label: `n${index}` });
      return task.join();
    });
    await Promise.all(ends);
  });
  expect(report.leaked.length).toBe(100);
  expect(report.leaked[99]?.label).toBe("n99");
});
