"use client";
/** Owns `useAsupersyncScope`: a scope that lives as long as the component is on the page. */
import type { Scope, ScopeOptions } from "@asupersync/browser";
import { useEffect, useState, useSyncExternalStore } from "react";
import { ScopeOwner } from "./scope-owner.js";
import { useAsupersyncRuntime } from "./use-runtime.js";

/**
 * A scope of the component's own, for work that event handlers start.
 *
 * It is opened in the component's first commit. When the component is unmounted or hidden by an
 * `Activity`, it is cancelled with kind `unmount` and closed; shown again, there is a new one. Another
 * `label` or `policy` opens a new scope and cancels the old one as superseded.
 *
 * @param options Policy is `collect-all` unless asked otherwise: a component's scope outlives one
 * failed task.
 * @returns `undefined` on the server, until the first commit, and when the runtime is not open.
 * @throws {AsupersyncReactError} `REACT_PROVIDER_MISSING` without a provider above.
 */
export function useAsupersyncScope(options: ScopeOptions = {}): Scope | undefined {
  const { label, policy = "collect-all" } = options;
  const runtime = useAsupersyncRuntime();
  const [owner] = useState(() => new ScopeOwner());
  useEffect(() => {
    if (runtime === undefined) return undefined;
    return owner.hold(runtime, label === undefined ? { policy } : { label, policy });
  }, [owner, runtime, label, policy]);
  return useSyncExternalStore(owner.subscribe, owner.getSnapshot, getNoScope);
}

function getNoScope(): undefined {
  return undefined;
}
