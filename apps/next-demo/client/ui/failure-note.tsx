/** A failure that reached React, said to a person. */
import { describeOutcome, type Outcome } from "@asupersync/browser";
import styles from "./failure-note.module.css";

/** Shows `outcome` when it is a failure; a cancellation is none. */
export function FailureNote({ outcome }: { outcome: Outcome<unknown> | undefined }) {
  if (outcome?.kind !== "err" && outcome?.kind !== "panicked") return null;
  return (
    <p className={styles.note} role="alert">
      {describeOutcome(outcome)}
    </p>
  );
}
