/** A promise that is kept once so many bodies have got somewhere: what preparations wait for. */

export class CountDown {
  #left;
  #resolve;

  /** @param {number} count */
  constructor(count) {
    this.#left = count;
    /** @type {Promise<void>} */
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  done() {
    this.#left -= 1;
    if (this.#left === 0) this.#resolve();
  }
}
