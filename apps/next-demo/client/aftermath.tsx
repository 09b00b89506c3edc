"use client";
/** What is left of the work after leaving: in the runtime nothing, at the server aborted requests. */
import { withAsupersyncClientBoundary } from "@asupersync/next";
import Link from "next/link";
import { count } from "@/client/count";
import { latestDeparture } from "@/client/departure";
import { LedgerPanel } from "@/client/ledger/ledger-panel";
import { useLedger } from "@/client/ledger/ledger-source";
import { demoRuntime } from "@/client/runtime";
import { TreePanel } from "@/client/tree/tree-panel";
import buttons from "@/client/ui/button.module.css";
import { Column } from "@/client/ui/column";
import { LoadingNote } from "@/client/ui/loading-note";
import styles from "./aftermath.module.css";

function AftermathInBrowser() {
  const hasLeft = latestDeparture() !== undefined;
  return (
    <div className={styles.aftermath}>
      <header className={styles.told}>
        <h1>{hasLeft ? "You left." : "What leaving does."}</h1>
        <p role="status">{useStory()}</p>
        <Link href="/" className={buttons.main}>
          <span aria-hidden="true">←</span> {hasLeft ? "Go back" : "Go to the demo"}
        </Link>
      </header>
      <Column title="The runtime holds">
        <TreePanel />
      </Column>
      <Column title="The server saw">
        <LedgerPanel />
      </Column>
    </div>
  );
}

function useStory(): string {
  const { entries } = useLedger();
  const departure = latestDeparture();
  if (departure === undefined) {
    return "Open the demo, start something slow, and leave it: this page says what became of it.";
  }
  const { tasks, requestIds } = departure;
  const left = entries.filter((entry) => requestIds.includes(entry.id));
  const aborted = left.filter((entry) => entry.outcome === "aborted").length;
  const running = left.filter((entry) => entry.outcome === "running").length;
  const said = `${count(tasks, "task")} and ${count(requestIds.length, "request")} were running when you left.`;
  if (requestIds.length === 0)
    return `${said} Start something slow before you leave to see it end.`;
  if (running > 0) return `${said} The server is still answering ${running}.`;
  return `${said} The server saw ${count(aborted, "connection")} close before it had answered, and stopped.`;
}

export const Aftermath = withAsupersyncClientBoundary(AftermathInBrowser, {
  runtime: demoRuntime,
  fallback: (
    <p className={styles.waiting}>
      <LoadingNote />
    </p>
  ),
});
