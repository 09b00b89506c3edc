/** Owns warnings: misuse that a development build finds, told once for each place in the caller's code. */
import { AsupersyncError, type ErrorCode } from "../errors.js";
import { callerFrames } from "../stack.js";
import type { TaskRecord } from "../task.js";

/** Misuse that nothing fails by, so that nobody would learn of it. Immutable. */
export interface Warning {
  /** Names the page that says what it is and how to mend it. */
  readonly code: ErrorCode;
  /** What was expected, what came, and how to mend it. */
  readonly message: string;
  /** Label of the task that it is about. */
  readonly label: string;
  /** Where in the caller's code: its frames, the innermost first, one a line. */
  readonly site: string | undefined;
}

/** Places remembered, so as not to tell of one twice. Past it nothing more is told. */
const PLACES_MAX = 1_000;

/** Tells warnings, each place once. */
export class Warnings {
  readonly #onWarning: (warning: Warning) => void;
  readonly #told = new Set<string>();

  constructor(onWarning: ((warning: Warning) => void) | undefined) {
    this.#onWarning = onWarning ?? warnOnConsole;
  }

  /**
   * Tells of one thing.
   *
   * @param captured The stack of its place, if it is known.
   */
  tell(code: ErrorCode, task: TaskRecord, received: string, captured: Error | undefined): void {
    const site = captured && callerFrames(captured);
    const place = `${code} ${site?.split("\n", 1)[0] ?? task.label}`;
    if (this.#told.has(place) || this.#told.size >= PLACES_MAX) return;
    this.#told.add(place);
    const { message } = new AsupersyncError(code, received);
    try {
      this.#onWarning(Object.freeze({ code, message, label: task.label, site }));
    } catch (error) {
      // Telling must not break what it tells of, and must not be silent either.
      task.scope.runtime.unobserved.reportListener(error);
    }
  }
}

function warnOnConsole({ message, site }: Warning): void {
  // biome-ignore lint/suspicious/noConsole: it is where people look while they develop.
  console.warn(site === undefined ? message : `${message}\n${site}`);
}
