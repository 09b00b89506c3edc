"use client";
/** Owns `useAsupersyncRuntime`: the runtime of the nearest provider, once it is there. */
import type { Runtime } from "@asupersync/browser";
import { useSyncExternalStore } from "react";
import { useRuntimeStore } from "./runtime-context.js";
import { IDLE_LOAD, type RuntimeLoad } from "./runtime-store.js";

/**
 * The nearest provider's runtime.
 *
 * @returns `undefined` on the server, in the hydrating render, and until the runtime has loaded.
 * @throws {AsupersyncReactError} `REACT_PROVIDER_MISSING` without a provider above.
 */
export function useAsupersyncRuntime(): Runtime | undefined {
  const store = useRuntimeStore();
  return useSyncExternalStore(store.subscribe, store.getSnapshot, getServerLoad).runtime;
}

function getServerLoad(): RuntimeLoad {
  return IDLE_LOAD;
}
