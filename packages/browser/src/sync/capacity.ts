/** Owns the options of whatever is bounded by a capacity. */
import { checkKeys, checkObject, checkWhole, invalidArgument } from "../validate.js";

/** The most values that a channel or broadcast may have room for: the kernel's own limit. */
const CAPACITY_MAX = 2 ** 31 - 1;

/**
 * Checks the options of a `what`, which must have a capacity, and gives that.
 *
 * @param known The options that there are.
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`.
 */
export function decodeCapacity(
  options: { readonly capacity: number },
  known: readonly string[],
  what: string,
): number {
  const mend = "pass { capacity: 16 }, or what suits the work";
  const expected = `an object as ${what} options`;
  // Nothing is unbounded unasked, so that there is no default.
  if (options === undefined) throw invalidArgument(options, expected, mend);
  checkObject(options, expected, mend);
  checkKeys(options, known, `${what} options`);
  return checkWhole(options.capacity, 1, CAPACITY_MAX, "capacity");
}
