/** What the tests of workers share: real workers of each host, and clients that are closed with their test. */
import { inject, onTestFinished } from "vitest";
import {
  createWorker,
  type TaskWorker,
  type WorkerFailure,
  type WorkerLike,
  type WorkerOptions,
} from "../../src/worker/worker-client.js";
import type { tasks } from "./fixtures/tasks.worker.js";

export type Tasks = typeof tasks;

/** Makes workers of `node:worker_threads`; undefined in a browser. */
const nodeThreads =
  typeof document === "object"
    ? undefined
    : ((await import(/* @vite-ignore */ "node:worker_threads")) as {
        Worker: new (file: URL | string, options?: object) => WorkerLike;
      });

/** A worker with the tasks of the tests. */
export function tasksWorker(): WorkerLike {
  if (nodeThreads === undefined) {
    return new Worker(new URL("./fixtures/tasks.worker.ts", import.meta.url), { type: "module" });
  }
  return new nodeThreads.Worker(new URL("tasks.worker.mjs", inject("workers")));
}

/** A worker of whatever is at `address`. */
export function workerOf(address: string | URL): WorkerLike {
  if (nodeThreads === undefined) return new Worker(address, { type: "module" });
  return new nodeThreads.Worker(address);
}

/** A worker that runs `source`, in which `post` posts to the page. */
export function rawWorker(source: string): WorkerLike {
  if (nodeThreads === undefined) {
    const script = `const post = (message) => self.postMessage(message);\n${source}`;
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    onTestFinished(() => URL.revokeObjectURL(url));
    return new Worker(url);
  }
  const script = `const { parentPort } = require("node:worker_threads");
    parentPort.ref();
    const post = (message) => parentPort.postMessage(message);
    setInterval(() => undefined, 1e6);
    ${source}`;
  return new nodeThreads.Worker(script, { eval: true });
}

/** A client that its test closes, and the failures that no call was told of. */
export function client(
  make: () => WorkerLike = tasksWorker,
  options: WorkerOptions = {},
): { readonly worker: TaskWorker<Tasks>; readonly failures: WorkerFailure[] } {
  const failures: WorkerFailure[] = [];
  const onFailure = (failure: WorkerFailure): void => void failures.push(failure);
  const worker = createWorker<Tasks>(make, { onFailure, ...options });
  onTestFinished(() => worker.close().then(() => undefined));
  return { worker, failures };
}

/** For what comes with a message: only one that never comes takes so long. */
export const SOON = { timeout: 30_000 } as const;

/** What an outcome failed with. */
export function errorOf(outcome: { readonly kind: string }): unknown {
  return (outcome as { readonly error?: unknown }).error;
}
