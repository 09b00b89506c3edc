/** Owns the way from a runtime as users hold it to its record. */
import { AsupersyncError } from "../errors.js";
import type { Runtime } from "../runtime.js";
import { RuntimeRecord } from "../runtime-record.js";
import { describeReceived } from "../validate.js";

/**
 * The record of `runtime`.
 *
 * @throws {AsupersyncError} `FORGED_HANDLE`.
 */
export function recordOf(runtime: Runtime): RuntimeRecord {
  if (runtime instanceof RuntimeRecord) return runtime;
  throw new AsupersyncError("FORGED_HANDLE", describeReceived(runtime), {
    expected: "a runtime that createRuntime gave",
    mend: "pass the runtime itself; a promise of one has to be awaited",
  });
}
