/** Owns what failed among several, in order of time: the first is primary, the rest are suppressed. */
import { OutcomeCode } from "@asupersync/browser-core";
import { type PanicInfo, SUPPRESSED_MAX } from "./outcome.js";
import type { TaskRecord } from "./task.js";

/** The failures of a scope's children, or of a task and its children. */
export class Failures {
  /** The first panic. */
  panic: PanicInfo | undefined = undefined;
  /** What was thrown, earliest first; each thing once. */
  readonly #errors: unknown[] = [];

  /** Notes something thrown. Past the maximum it is dropped: the first is what matters. */
  add(error: unknown): void {
    if (this.#errors.length > SUPPRESSED_MAX || this.#errors.includes(error)) return;
    this.#errors.push(error);
  }

  /** Notes a task that ended `err` or `panicked`. */
  addTask(task: TaskRecord): void {
    if (task.code === OutcomeCode.panicked) this.panic ??= task.value as PanicInfo;
    else this.add(task.value);
  }

  /** Notes all of another's. */
  addAll(others: Failures): void {
    this.panic ??= others.panic;
    this.addErrors(others);
  }

  /** Notes what was thrown among another's, without its panic. */
  addErrors(others: Failures | undefined): void {
    if (others === undefined) return;
    for (const error of others.#errors) this.add(error);
  }

  get isEmpty(): boolean {
    return this.#errors.length === 0;
  }

  /** What was thrown first. */
  get first(): unknown {
    return this.#errors[0];
  }

  /** The others, to be spread into an `err` outcome; nothing if there are none. */
  get rest(): { readonly suppressed?: readonly unknown[] } {
    return this.#errors.length > 1 ? { suppressed: Object.freeze(this.#errors.slice(1)) } : {};
  }
}
