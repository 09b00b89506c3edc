/** What stands in the workbench's place until the runtime is there: same columns, same heights. */
import { Column } from "@/client/ui/column";
import { LoadingNote } from "@/client/ui/loading-note";
import styles from "./workbench.module.css";

const PANELS = ["search", "race", "report", "runtime"];

export function WorkbenchSkeleton() {
  return (
    <div className={styles.workbench} aria-busy="true">
      <Column title="You act">
        {PANELS.map((panel) => (
          <div key={panel} className={styles.placeholder} />
        ))}
      </Column>
      <Column title="The runtime holds">
        <div className={styles.placeholder}>
          <LoadingNote />
        </div>
      </Column>
      <Column title="The server saw">
        <div className={styles.placeholder} />
      </Column>
    </div>
  );
}
