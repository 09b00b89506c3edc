/**
 * Owns that an expectation that failed fails its test, whoever caught what it threw. Much of what the
 * tests expect stands in bodies of tasks, and a runtime makes an outcome of whatever a body throws.
 */
import { afterEach, chai } from "vitest";

/** @type {unknown[]} */
const failed = [];

chai.use((library, utils) => {
  utils.overwriteMethod(library.Assertion.prototype, "assert", (/** @type {Function} */ assert) => {
    /** @this {object} @param {unknown[]} given */
    return function (...given) {
      try {
        return assert.apply(this, given);
      } catch (error) {
        if (utils.flag(this, "poll") !== true) failed.push(error);
        throw error;
      }
    };
  });
});

afterEach(({ task }) => {
  const [first] = failed.splice(0);
  if (first !== undefined && task.result?.errors === undefined) throw first;
});
