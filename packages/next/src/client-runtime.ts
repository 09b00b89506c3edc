/** Owns `createClientRuntime`: a page's runtime, made at module level and opened by the first mount. */
import type { CloseReport, RuntimeOptions } from "@asupersync/browser";
import { createRuntimeStore, type OwnedRuntimeStore, type RuntimeStore } from "@asupersync/react";
import { supersedeEarlier } from "./fast-refresh.js";
import { isServer, refuseServerModule, serverLoadError } from "./server-use.js";

/**
 * A runtime for the life of the page.
 *
 * `load()` opens it, once; `close()` closes it, after which mounted boundaries show their fallback
 * until the next `load()`. On the server both leave everything alone: `load()` rejects with
 * `NEXT_SERVER_USE`, `close()` resolves with `undefined`.
 */
export type ClientRuntime = OwnedRuntimeStore;

/**
 * Makes the page's runtime. Call it at module level of a client file; nothing is loaded or run until
 * a client boundary or a provider with it is mounted in a browser.
 *
 * It outlives navigation, so that the next page need not wait for it; the tasks of a page's components
 * do not. In development, a runtime whose module was run again by Fast Refresh is closed when its last
 * component has left.
 *
 * @throws {AsupersyncNextError} `NEXT_SERVER_USE` when a server component or a route handler calls it.
 */
export function createClientRuntime(options: RuntimeOptions = {}): ClientRuntime {
  refuseServerModule("createClientRuntime");
  const store = createRuntimeStore(options);
  if (isServer) return onServer(store);
  if (process.env.NODE_ENV === "production") return store;
  return closedWhenSuperseded(store, options.label ?? "client runtime");
}

function onServer(store: OwnedRuntimeStore): ClientRuntime {
  return {
    ...store,
    load: () => Promise.reject(serverLoadError()),
    close: async (): Promise<CloseReport | undefined> => undefined,
  };
}

function closedWhenSuperseded(store: OwnedRuntimeStore, label: string): ClientRuntime {
  let users = 0;
  let state: "newest" | "superseded" = "newest";
  const closeIfUnused = () => {
    if (state === "superseded" && users === 0) void store.close();
  };
  supersedeEarlier(label, () => {
    state = "superseded";
    closeIfUnused();
  });
  const subscribe: RuntimeStore["subscribe"] = (listener) => {
    const unsubscribe = store.subscribe(listener);
    users += 1;
    return () => {
      unsubscribe();
      users -= 1;
      // One microtask later, as StrictMode subscribes anew right after it unsubscribed.
      queueMicrotask(closeIfUnused);
    };
  };
  return { ...store, subscribe };
}
