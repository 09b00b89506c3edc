/** A few lines of the demo's own source, with just enough colour to read them by. */
import styles from "./snippet.module.css";

// One alternative a kind of word; what matches none of them keeps the plain colour.
const WORDS =
  /(?<comment>\/\/[^\n]*)|(?<string>"[^"\n]*"|`[^`]*`)|(?<cx>\bcx\b(?:\.\w+)?)|(?<keyword>\b(?:async|await|const|export|for|function|if|let|new|of|return)\b)/g;

export function Snippet({ source, label }: { source: string; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the scroll container needs focus to scroll.
    <section className={styles.snippet} tabIndex={0} aria-label={label}>
      <pre>
        {wordsOf(source).map((word) => (
          <span key={word.at} className={word.kind && styles[word.kind]}>
            {word.text}
          </span>
        ))}
      </pre>
    </section>
  );
}

interface Word {
  readonly at: number;
  readonly text: string;
  readonly kind: string | undefined;
}

function wordsOf(source: string): Word[] {
  const words: Word[] = [];
  let end = 0;
  for (const match of source.matchAll(WORDS)) {
    const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0];
    words.push({ at: end, text: source.slice(end, match.index), kind: undefined });
    words.push({ at: match.index, text: match[0], kind });
    end = match.index + match[0].length;
  }
  words.push({ at: end, text: source.slice(end), kind: undefined });
  return words.filter((word) => word.text !== "");
}
