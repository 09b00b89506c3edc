/** Owns the error of a subscriber that was too slow, apart from broadcasts: a page knows it of a worker. */
import { AsupersyncError } from "../errors.js";

/** A subscriber was too slow for a broadcast. Code `LAGGED`. */
export class LaggedError extends AsupersyncError {
  /** Messages that were overwritten before this subscriber had them. */
  readonly missed: number;

  /** @internal */
  constructor(missed: number) {
    super("LAGGED", `a subscriber that missed ${missed}`);
    this.missed = missed;
  }

  static {
    LaggedError.prototype.name = "LaggedError";
  }
}
