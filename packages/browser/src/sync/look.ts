/** Owns the wait for something that a look finds: the latest value, the next message. */
import { nextToken, type Op, type OpRecord, settledOp } from "../op.js";
import type { TaskRecord } from "../task.js";
import { askNow, mustPause, PermitWait, pause, waitFor } from "./ask.js";
import type { Line } from "./line.js";

/** What a look gives that found nothing. */
export const NOTHING: unique symbol = Symbol("nothing");

/** Looks at `subject`. What it throws fails the wait. */
export type Look<S, T> = (subject: S) => T | typeof NOTHING;

/**
 * Waits until `look` finds something. Whoever changes the subject adds a permit to `line` for each that
 * waits, and one who was given a permit looks again.
 */
export function lookOp<S, T>(
  task: TaskRecord,
  line: Line,
  subject: S,
  look: Look<S, T>,
): Op<T> {
  if (mustPause(task)) return pause(task, new LookWait(line, subject, look));
  for (;;) {
    const found = look(subject);
    if (found !== NOTHING) return settledOp(task, found);
    const answer = askNow(task, line, 1, nextToken(task));
    if (answer <= 0) return waitFor(task, answer, new LookWait(line, subject, look));
    // One that somebody was given who left before he heard of it.
    useUp(line, answer);
  }
}

class LookWait<S, T> extends PermitWait {
  readonly #subject: S;
  readonly #look: Look<S, T>;

  constructor(line: Line, subject: S, look: Look<S, T>) {
    super(line, 1);
    this.#subject = subject;
    this.#look = look;
  }

  protected override begin(op: OpRecord): void {
    if (!this.#finds(op)) super.begin(op);
  }

  protected override granted(op: OpRecord, obligation: number): void {
    // Used up, so that it wakes nobody else.
    useUp(this.line, obligation);
    this.begin(op);
  }

  /** What was there before the end is there to be found. */
  protected override refused(op: OpRecord): void {
    if (!this.#finds(op)) super.refused(op);
  }

  #finds(op: OpRecord): boolean {
    const found = this.#look(this.#subject);
    if (found === NOTHING) return false;
    op.fulfil(found);
    return true;
  }
}

function useUp(line: Line, obligation: number): void {
  const answer = line.runtime.port.obligation_commit(obligation);
  if (answer < 0) throw line.refusal(answer);
}
