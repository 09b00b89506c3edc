/** Owns what differs between hosts: a worker as its page sees it, and the page as its worker sees it. */
import { invalidArgument } from "../validate.js";

/** A worker: a `Worker` of the browser, or one of `node:worker_threads`. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: never[]): void;
  terminate(): unknown;
}

/** What a page hears of its worker. */
export interface WorkerListener {
  message(data: unknown): void;
  /** It could not be loaded, threw outside of any task, or sent what cannot be read. */
  failed(error: unknown): void;
}

/** Listens to a worker. Returns what takes the listeners back. */
export function listenToWorker(worker: WorkerLike, listener: WorkerListener): () => void {
  const message = (data: unknown): void => listener.message(data);
  const unreadable = (): void => listener.failed(new Error("a message that cannot be read"));
  if (isEventTarget(worker)) {
    const stop = listenAll(worker, {
      message: (event) => message((event as MessageEvent).data),
      messageerror: unreadable,
      error: (event) => {
        // It is told to whoever called; the page's own handlers need not hear of it as well.
        event.preventDefault();
        listener.failed(errorOf(event as ErrorEvent));
      },
    });
    const unwatch = watchTerminate(worker, () => listener.failed(new Error("it was terminated")));
    return () => {
      stop();
      unwatch();
    };
  }
  const failed = (error: unknown): void => listener.failed(error);
  const exited = (code: unknown): void => failed(new Error(`it ended with code ${String(code)}`));
  const emitter = worker as unknown as Emitter;
  const stop = onAll(emitter, {
    message,
    messageerror: unreadable,
    error: failed,
    exit: exited,
  });
  return () => {
    stop();
    // It ends later than it is told to, and Node throws an error that nobody listens to.
    emitter.on("error", () => undefined);
  };
}

/** Browsers do not say that a worker was terminated, so whoever does it says so here. */
function watchTerminate(worker: WorkerLike, terminated: () => void): () => void {
  const { terminate } = worker;
  worker.terminate = () => {
    const result = terminate.call(worker);
    terminated();
    return result;
  };
  return () => {
    worker.terminate = terminate;
  };
}

/** Listens to a port: `lost` when the other side is gone or sent what cannot be read. */
export function listenToPort(
  port: MessagePort,
  message: (data: unknown) => void,
  lost: (error: Error) => void,
): () => void {
  const stop = listenAll(port, {
    message: (event) => message((event as MessageEvent).data),
    messageerror: () => lost(new Error("a message that cannot be read")),
    close: () => lost(new Error("it ended by itself")),
  });
  port.start();
  return stop;
}

/** The page, as seen from inside a worker. */
export interface PageSide {
  post(message: unknown): void;
  /** Returns what takes the listener back. */
  listen(message: (data: unknown) => void): () => void;
  /** Calls `leaving` before the worker ends itself, where its page would not be told. */
  beforeClose(leaving: () => void): void;
}

/** The page of this worker; undefined where no worker is. */
export function pageOfThisWorker(): PageSide | undefined {
  const { DedicatedWorkerGlobalScope: Scope } = globalThis as {
    readonly DedicatedWorkerGlobalScope?: abstract new () => EventTarget;
  };
  if (Scope !== undefined && globalThis instanceof Scope) {
    const scope = globalThis as unknown as EventTarget & WorkerScope;
    return {
      post: (message) => scope.postMessage(message, []),
      listen: (message) =>
        listenAll(scope, { message: (event) => message((event as MessageEvent).data) }),
      beforeClose: (leaving) => {
        const { close } = scope;
        scope.close = () => {
          leaving();
          close.call(scope);
        };
      },
    };
  }
  const port = nodeParentPort();
  if (port === undefined) return undefined;
  return {
    post: (message) => port.postMessage(message, []),
    listen: (message) => onAll(port, { message }),
    beforeClose: () => undefined,
  };
}

interface WorkerScope extends Pick<WorkerLike, "postMessage"> {
  close(): void;
}

/** What tells of events in Node. */
interface Emitter {
  on(event: string, listener: (value: unknown) => void): unknown;
  off(event: string, listener: (value: unknown) => void): unknown;
}

/** An `import` of the module would stand in the bundle of every browser's worker. */
function nodeParentPort(): (Emitter & Pick<WorkerLike, "postMessage">) | undefined {
  const { process } = globalThis as {
    readonly process?: { getBuiltinModule?(id: string): { readonly parentPort?: never } };
  };
  return process?.getBuiltinModule?.("node:worker_threads")?.parentPort ?? undefined;
}

/**
 * Checks what a function that makes a worker gave.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkWorker(value: unknown): asserts value is WorkerLike {
  const { postMessage, terminate } = (value ?? {}) as Partial<WorkerLike>;
  if (typeof postMessage === "function" && typeof terminate === "function") return;
  const mend = 'give new Worker(new URL("./tasks.worker.ts", import.meta.url), { type: "module" })';
  throw invalidArgument(value, "a worker", mend);
}

function isEventTarget(value: object): value is EventTarget {
  return typeof (value as Partial<EventTarget>).addEventListener === "function";
}

function errorOf(event: Partial<ErrorEvent>): Error {
  // An event without a message says that the file could not be loaded, and nothing else.
  if (!event.message) return new Error("its file could not be loaded");
  const place = event.filename ? ` (${event.filename}:${event.lineno}:${event.colno})` : "";
  return new Error(`${event.message}${place}`);
}

function listenAll(
  target: EventTarget,
  listeners: { readonly [event: string]: (event: Event) => void },
): () => void {
  for (const [event, listener] of Object.entries(listeners)) {
    target.addEventListener(event, listener);
  }
  return () => {
    for (const [event, listener] of Object.entries(listeners)) {
      target.removeEventListener(event, listener);
    }
  };
}

function onAll(
  emitter: Emitter,
  listeners: { readonly [event: string]: (value: unknown) => void },
): () => void {
  for (const [event, listener] of Object.entries(listeners)) emitter.on(event, listener);
  return () => {
    for (const [event, listener] of Object.entries(listeners)) emitter.off(event, listener);
  };
}
