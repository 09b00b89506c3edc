/** Owns how a run fails: by its check, by breaking its process or page, or by taking too long. */

/** A run that did not do its work, or not in time. */
export class RunFailure extends Error {
  /** What is to be said of who failed: a slow one may well do its work. */
  verdict = "fails the check";

  /**
   * @param {string} message
   * @param {string} detail With the stack, or what the process printed.
   */
  constructor(message, detail) {
    super(message);
    this.name = "RunFailure";
    this.detail = detail;
  }

  /** @param {number} msMax @param {string} [printed] By its process. */
  static tooSlow(msMax, printed = "") {
    const message = `no answer within ${msMax / 1_000} s`;
    const failure = new RunFailure(message, `${message}\n${printed}`);
    failure.verdict = "too slow";
    return failure;
  }
}
