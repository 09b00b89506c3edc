"use client";
/** Owns `useAsupersyncCancellationTree`: what runs now, under which scope, and what is being cancelled. */
import type { RuntimeSnapshot } from "@asupersync/browser";
import { useCallback, useSyncExternalStore } from "react";
import { useAsupersyncRuntime } from "./use-runtime.js";

/**
 * The runtime's live tree of scopes, tasks and host operations.
 *
 * Renders at most once a turn of the runtime, and only when something changed. Snapshots are
 * immutable. Until the runtime has loaded, and on the server, the tree is a closed root without
 * children. Making a snapshot is O(live nodes): meant for a panel, not for every component.
 *
 * @throws {AsupersyncReactError} `REACT_PROVIDER_MISSING` without a provider above.
 */
export function useAsupersyncCancellationTree(): RuntimeSnapshot {
  const runtime = useAsupersyncRuntime();
  const subscribe = useCallback(
    (listener: () => void) => runtime?.subscribe(listener) ?? noUnsubscribe,
    [runtime],
  );
  const getSnapshot = useCallback(() => runtime?.snapshot() ?? EMPTY, [runtime]);
  return useSyncExternalStore(subscribe, getSnapshot, getEmpty);
}

const EMPTY: RuntimeSnapshot = {
  revision: 0,
  state: "closed",
  root: { type: "scope", id: 0, label: "root", state: "closed", cancel: undefined, children: [] },
  counts: { tasks: 0, scopes: 0, hostOps: 0, timers: 0 },
};

function getEmpty(): RuntimeSnapshot {
  return EMPTY;
}

function noUnsubscribe(): void {}
