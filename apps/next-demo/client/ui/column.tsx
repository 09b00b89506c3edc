/** One of the three columns of the workbench: a heading, perhaps controls, and what belongs to it. */
import { type ReactNode, useId } from "react";
import styles from "./column.module.css";

export interface ColumnProps {
  readonly title: string;
  readonly controls?: ReactNode;
  readonly children: ReactNode;
}

export function Column({ title, controls, children }: ColumnProps) {
  const headingId = useId();
  return (
    <section className={styles.column} aria-labelledby={headingId}>
      <header className={styles.header}>
        <h2 id={headingId}>{title}</h2>
        {controls}
      </header>
      {children}
    </section>
  );
}
