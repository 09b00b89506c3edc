/** Owns how a run fails: by its check, by breaking its process or page, or by taking too long. */

/** A run that did not do its work. */
export class RunFailure extends Error {
  /**
   * @param {string} message
   * @param {string} detail With the stack, or what the process printed.
   */
  constructor(message, detail) {
    super(message);
    this.name = "RunFailure";
    this.detail = detail;
  }
}
