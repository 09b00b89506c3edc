/** The tasks that ended last, because most are gone before an eye can find them. */
import type { RuntimeSnapshot, TaskNode } from "@asupersync/browser";
import { useAsupersyncCancellationTree } from "@asupersync/react";
import { useState } from "react";
import { rowsOf } from "@/client/tree/tree-rows";
import { StateChip } from "@/client/ui/state-chip";
import styles from "./ended-list.module.css";

const ENDED_MAX = 7;

export function EndedList() {
  const snapshot = useAsupersyncCancellationTree();
  const [seen, setSeen] = useState(snapshot);
  const [ended, setEnded] = useState<readonly TaskNode[]>([]);

  // Derived from two snapshots while rendering, so that no revision is shown without its endings.
  if (seen !== snapshot) {
    setSeen(snapshot);
    setEnded([...endedBetween(seen, snapshot), ...ended].slice(0, ENDED_MAX));
  }

  return (
    <ol className={styles.list} aria-label="Tasks that ended last, newest first">
      {ended.map((task) => (
        <li key={task.id}>
          <span className={styles.label}>{task.label}</span>
          <StateChip tone={task.cancel === undefined ? "good" : "cancel"}>
            {task.cancel === undefined ? "ended" : `cancelled, ${task.cancel}`}
          </StateChip>
        </li>
      ))}
      {ended.length === 0 && <li className={styles.none}>Nothing has ended yet.</li>}
    </ol>
  );
}

function endedBetween(before: RuntimeSnapshot, after: RuntimeSnapshot): TaskNode[] {
  const alive = new Set(rowsOf(after).map((row) => row.key));
  return rowsOf(before)
    .filter((row) => !alive.has(row.key))
    .map((row) => row.node)
    .filter((node) => node.type === "task");
}
