/** What is said until the scheduler is there, and to a browser in which it never will be. */
import styles from "./loading-note.module.css";

export function LoadingNote() {
  return (
    <>
      <span className={styles.loading}>Loading the scheduler.</span>
      <noscript>The demo needs JavaScript, which is off in this browser.</noscript>
    </>
  );
}
