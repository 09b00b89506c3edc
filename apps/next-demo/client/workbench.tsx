"use client";
/** The whole live part of the landing page: what you do, what the runtime holds, what the server saw. */
import { withAsupersyncClientBoundary } from "@asupersync/next";
import { useEffect, useState } from "react";
import { LedgerPanel } from "@/client/ledger/ledger-panel";
import { LiveStrip } from "@/client/live-strip";
import { DemonstrationButton } from "@/client/panels/demonstration-button";
import { LeaveLink } from "@/client/panels/leave-link";
import { RacePanel } from "@/client/panels/race-panel";
import { ReportPanel } from "@/client/panels/report-panel";
import { RuntimePanel } from "@/client/panels/runtime-panel";
import { SearchPanel } from "@/client/panels/search-panel";
import { shouldPlayByItself } from "@/client/play-by-itself";
import { demoRuntime } from "@/client/runtime";
import { useDemonstration } from "@/client/tasks/demonstration";
import { TreePanel } from "@/client/tree/tree-panel";
import { Column } from "@/client/ui/column";
import { WorkbenchSkeleton } from "@/client/workbench-skeleton";
import { QUERY_CHARS_MAX } from "@/shared/element";
import type { Sources } from "@/shared/sources";
import styles from "./workbench.module.css";

export interface WorkbenchProps {
  readonly sources: Sources;
}

function WorkbenchInBrowser({ sources }: WorkbenchProps) {
  // Rendered in browsers only, so the address is there: a search can be linked to.
  const [query, setQuery] = useState(queryInAddress);
  const [round, setRound] = useState(0);
  const [run, setRun] = useState(0);
  const [isPlaying, setIsPlaying] = useState(false);

  useDemonstration(isPlaying, {
    type: setQuery,
    startRace: () => setRound((before) => before + 1),
    startReport: () => setRun((before) => before + 1),
    onEnd: () => setIsPlaying(false),
  });
  useEffect(() => {
    if (shouldPlayByItself()) setIsPlaying(true);
  }, []);

  /** Whoever takes a control takes all of them: the demonstration is cancelled. */
  const takeOver = () => setIsPlaying(false);

  return (
    <div className={styles.workbench}>
      <Column
        title="You act"
        controls={
          <>
            <DemonstrationButton isPlaying={isPlaying} onToggle={() => setIsPlaying(!isPlaying)} />
            <LeaveLink />
          </>
        }
      >
        <SearchPanel query={query} source={sources.search} onTake={takeOver} onQuery={setQuery} />
        <RacePanel
          round={round}
          source={sources.race}
          onStart={() => {
            takeOver();
            setRound(round + 1);
          }}
        />
        <ReportPanel
          run={run}
          source={sources.report}
          onStart={() => {
            takeOver();
            setRun(run + 1);
          }}
        />
        <RuntimePanel source={sources.stubborn} />
      </Column>
      <Column title="The runtime holds">
        <TreePanel />
      </Column>
      <Column title="The server saw">
        <LedgerPanel />
      </Column>
      <LiveStrip />
    </div>
  );
}

function queryInAddress(): string {
  return new URLSearchParams(location.search).get("q")?.slice(0, QUERY_CHARS_MAX) ?? "";
}

export const Workbench = withAsupersyncClientBoundary(WorkbenchInBrowser, {
  runtime: demoRuntime,
  fallback: <WorkbenchSkeleton />,
});
