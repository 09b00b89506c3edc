"use client";
/** What a person sees when something broke that no panel could show. */
import buttons from "@/client/ui/button.module.css";
import styles from "./error.module.css";

export default function ErrorPage({ error, reset }: { error: Error; reset: () => void }) {
  return (
    <main className={styles.main} role="alert">
      <h1>This page has failed.</h1>
      <p>{error.message}</p>
      <button type="button" className={buttons.main} onClick={reset}>
        Try again
      </button>
    </main>
  );
}
