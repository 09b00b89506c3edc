/** Owns the error of `cx.any`, apart from it: a page knows the error of a worker that it was thrown in. */
import { AsupersyncError } from "../errors.js";

/** Every body of a `cx.any` failed. Code `ALL_FAILED`. */
export class AllFailedError extends AsupersyncError {
  /** What each body threw, in the order of the bodies. */
  readonly errors: readonly unknown[];

  /** @internal */
  constructor(received: string, errors: readonly unknown[]) {
    super("ALL_FAILED", received);
    this.errors = errors;
  }

  static {
    AllFailedError.prototype.name = "AllFailedError";
  }
}
