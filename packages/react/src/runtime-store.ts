/** Owns where a runtime comes from: a store that says how far its loading is, whoever opened it. */
import {
  type CloseReport,
  createRuntime,
  type Runtime,
  type RuntimeOptions,
} from "@asupersync/browser";
import { Store } from "./store.js";

/** How far a runtime's loading is. Immutable; a new object for each change. */
export type RuntimeLoad =
  | { readonly status: "idle"; readonly runtime: undefined; readonly error: undefined }
  | { readonly status: "loading"; readonly runtime: undefined; readonly error: undefined }
  | { readonly status: "ready"; readonly runtime: Runtime; readonly error: undefined }
  | { readonly status: "failed"; readonly runtime: undefined; readonly error: unknown };

/** A runtime that may still have to be loaded. The provider loads it in its first commit, never in render. */
export interface RuntimeStore {
  /** The present state; the same object until it changes. */
  getSnapshot(this: void): RuntimeLoad;
  /** Calls `listener` after each change until the returned function is called. */
  subscribe(this: void, listener: () => void): () => void;
  /** Loads once, however often it is called; after a failure it tries again. Rejects with what failed. */
  load(this: void): Promise<Runtime>;
}

/** A {@link RuntimeStore} that opens its own runtime, and can therefore close it. */
export interface OwnedRuntimeStore extends RuntimeStore {
  /**
   * Closes the runtime: cancels its tasks with `shutdown`, drains, and reports. A runtime that is still
   * loading is closed as soon as it arrives. Never rejects; `undefined` if there was no runtime yet.
   * A later {@link RuntimeStore.load} opens a new one.
   */
  close(this: void): Promise<CloseReport | undefined>;
}

/** What {@link storeOf} accepts. */
export type RuntimeSource = Runtime | PromiseLike<Runtime> | RuntimeStore;

/** Nothing asked for yet; also what the server and the hydrating render see. */
export const IDLE_LOAD: RuntimeLoad = { status: "idle", runtime: undefined, error: undefined };
const LOADING: RuntimeLoad = { status: "loading", runtime: undefined, error: undefined };

/**
 * Makes a store whose first `load()` opens a runtime with `options`. Making it opens nothing.
 *
 * When two loads overlap a `close()`, only the later one's runtime wins; the earlier one is closed as
 * soon as it arrives.
 */
export function createRuntimeStore(options?: RuntimeOptions): OwnedRuntimeStore {
  const store = new Store<RuntimeLoad>(IDLE_LOAD);
  let attempt: Promise<Runtime> | undefined;

  const load = (): Promise<Runtime> => {
    const { runtime } = store.getSnapshot();
    // A runtime that was closed or poisoned behind the store's back is of no use to the next mount.
    const isSpent = runtime !== undefined && runtime.state !== "open";
    if (attempt !== undefined && !isSpent) return attempt;
    const mine: Promise<Runtime> = createRuntime(options).then(
      async (opened) => {
        if (attempt === mine) store.publish(ready(opened));
        else await opened.close();
        return opened;
      },
      (error: unknown) => {
        if (attempt === mine) {
          attempt = undefined;
          store.publish(failed(error));
        }
        throw error;
      },
    );
    attempt = mine;
    // The snapshot carries the failure; a caller that does not await `load()` need not catch it.
    mine.catch(() => undefined);
    store.publish(LOADING);
    return mine;
  };

  const close = async (): Promise<CloseReport | undefined> => {
    const { runtime } = store.getSnapshot();
    attempt = undefined;
    store.publish(IDLE_LOAD);
    return runtime?.close();
  };

  return { getSnapshot: store.getSnapshot, subscribe: store.subscribe, load, close };
}

const stores = new WeakMap<object, RuntimeStore>();

/** The store for `source`: itself if it is one, else one made for that runtime or promise and kept with it. */
export function storeOf(source: RuntimeSource): RuntimeStore {
  if ("load" in source) return source;
  let store = stores.get(source);
  if (store === undefined) {
    store = "then" in source ? storeOfPromise(source) : storeOfRuntime(source);
    stores.set(source, store);
  }
  return store;
}

function storeOfRuntime(runtime: Runtime): RuntimeStore {
  const snapshot = ready(runtime);
  return {
    getSnapshot: () => snapshot,
    subscribe: () => () => undefined,
    load: async () => runtime,
  };
}

function storeOfPromise(promise: PromiseLike<Runtime>): RuntimeStore {
  const store = new Store<RuntimeLoad>(IDLE_LOAD);
  let attempt: Promise<Runtime> | undefined;
  const load = (): Promise<Runtime> => {
    if (attempt !== undefined) return attempt;
    attempt = Promise.resolve(promise);
    attempt.then(
      (runtime) => store.publish(ready(runtime)),
      (error: unknown) => store.publish(failed(error)),
    );
    store.publish(LOADING);
    return attempt;
  };
  return { getSnapshot: store.getSnapshot, subscribe: store.subscribe, load };
}

function ready(runtime: Runtime): RuntimeLoad {
  return { status: "ready", runtime, error: undefined };
}

function failed(error: unknown): RuntimeLoad {
  return { status: "failed", runtime: undefined, error };
}
