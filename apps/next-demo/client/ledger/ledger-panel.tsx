/** What the server saw: each request of this tab, and how it ended there. */
import { useLedger } from "@/client/ledger/ledger-source";
import { StateChip, type Tone } from "@/client/ui/state-chip";
import type { LedgerEntry } from "@/shared/ledger-entry";
import styles from "./ledger-panel.module.css";

const TONES: Record<LedgerEntry["outcome"], Tone> = {
  running: "active",
  finished: "good",
  aborted: "cancel",
};

export function LedgerPanel() {
  const { connection, entries } = useLedger();
  const count = (outcome: LedgerEntry["outcome"]) =>
    entries.filter((entry) => entry.outcome === outcome).length;

  return (
    <div className={styles.panel}>
      <dl className={styles.counts}>
        <Count name="arrived" value={entries.length} />
        <Count name="finished" value={count("finished")} tone="good" />
        <Count name="aborted" value={count("aborted")} tone="cancel" />
      </dl>
      {connection === "lost" && (
        <p className={styles.note} role="status">
          The server’s list cannot be reached. Trying again.
        </p>
      )}
      {/* A list that scrolls must be reachable by keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the scroll container needs focus to scroll. */}
      <section className={styles.scroll} tabIndex={0} aria-label="Requests, newest first">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Request</th>
              <th scope="col">Outcome</th>
              <th scope="col" className={styles.figure}>
                Time
              </th>
              <th scope="col" className={styles.figure}>
                Sent
              </th>
            </tr>
          </thead>
          <tbody>
            {entries.toReversed().map((entry) => (
              <Row key={entry.id} entry={entry} />
            ))}
          </tbody>
        </table>
        {entries.length === 0 && <p className={styles.empty}>Nothing has arrived yet.</p>}
      </section>
    </div>
  );
}

function Row({ entry }: { entry: LedgerEntry }) {
  return (
    <tr data-outcome={entry.outcome}>
      <th scope="row" className={styles.request}>
        {entry.label}
      </th>
      <td>
        <StateChip tone={TONES[entry.outcome]}>
          {entry.outcome}
          {entry.outcome === "aborted" && <span className={styles.where}> at the server</span>}
        </StateChip>
      </td>
      <td className={styles.figure}>
        {entry.endedAt === undefined ? "…" : formatMs(entry.endedAt - entry.arrivedAt)}
      </td>
      <td className={styles.figure}>{formatBytes(entry.bytesSent)}</td>
    </tr>
  );
}

function Count({ name, value, tone }: { name: string; value: number; tone?: Tone }) {
  return (
    <div className={styles.count} data-tone={tone}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function formatMs(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function formatBytes(bytes: number): string {
  return bytes < 1_000 ? `${bytes} B` : `${(bytes / 1_000).toFixed(1)} kB`;
}
