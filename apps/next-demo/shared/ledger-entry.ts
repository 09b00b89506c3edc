/** One line of the server's ledger, as it stands on the server and travels to the page. */
export interface LedgerEntry {
  readonly id: number;
  /** The tab that asked, so that a page shows its own requests only. */
  readonly visit: string;
  readonly label: string;
  /** Wall-clock time of the server, in milliseconds. */
  readonly arrivedAt: number;
  endedAt: number | undefined;
  outcome: "running" | "finished" | "aborted";
  bytesSent: number;
}
