/** Owns the error of everything that has a time of its own to be done in. */
import { AsupersyncError } from "./errors.js";

/** `cx.timeout` fired and its body had given no value. Code `TIMEOUT`. */
export class TimeoutError extends AsupersyncError {
  static {
    TimeoutError.prototype.name = "TimeoutError";
  }
}
