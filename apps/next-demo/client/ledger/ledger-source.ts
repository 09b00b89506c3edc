/**
 * The page's copy of the server's ledger, read with a plain `EventSource`.
 *
 * The witness does not use what it witnesses: the list stays when the runtime is closed.
 */
import { useSyncExternalStore } from "react";
import { api } from "@/client/visit";
import type { LedgerEntry } from "@/shared/ledger-entry";

export interface LedgerView {
  readonly connection: "connecting" | "live" | "lost";
  /** Oldest first. */
  readonly entries: readonly LedgerEntry[];
}

const NOTHING_YET: LedgerView = { connection: "connecting", entries: [] };

let view = NOTHING_YET;
let source: EventSource | undefined;
const listeners = new Set<() => void>();

/** The ledger as the server last told it; on the server itself: nothing yet. */
export function useLedger(): LedgerView {
  return useSyncExternalStore(
    subscribe,
    () => view,
    () => NOTHING_YET,
  );
}

/** The requests that the server is answering now, as far as the page knows. */
export function runningRequestIds(): readonly number[] {
  return view.entries.filter((entry) => entry.outcome === "running").map((entry) => entry.id);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  source ??= open();
  return () => {
    listeners.delete(listener);
    // A remount follows its unmount within the microtask: the connection then stays.
    queueMicrotask(closeIfUnused);
  };
}

function open(): EventSource {
  const opened = new EventSource(api("/api/ledger"));
  opened.onmessage = (event: MessageEvent<string>) => {
    show({ connection: "live", entries: JSON.parse(event.data) as LedgerEntry[] });
  };
  // The browser connects again by itself; the page only says that it waits.
  opened.onerror = () => show({ connection: "lost", entries: view.entries });
  return opened;
}

function closeIfUnused(): void {
  if (listeners.size > 0) return;
  source?.close();
  source = undefined;
}

function show(next: LedgerView): void {
  view = next;
  for (const listener of listeners) listener();
}
