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
 *
 * @param end What is found once the line is closed and a look finds nothing; else the wait then fails.
 */
export function lookOp<S, T>(
  task: TaskRecord,
  line: Line,
  subject: S,
  look: Look<S, T>,
  end?: T,
): Op<T> {
  if (mustPause(task)) return pause(task, new LookWait(line, subject, look, end));
  for (;;) {
    const found = look(subject);
    if (found !== NOTHING) return settledOp(task, found);
    const answer = askNow(task, line, 1, nextToken(task));
    if (end !== undefined && line.isEnd(answer)) return settledOp(task, end);
    if (answer <= 0) return waitFor(task, answer, new LookWait(line, subject, look, end));
    // One that somebody was given who left before he heard of it.
    line.commit(answer);
  }
}

class LookWait<S, T> extends PermitWait {
  readonly #subject: S;
  readonly #look: Look<S, T>;
  readonly #end: T | undefined;

  constructor(line: Line, subject: S, look: Look<S, T>, end: T | undefined) {
    super(line, 1);
    this.#subject = subject;
    this.#look = look;
    this.#end = end;
  }

  protected override begin(op: OpRecord): void {
    if (!this.#finds(op)) super.begin(op);
  }

  protected override granted(op: OpRecord, obligation: number): void {
    // Used up, so that it wakes nobody else.
    this.line.commit(obligation);
    this.begin(op);
  }

  /** What was there before the end is there to be found. */
  protected override refused(op: OpRecord): void {
    if (this.#finds(op)) return;
    if (this.#end === undefined) super.refused(op);
    else op.fulfil(this.#end);
  }

  #finds(op: OpRecord): boolean {
    const found = this.#look(this.#subject);
    if (found === NOTHING) return false;
    op.fulfil(found);
    return true;
  }
}
