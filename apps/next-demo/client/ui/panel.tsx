/** The frame of one thing to try: a heading, its controls, and the source behind a button. */
import { type ReactNode, useId, useState } from "react";
import buttons from "@/client/ui/button.module.css";
import { Snippet } from "@/client/ui/snippet";
import styles from "./panel.module.css";

export interface PanelProps {
  readonly title: string;
  readonly hint: string;
  /** The panel's own source, shown on demand. */
  readonly source?: string | undefined;
  readonly controls?: ReactNode;
  readonly children: ReactNode;
}

export function Panel({ title, hint, source, controls, children }: PanelProps) {
  const headingId = useId();
  const sourceId = useId();
  const [isSourceShown, setIsSourceShown] = useState(false);

  return (
    <section className={styles.panel} aria-labelledby={headingId}>
      <header className={styles.header}>
        <h3 id={headingId}>{title}</h3>
        <p className={styles.hint}>{hint}</p>
        <div className={styles.controls}>
          {controls}
          {source !== undefined && (
            <button
              type="button"
              className={buttons.quiet}
              aria-expanded={isSourceShown}
              aria-controls={sourceId}
              aria-label={`Source of “${title}”`}
              onClick={() => setIsSourceShown(!isSourceShown)}
            >
              {"{ }"}
            </button>
          )}
        </div>
      </header>
      {source !== undefined && (
        <div id={sourceId} hidden={!isSourceShown}>
          <Snippet source={source} label={`Source of “${title}”`} />
        </div>
      )}
      {children}
    </section>
  );
}
