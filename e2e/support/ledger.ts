/** The server's ledger of one visit, read past the page: what the server itself says happened. */
import { type APIRequestContext, expect } from "@playwright/test";
import type { LedgerEntry } from "../../apps/next-demo/shared/ledger-entry.js";
import { VISIT_PARAM } from "../../apps/next-demo/shared/visit-param.js";

export type { LedgerEntry };

export class Ledger {
  readonly #request: APIRequestContext;
  readonly #origin: string;
  readonly #visit: string;

  constructor(request: APIRequestContext, origin: string, visit: string) {
    this.#request = request;
    this.#origin = origin;
    this.#visit = visit;
  }

  /** All requests of this visit, oldest first. */
  async entries(): Promise<LedgerEntry[]> {
    const response = await this.#request.get(
      `${this.#origin}/api/ledger?${VISIT_PARAM}=${this.#visit}`,
    );
    return (await response.json()) as LedgerEntry[];
  }

  /** Waits until the server is answering `label`, and has sent at least `bytes` of it. */
  async expectRunning(label: string, bytes = 0): Promise<void> {
    await expect
      .poll(async () => {
        const entry = await this.#latest(label);
        return entry?.outcome === "running" && entry.bytesSent >= bytes;
      })
      .toBe(true);
  }

  /** Waits until the latest request called `label` has ended, and says how. */
  async expectOutcome(label: string, outcome: LedgerEntry["outcome"]): Promise<LedgerEntry> {
    await expect.poll(async () => (await this.#latest(label))?.outcome).toBe(outcome);
    const entry = await this.#latest(label);
    if (entry === undefined) throw new Error(`expected ${label} to stay in the ledger`);
    return entry;
  }

  async #latest(label: string): Promise<LedgerEntry | undefined> {
    return (await this.entries()).findLast((entry) => entry.label === label);
  }
}
