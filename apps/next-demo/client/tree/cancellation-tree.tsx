/** The live tree of the runtime: every scope, task and request, with its state in words. */
import { useAsupersyncCancellationTree } from "@asupersync/react";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { rowsOf, type TreeRow } from "@/client/tree/tree-rows";
import { stateText, stateTone, TYPE_WORDS } from "@/client/tree/tree-state";
import { StateChip } from "@/client/ui/state-chip";
import styles from "./cancellation-tree.module.css";

export function CancellationTree() {
  const snapshot = useAsupersyncCancellationTree();
  const rows = useMemo(() => rowsOf(snapshot), [snapshot]);
  const [wantedKey, setWantedKey] = useState<string>();
  const list = useRef<HTMLDivElement>(null);

  // A row that has ended leaves its place in the tab order to the root.
  const current = rows.find((row) => row.key === wantedKey) ?? rows[0];

  const onKeyDown = (event: KeyboardEvent) => {
    const next = current && rowAfterKey(event.key, current, rows);
    if (next === undefined) return;
    event.preventDefault();
    setWantedKey(next.key);
    list.current?.querySelector<HTMLElement>(`[data-key="${next.key}"]`)?.focus();
  };

  return (
    <div
      ref={list}
      role="tree"
      aria-label="Live cancellation tree"
      className={styles.tree}
      onKeyDown={onKeyDown}
    >
      {rows.map((row) => (
        <div
          key={row.key}
          data-key={row.key}
          data-type={row.node.type}
          role="treeitem"
          aria-level={row.level}
          aria-posinset={row.position}
          aria-setsize={row.siblings}
          aria-selected={row === current}
          tabIndex={row === current ? 0 : -1}
          className={styles.row}
          style={{ "--level": row.level - 1 }}
          onFocus={() => setWantedKey(row.key)}
        >
          <span className={styles.type}>{TYPE_WORDS[row.node.type]}</span>{" "}
          <span className={styles.label}>{row.node.label}</span>{" "}
          <StateChip tone={stateTone(row)}>{stateText(row)}</StateChip>
        </div>
      ))}
    </div>
  );
}

/** The row that an arrow key leads to, as the tree pattern of ARIA has it; every row is expanded. */
function rowAfterKey(key: string, from: TreeRow, rows: readonly TreeRow[]): TreeRow | undefined {
  const index = rows.indexOf(from);
  switch (key) {
    case "ArrowDown":
      return rows[index + 1];
    case "ArrowUp":
      return rows[index - 1];
    case "ArrowRight":
      return rows[index + 1]?.parentKey === from.key ? rows[index + 1] : undefined;
    case "ArrowLeft":
      return rows.find((row) => row.key === from.parentKey);
    case "Home":
      return rows[0];
    case "End":
      return rows.at(-1);
    default:
      return undefined;
  }
}
