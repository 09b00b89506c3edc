/** The tree with its figures above it and the endings below it. */
import { useAsupersyncCancellationTree } from "@asupersync/react";
import { CancellationTree } from "@/client/tree/cancellation-tree";
import { EndedList } from "@/client/tree/ended-list";
import styles from "./tree-panel.module.css";

export function TreePanel() {
  const { counts, state } = useAsupersyncCancellationTree();
  const figures = { tasks: counts.tasks, scopes: counts.scopes, requests: counts.hostOps };

  return (
    <div className={styles.panel}>
      <dl className={styles.figures}>
        {Object.entries(figures).map(([name, value]) => (
          <div key={name} className={styles.figure}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div className={styles.figure} data-state={state}>
          <dt>runtime</dt>
          <dd>{state}</dd>
        </div>
      </dl>
      <div className={styles.scroll}>
        <CancellationTree />
      </div>
      <h3 className={styles.heading}>Ended last</h3>
      <EndedList />
    </div>
  );
}
