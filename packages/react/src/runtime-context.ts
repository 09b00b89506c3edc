"use client";
/** Owns the context through which a provider's runtime reaches the hooks below it. */
import { createContext, useContext } from "react";
import { AsupersyncReactError } from "./errors.js";
import type { RuntimeStore } from "./runtime-store.js";

export const RuntimeContext = createContext<RuntimeStore | undefined>(undefined);

/**
 * The store of the nearest provider.
 *
 * @throws {AsupersyncReactError} `REACT_PROVIDER_MISSING` when there is none above.
 */
export function useRuntimeStore(): RuntimeStore {
  const store = useContext(RuntimeContext);
  if (store === undefined) {
    throw new AsupersyncReactError({
      code: "REACT_PROVIDER_MISSING",
      expected: "an <AsupersyncProvider> above the component that uses a hook of @asupersync/react",
      received: "none",
      mend: "wrap the tree in <AsupersyncProvider>, or in withAsupersyncClientBoundary of @asupersync/next",
    });
  }
  return store;
}
