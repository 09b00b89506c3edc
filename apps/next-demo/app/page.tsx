/** The landing page: one sentence on what the kit is, and the kit at work. */
import { Workbench } from "@/client/workbench";
import { sourceExcerpt } from "@/server/source-excerpt";
import type { Sources } from "@/shared/sources";
import styles from "./page.module.css";

export default async function LandingPage() {
  return (
    <main className={styles.main}>
      <header className={styles.intro}>
        <h1>Leave, and the work stops.</h1>
        <p>
          Asupersync gives every async task of a React app an owner. When the owner goes, a Rust
          scheduler in WebAssembly cancels the task, waits for its clean-up, and the request ends at
          the server, too.
        </p>
      </header>
      <Workbench sources={await readSources()} />
    </main>
  );
}

async function readSources(): Promise<Sources> {
  const [search, race, report, stubborn] = await Promise.all([
    sourceExcerpt("search", "useSearch"),
    sourceExcerpt("race", "useRace"),
    sourceExcerpt("report", "useReport"),
    sourceExcerpt("stubborn", "stubborn"),
  ]);
  return { search, race, report, stubborn };
}
