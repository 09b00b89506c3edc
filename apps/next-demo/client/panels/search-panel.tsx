/** The search box: type, and the request of the letter before ends at the server. */

import { useSearch } from "@/client/tasks/search";
import { FailureNote } from "@/client/ui/failure-note";
import { Panel } from "@/client/ui/panel";
import { useIsOpen } from "@/client/use-is-open";
import { QUERY_CHARS_MAX } from "@/shared/element";
import styles from "./search-panel.module.css";

export interface SearchPanelProps {
  readonly query: string;
  readonly source: string;
  /** The box has the focus: whoever is about to type must not be typed over. */
  onTake(): void;
  onQuery(query: string): void;
}

export function SearchPanel({ query, source, onTake, onQuery }: SearchPanelProps) {
  const isOpen = useIsOpen();
  const search = useSearch(query);
  const hits = query === "" ? [] : (search.latest ?? []);

  return (
    <Panel title="Search" hint="Each keystroke cancels the search before it." source={source}>
      <label className={styles.box}>
        <span className="visually-hidden">Search the chemical elements</span>
        <input
          type="search"
          value={query}
          disabled={!isOpen}
          placeholder="Type an element: silver, argon, tin"
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          maxLength={QUERY_CHARS_MAX}
          onFocus={onTake}
          onChange={(event) => onQuery(event.target.value)}
        />
      </label>
      <ul className={styles.hits} aria-label="Elements found" data-stale={search.isRunning}>
        {hits.map((hit) => (
          <li key={hit.number} className={styles.hit}>
            <span className={styles.number}>{hit.number}</span>
            <span className={styles.symbol}>{hit.symbol}</span>
            <span className={styles.name}>{hit.name}</span>
          </li>
        ))}
      </ul>
      <p className={styles.status} role="status">
        {statusOf(query, search.status, hits.length)}
      </p>
      <FailureNote outcome={search.outcome} />
    </Panel>
  );
}

function statusOf(query: string, status: string, hits: number): string {
  if (query === "") return "Waiting for a letter.";
  if (status === "running") return `Asking for “${query}”.`;
  if (status === "cancelled") return `“${query}” was cancelled.`;
  if (status !== "ok") return "";
  return hits === 1 ? `1 element for “${query}”.` : `${hits} elements for “${query}”.`;
}
