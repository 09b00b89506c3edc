/** Owns the reports of one call that have come to the page and were not taken yet: never more than its window. */

/**
 * A window of reports. The worker may send as many as it was granted; a report that is taken is granted
 * anew, half a window at a time.
 */
export class Inbox {
  /** Reports that the worker may send before it is granted more. */
  readonly window: number;
  /** Called when there is a report to take. */
  onReport: (() => void) | undefined = undefined;
  readonly #grant: (count: number) => void;
  readonly #values: unknown[] = [];
  #state: "keeping" | "dropping" = "keeping";
  /** Reports that may still come. */
  #credit: number;
  /** Taken, and not granted anew yet. */
  #owed = 0;

  constructor(window: number, grant: (count: number) => void) {
    this.window = window;
    this.#credit = window;
    this.#grant = grant;
  }

  /** Takes a report in. False for one more than was granted, which is not kept. */
  accept(value: unknown): boolean {
    if (this.#credit === 0) return false;
    this.#credit -= 1;
    if (this.#state === "dropping") {
      this.#settleUp();
      return true;
    }
    this.#values.push(value);
    this.onReport?.();
    return true;
  }

  /** The oldest report, which is granted anew; undefined if there is none. */
  take(): { readonly value: unknown } | undefined {
    if (this.#values.length === 0) return undefined;
    const value = this.#values.shift();
    this.#settleUp();
    return { value };
  }

  /** Lets go of what is there and of what will come: nobody listens any more. */
  drop(): void {
    this.#state = "dropping";
    for (let count = this.#values.splice(0).length; count > 0; count -= 1) this.#settleUp();
  }

  #settleUp(): void {
    this.#owed += 1;
    if (this.#owed * 2 < this.window) return;
    this.#credit += this.#owed;
    this.#grant(this.#owed);
    this.#owed = 0;
  }
}
