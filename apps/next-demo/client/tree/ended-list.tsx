/** The tasks that ended last, because most are gone before an eye can find them. */
import type { RuntimeSnapshot } from "@asupersync/browser";
import { useAsupersyncCancellationTree } from "@asupersync/react";
import { useState } from "react";
import { rowsOf, type TreeRow } from "@/client/tree/tree-rows";
import { causeText } from "@/client/tree/tree-state";
import { StateChip } from "@/client/ui/state-chip";
import styles from "./ended-list.module.css";

const ENDED_MAX = 7;

export function EndedList() {
  const snapshot = useAsupersyncCancellationTree();
  const [seen, setSeen] = useState(snapshot);
  const [ended, setEnded] = useState<readonly TreeRow[]>([]);

  // Derived from two snapshots while rendering, so that no revision is shown without its endings.
  if (seen !== snapshot) {
    setSeen(snapshot);
    setEnded([...endedBetween(seen, snapshot), ...ended].slice(0, ENDED_MAX));
  }

  return (
    <ol className={styles.list} aria-label="Tasks that ended last, newest first">
      {ended.map(({ key, node, cause }) => (
        <li key={key}>
          <span className={styles.label}>{node.label}</span>
          {cause === undefined ? (
            <StateChip tone="good">ended</StateChip>
          ) : (
            <StateChip tone="cancel">
              <span>
                cancelled<span className={styles.cause}>, {causeText(cause)}</span>
              </span>
            </StateChip>
          )}
        </li>
      ))}
      {ended.length === 0 && <li className={styles.none}>Nothing has ended yet.</li>}
    </ol>
  );
}

function endedBetween(before: RuntimeSnapshot, after: RuntimeSnapshot): TreeRow[] {
  const alive = new Set(rowsOf(after).map((row) => row.key));
  return rowsOf(before).filter((row) => row.node.type === "task" && !alive.has(row.key));
}
