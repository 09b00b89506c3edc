/** What a person sees at an address that does not exist. */
import type { Metadata } from "next";
import Link from "next/link";
import styles from "./error.module.css";

export const metadata: Metadata = { title: "Nothing here. Asupersync" };

export default function NotFoundPage() {
  return (
    <main className={styles.main}>
      <h1>There is nothing here.</h1>
      <p>
        <Link href="/">Go to the demo</Link>
      </p>
    </main>
  );
}
