// Prints one line for each set-up step, with its time, and the way out when a step cannot be done.

/** A step that cannot be done here; `remedy` tells the reader what to do about it. */
export class SetupError extends Error {
  /** @param {string} message @param {string} remedy */
  constructor(message, remedy) {
    super(message);
    this.name = "SetupError";
    this.remedy = remedy;
  }
}

/** A step shorter than this needs no line that says what the wait is for. */
const NOTE_AFTER_MS = 1_000;

/**
 * Runs one step and prints how it went.
 *
 * @template T
 * @param {string} name
 * @param {(note: (text: string) => void) => Promise<{ done: string, value: T }>} work Calls `note`
 *   with what it is about to do; that is printed when it turns out to take a while.
 * @returns {Promise<T>}
 */
export async function step(name, work) {
  const start = performance.now();
  const label = name.padEnd(13);
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @param {string} text */
  const note = (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => console.log(`  … ${label} ${text}`), NOTE_AFTER_MS);
  };
  try {
    const { done, value } = await work(note);
    console.log(`  ✓ ${label} ${done} (${seconds(performance.now() - start)})`);
    return value;
  } catch (error) {
    console.log(`  ✗ ${label} failed (${seconds(performance.now() - start)})`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** @param {unknown} error Anything thrown by {@link step}. Prints it for a person. */
export function explain(error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`\n${error.message}\n\nWhat to do: ${error.remedy}\n`);
}

/** @param {number} durationMs @returns {string} Such as `0.4 s` or `2 min 05 s`. */
export function seconds(durationMs) {
  const total = durationMs / 1000;
  if (total < 60) return `${total.toFixed(1)} s`;
  const rest = Math.round(total % 60);
  return `${Math.floor(total / 60)} min ${String(rest).padStart(2, "0")} s`;
}

/** @param {string} output @returns {string} The last lines, where programs say what went wrong. */
export function tail(output) {
  return output.trimEnd().split("\n").slice(-30).join("\n");
}
