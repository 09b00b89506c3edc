/** Owns what follows an operation: the callbacks of one `then`, and a promise only if asked for. */
import { CancelledError } from "./cancel.js";

/** A callback of `then`, its types forgotten. */
export type Callback = (value: unknown) => unknown;

type Settle = (isFulfilled: boolean, value: unknown) => void;

/** One `then`. Made for every `await`, so it makes a promise only when somebody looks at one. */
export class Reaction {
  /** The next reaction to the same operation. */
  after: Reaction | undefined;
  private readonly onFulfilled: Callback | undefined;
  private readonly onFailed: Callback | undefined;
  private state: "pending" | "fulfilled" | "failed";
  /** What the callback gave or threw. */
  private value: unknown;
  private derived: Promise<unknown> | undefined;
  private settle: Settle | undefined;

  constructor(onFulfilled?: Callback, onFailed?: Callback) {
    this.after = undefined;
    this.onFulfilled = onFulfilled;
    this.onFailed = onFailed;
    this.state = "pending";
    this.value = undefined;
    this.derived = undefined;
    this.settle = undefined;
  }

  /** The last reaction of the list that starts here. */
  last(): Reaction {
    let last: Reaction = this;
    while (last.after !== undefined) last = last.after;
    return last;
  }

  /** Calls the callback, and passes on what comes of it. Never throws. */
  run(isFulfilled: boolean, value: unknown): void {
    const callback = isFulfilled ? this.onFulfilled : this.onFailed;
    if (callback === undefined) {
      this.pass(isFulfilled, value);
      return;
    }
    try {
      this.pass(true, callback(value));
    } catch (error) {
      this.pass(false, error);
    }
  }

  /** What the callback gives, as a promise. */
  promise(): Promise<unknown> {
    if (this.derived === undefined) {
      this.derived = new Promise((resolve, reject) => {
        this.settle = (isFulfilled, value) => (isFulfilled ? resolve(value) : reject(value));
      });
      if (this.state !== "pending") this.settle?.(this.state === "fulfilled", this.value);
    }
    return this.derived;
  }

  // biome-ignore lint/suspicious/noThenProperty: it stands for the promise.
  then(onFulfilled?: Callback | null, onFailed?: Callback | null): Promise<unknown> {
    return this.promise().then(onFulfilled, onFailed);
  }

  catch(onFailed?: Callback | null): Promise<unknown> {
    return this.promise().catch(onFailed);
  }

  finally(onSettled?: (() => void) | null): Promise<unknown> {
    return this.promise().finally(onSettled);
  }

  private pass(isFulfilled: boolean, value: unknown): void {
    this.state = isFulfilled ? "fulfilled" : "failed";
    this.value = value;
    if (isFulfilled) {
      this.settle?.(true, value);
      return;
    }
    // A failure that nobody takes is to be seen; a cancellation that nobody takes is no failure.
    const promise = this.promise();
    if (value instanceof CancelledError) promise.catch(ignore);
    this.settle?.(false, value);
  }
}

/** Runs `reaction` in a microtask: a callback is never called before `then` has returned. */
export function runLater(reaction: Reaction, isFulfilled: boolean, value: unknown): void {
  void RESOLVED.then(() => reaction.run(isFulfilled, value));
}

/** For its microtasks: in Node `queueMicrotask` costs ten times as much. */
const RESOLVED = Promise.resolve();

const ignore = (): void => undefined;
