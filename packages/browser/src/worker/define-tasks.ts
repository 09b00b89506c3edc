/** Owns `defineTasks`: the tasks of a worker's module, served to the page that made the worker. */
import { ABI_VERSION, openKernelModule } from "@asupersync/browser-core";
import { AsupersyncError } from "../errors.js";
import { decodeRuntimeOptions } from "../runtime.js";
import { RuntimeRecord } from "../runtime-record.js";
import { takeTag } from "../tag.js";
import { checkListener, checkObject } from "../validate.js";
import { type PageSide, pageOfThisWorker } from "./endpoint.js";
import { decodeHello, type FromWorker, type Hello, PROTOCOL_VERSION } from "./protocol.js";
import { TaskServer } from "./server.js";
import type { WorkerTasks } from "./task-types.js";
import { encodeThrown } from "./wire-error.js";

let hasTasks = false;

/**
 * Defines what a worker can do, and serves it to the page that made the worker: a runtime of the worker's
 * own runs each call as a task. Once in a worker's module; the page imports only its type. Anywhere but in
 * a worker it does nothing more than give back what it got.
 *
 * A task has an input, which was cloned or handed over, and a `cx` as any task: it is cancelled when the
 * page's call is, and the page's task ends only when it has drained. What it returns, throws and reports
 * goes back by cloning; of errors the class of the platform's and of ours, `code`, causes and plain
 * properties are kept. Of ours that hold something which lives, such as a response, the name in place of the
 * class.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `WRONG_STATE` when called twice in one worker.
 *
 * @example
 * ```ts
 * export const tasks = defineTasks({
 *   async grey(cx, image: ImageData) {
 *     for (let at = 0; at < image.data.length; at += 4) {
 *       if (at % 65_536 === 0) await cx.checkpoint();
 *       image.data.fill(image.data[at + 1] ?? 0, at, at + 3);
 *     }
 *     return transfer(image, [image.data.buffer]);
 *   },
 * });
 * ```
 */
export function defineTasks<const T extends WorkerTasks>(tasks: T): T {
  checkTasks(tasks);
  const page = pageOfThisWorker();
  if (page === undefined) return tasks;
  if (hasTasks) {
    throw new AsupersyncError("WRONG_STATE", "a second defineTasks", {
      expected: "one defineTasks in a worker",
      mend: "put all tasks of the worker into one object",
    });
  }
  hasTasks = true;
  awaitHello(page, tasks);
  return tasks;
}

function checkTasks(tasks: unknown): void {
  const mend = "pass { name: async (cx, input) => … }";
  checkObject(tasks ?? null, "an object of tasks", mend);
  for (const [name, task] of Object.entries(tasks as WorkerTasks)) {
    checkListener(task, `task ${JSON.stringify(name)}`);
  }
}

function awaitHello(page: PageSide, tasks: WorkerTasks): void {
  const stop = page.listen((message) => {
    try {
      const hello = decodeHello(message, ABI_VERSION);
      if (hello === undefined) return;
      stop();
      serve(hello, tasks).catch((error: unknown) => refuse(page, error));
    } catch (error) {
      refuse(page, error);
    }
  });
  page.beforeClose(() => post(page, { asupersync: true, v: PROTOCOL_VERSION, type: "leaving" }));
  // Only now is the page sure to be heard, however the module was loaded.
  post(page, { asupersync: true, v: PROTOCOL_VERSION, type: "ready" });
}

async function serve(hello: Hello, tasks: WorkerTasks): Promise<void> {
  const setup = decodeRuntimeOptions(hello.options);
  const module = await openKernelModule(() => Promise.resolve(hello.wasm));
  new TaskServer({
    port: hello.port,
    tasks,
    callsMax: hello.callsMax,
    createRuntime: (onFailure) =>
      new RuntimeRecord({ ...setup, onFailure, module, tag: takeTag() }),
  });
}

function refuse(page: PageSide, error: unknown): void {
  const wire = encodeThrown(error);
  post(page, { asupersync: true, v: PROTOCOL_VERSION, type: "refused", error: wire });
}

function post(page: PageSide, message: FromWorker): void {
  page.post(message);
}
