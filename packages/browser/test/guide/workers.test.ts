/** What the guide's page on workers shows, run. */
import { createRuntime } from "@asupersync/browser";
import {
  createWorker,
  type TaskWorker,
  transfer,
  type WorkerLike,
} from "@asupersync/browser/worker-client";
import { expect, inject, test } from "vitest";
import { hostTurn } from "../support.js";
import { workerOf } from "../worker/support.js";
import { worker as pageWorker } from "./workers/page.js";
import type { tasks } from "./workers/tasks.worker.js";

// As the guide has it in a browser; Node takes a file that was built.
const make: () => WorkerLike =
  typeof document === "object"
    ? () => new Worker(new URL("./workers/tasks.worker.ts", import.meta.url), { type: "module" })
    : () => workerOf(new URL("guide.worker.mjs", inject("workers")));

async function withWorker(use: (worker: TaskWorker<typeof tasks>) => Promise<void>): Promise<void> {
  await using worker = createWorker<typeof tasks>(make);
  await use(worker);
}

const pixels = () => ({ width: 1, data: Uint8ClampedArray.of(30, 60, 90, 255) });

test("the page's own module", async () => {
  // A worker of the page's kind is there in a browser alone.
  const isPage = typeof document === "object";
  const outcome = isPage ? await pageWorker.run("parse", "a,b\n") : undefined;
  expect(outcome).toEqual(isPage ? { kind: "ok", value: 1 } : undefined);
  expect((await pageWorker.close()).outcome).toBe("clean");
});

test("a call from anywhere", async () => {
  await withWorker(async (worker) => {
    const image = pixels();
    const outcome = await worker.run("grey", transfer(image, [image.data.buffer]), {
      signal: AbortSignal.timeout(20_000),
    });
    if (outcome.kind === "ok") expect(outcome.value.data[0]).toBe(60);
    else throw new Error(outcome.kind);
    expect(image.data.length).toBe(0); // it was handed over
  });
});

test("a call of a task", async () => {
  await using runtime = await createRuntime();
  await withWorker(async (worker) => {
    const image = pixels();
    const task = runtime.spawn(async (cx) => {
      const grey = await worker.call(cx, "grey", image);
      return grey.data;
    });
    expect((await task.result())[2]).toBe(60);
  });
});

test("reports", async () => {
  await using runtime = await createRuntime();
  await withWorker(async (worker) => {
    const text = "a,b\nc,d\n";
    const seen: number[] = [];
    const outcome = await runtime.run(async (cx) => {
      const stream = worker.stream(cx, "parse", text);
      for await (const { row } of stream) seen.push(row);
      return stream.result();
    });
    expect(seen).toEqual([1, 2]);
    expect(outcome).toEqual({ kind: "ok", value: 2 });

    await worker.run("parse", text, { onReport: ({ row }) => seen.push(row) });
    expect(seen).toEqual([1, 2, 1, 2]);
  });
});

test("the end", async () => {
  const failures: unknown[] = [];
  const worker = createWorker<typeof tasks>(make, {
    drainTimeMs: 2_000,
    restart: { max: 3, withinMs: 60_000 },
    onFailure: ({ error }) => failures.push(error),
  });
  await worker.run("parse", "a");
  const report = await worker.close();
  if (report.outcome === "violations") throw new Error(`stuck: ${report.revoked[0]?.label}`);
  await hostTurn();
  expect(failures).toEqual([]);
});
