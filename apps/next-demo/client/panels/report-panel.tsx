/** The slow report: it draws itself as its rows arrive, and a button ends it. */
import { useState } from "react";
import { useReport } from "@/client/tasks/report";
import buttons from "@/client/ui/button.module.css";
import { FailureNote } from "@/client/ui/failure-note";
import { Panel } from "@/client/ui/panel";
import { useIsOpen } from "@/client/use-is-open";
import type { ReportRow } from "@/shared/report-row";
import styles from "./report-panel.module.css";

export interface ReportPanelProps {
  /** Which report this is; 0 before the first. */
  readonly run: number;
  readonly source: string;
  onStart(): void;
}

export function ReportPanel({ run, source, onStart }: ReportPanelProps) {
  const [received, setReceived] = useState<Received>({ run: 0, rows: [] });
  const isOpen = useIsOpen();
  const report = useReport(run, (row) =>
    setReceived((before) => ({ run, rows: [...(before.run === run ? before.rows : []), row] })),
  );
  const rows = received.run === run ? received.rows : [];
  const of = rows[0]?.of ?? 52;

  return (
    <Panel
      title="Report"
      hint="Rows arrive for eleven seconds."
      source={source}
      controls={
        report.isRunning ? (
          <button
            type="button"
            className={buttons.cancel}
            onClick={() => report.cancelTask("user")}
          >
            Cancel
          </button>
        ) : (
          <button type="button" className={buttons.main} disabled={!isOpen} onClick={onStart}>
            Make report
          </button>
        )
      }
    >
      <Chart rows={rows} of={of} />
      <progress
        className={styles.progress}
        max={of}
        value={rows.length}
        aria-label="Weeks received"
      />
      <p className={styles.status}>
        <span role="status">{statusOf(report.status)}</span>{" "}
        <span className={styles.weeks}>
          {rows.length} of {of} weeks
        </span>
      </p>
      <FailureNote outcome={report.outcome} />
    </Panel>
  );
}

interface Received {
  readonly run: number;
  readonly rows: readonly ReportRow[];
}

const CALLS_MAX = 160;

/** Decoration: the figures are in the text below it. */
function Chart({ rows, of }: { rows: readonly ReportRow[]; of: number }) {
  return (
    <svg
      className={styles.chart}
      viewBox={`0 0 ${of} 10`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {rows.map((row) => {
        const height = Math.max(0.4, (row.calls / CALLS_MAX) * 10);
        return (
          <rect key={row.week} x={row.week - 0.85} y={10 - height} width={0.7} height={height} />
        );
      })}
    </svg>
  );
}

/** Said aloud only when it changes: the weeks would be said fifty times. */
function statusOf(status: string): string {
  switch (status) {
    case "running":
      return "Receiving.";
    case "cancelled":
      return "Cancelled. The server stopped, too.";
    case "ok":
      return "Complete.";
    case "idle":
      return "Nobody asked for it yet.";
    default:
      return "";
  }
}
