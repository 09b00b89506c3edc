/** Closing the whole runtime, and what its report says; also the task that will not listen. */
import type { CloseReport, Revoked, Runtime } from "@asupersync/browser";
import { useAsupersyncCancellationTree, useAsupersyncRuntime } from "@asupersync/react";
import { useState } from "react";
import { count } from "@/client/count";
import { demoRuntime } from "@/client/runtime";
import { stubborn } from "@/client/tasks/stubborn";
import buttons from "@/client/ui/button.module.css";
import { Panel } from "@/client/ui/panel";
import styles from "./runtime-panel.module.css";

export function RuntimePanel({ source }: { source: string }) {
  const runtime = useAsupersyncRuntime();
  const { state } = useAsupersyncCancellationTree();
  const [report, setReport] = useState<CloseReport>();
  const [stubbornTasks, setStubbornTasks] = useState(0);

  const isOpen = runtime !== undefined && state === "open";
  const close = async (open: Runtime) => setReport(await open.close());
  const startStubborn = (open: Runtime) => {
    open.spawn(stubborn, { label: `stubborn task ${stubbornTasks + 1}` });
    setStubbornTasks(stubbornTasks + 1);
  };

  return (
    <Panel
      title="Runtime"
      hint="Closing it ends everything, and names who would not end."
      source={source}
    >
      <div className={styles.buttons}>
        <button
          type="button"
          className={buttons.plain}
          disabled={!isOpen}
          onClick={() => runtime !== undefined && startStubborn(runtime)}
        >
          Start a stubborn task
        </button>
        {state === "closed" || state === "poisoned" ? (
          <button type="button" className={buttons.main} onClick={() => void demoRuntime.load()}>
            Start the runtime again
          </button>
        ) : (
          <button
            type="button"
            className={buttons.cancel}
            disabled={!isOpen}
            onClick={() => runtime !== undefined && void close(runtime)}
          >
            {state === "closing" ? "Draining…" : "Close the runtime"}
          </button>
        )}
      </div>
      <div className={styles.report} role="status">
        {report === undefined ? <p>The runtime is {state}.</p> : <Report report={report} />}
      </div>
    </Panel>
  );
}

function Report({ report }: { report: CloseReport }) {
  return (
    <>
      <p>
        Closed in {Math.round(report.durationMs)} ms, {count(report.cancelled, "task")} cancelled.{" "}
        {leftBehind(report)}
      </p>
      {report.revoked.length > 0 && (
        <ul className={styles.revoked} aria-label="Revoked">
          {report.revoked.map((revoked, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the report never changes, and labels repeat.
            <li key={index}>
              <strong>{revoked.label}</strong> {whyRevoked(revoked)} and was revoked.
              {revoked.spawnSite !== undefined && <code>{revoked.spawnSite}</code>}
            </li>
          ))}
        </ul>
      )}
      {report.failures.length > 0 && (
        <p role="alert">
          {count(report.failures.length, "failure")}: {report.failures.map(String).join("; ")}
        </p>
      )}
    </>
  );
}

function leftBehind({ outcome, revoked, leaked }: CloseReport): string {
  if (outcome === "clean") return "Nothing was left behind.";
  if (revoked.length > 0) return `${revoked.length} would not end:`;
  return leaked.length > 0 ? `${count(leaked.length, "promise")} leaked.` : "The kernel broke.";
}

function whyRevoked({ state }: Revoked): string {
  return state === "cancel-requested"
    ? "ignored its cancellation"
    : "did not finish its clean-up in time";
}
