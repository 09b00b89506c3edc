/**
 * The server's own list of the requests that arrived, and how each one ended.
 *
 * It is the witness of the page: `finished` means that the last byte was handed over while the
 * connection stood, `aborted` means that the connection was closed before that.
 */
import type { LedgerEntry } from "@/shared/ledger-entry";

/** Enough for dozens of visitors; each entry is under 200 bytes, so the ledger stays under 100 KB. */
export const ENTRIES_MAX = 500;

/** One request on its way: the route that answers it says what happens. The first ending counts. */
export interface OpenEntry {
  sent(bytes: number): void;
  finish(): void;
  abort(): void;
}

interface Ledger {
  nextId: number;
  entries: LedgerEntry[];
  listeners: Set<() => void>;
}

// Each route is bundled on its own, and development reloads modules: only the global object is one.
const holder = globalThis as typeof globalThis & { asupersyncDemoLedger?: Ledger };
holder.asupersyncDemoLedger ??= { nextId: 1, entries: [], listeners: new Set() };
const ledger = holder.asupersyncDemoLedger;

/** Records an arrival. Past {@link ENTRIES_MAX} the oldest entry is forgotten. O(1) amortised. */
export function arrive(visit: string, label: string): OpenEntry {
  const entry: LedgerEntry = {
    id: ledger.nextId++,
    visit,
    label,
    arrivedAt: Date.now(),
    endedAt: undefined,
    outcome: "running",
    bytesSent: 0,
  };
  ledger.entries.push(entry);
  if (ledger.entries.length > ENTRIES_MAX) ledger.entries.shift();
  tell();

  const end = (outcome: "finished" | "aborted") => {
    if (entry.outcome !== "running") return;
    entry.outcome = outcome;
    entry.endedAt = Date.now();
    tell();
  };
  return {
    sent(bytes) {
      entry.bytesSent += bytes;
      tell();
    },
    finish: () => end("finished"),
    abort: () => end("aborted"),
  };
}

/** The entries of one visit, oldest first. O(all entries). */
export function entriesOf(visit: string): LedgerEntry[] {
  return ledger.entries.filter((entry) => entry.visit === visit);
}

/** Calls `listener` after each change, until the returned function is called. */
export function subscribe(listener: () => void): () => void {
  ledger.listeners.add(listener);
  return () => ledger.listeners.delete(listener);
}

function tell(): void {
  for (const listener of ledger.listeners) listener();
}
