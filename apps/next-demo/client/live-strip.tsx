/** On a phone the tree and the server's list are below the fold: their figures stay in sight here. */
import { useAsupersyncCancellationTree } from "@asupersync/react";
import { useLedger } from "@/client/ledger/ledger-source";
import { StateChip } from "@/client/ui/state-chip";
import styles from "./live-strip.module.css";

export function LiveStrip() {
  const { counts } = useAsupersyncCancellationTree();
  const { entries } = useLedger();
  const aborted = entries.filter((entry) => entry.outcome === "aborted").length;
  const isBusy = counts.tasks > 0;

  return (
    <p className={styles.strip}>
      <StateChip tone={isBusy ? "active" : "quiet"}>tasks {counts.tasks}</StateChip>
      <StateChip tone={isBusy ? "active" : "quiet"}>requests {counts.hostOps}</StateChip>
      <StateChip tone="cancel">aborted at the server {aborted}</StateChip>
    </p>
  );
}
