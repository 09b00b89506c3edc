/** A state, told by its word first and by a colour and a shape beside it. */
import type { ReactNode } from "react";
import styles from "./state-chip.module.css";

export type Tone = "quiet" | "active" | "good" | "cancel" | "bad";

export function StateChip({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={styles.chip} data-tone={tone}>
      {children}
    </span>
  );
}
