/**
 * What a careful team would write on top of the nursery: all of many bodies, a bounded map, and a
 * timeout. Each owns its branches and settles only when they have ended, like `Task.race`.
 */

import { CancelledError } from "./nursery.mjs";

const FAILED_TOGETHER = new CancelledError("another branch failed");
const OUT_OF_TIME = new CancelledError("out of time");

/** What a timeout that fired rejects with, unless its body gave a value all the same. */
export class TimeoutError extends Error {
  constructor() {
    super("out of time");
    this.name = "TimeoutError";
  }
}

/**
 * Resolves with the values of all bodies; the first failure cancels the others.
 *
 * @param {import("./nursery.mjs").Task} owner
 * @param {readonly import("./nursery.mjs").Body[]} bodies
 * @returns {Promise<unknown[]>}
 */
export function all(owner, bodies) {
  if (bodies.length === 0) return Promise.resolve([]);
  return new Promise((resolve, reject) => new Group(resolve, reject).start(owner, bodies));
}

/**
 * Resolves with what `body` gives for each item, in their order, at most `limit` of them at a time:
 * so many workers take one item after another. The first failure cancels the others.
 *
 * @template I, T
 * @param {import("./nursery.mjs").Task} owner
 * @param {readonly I[]} items
 * @param {number} limit
 * @param {(task: import("./nursery.mjs").Task, item: I) => Promise<T>} body
 * @returns {Promise<T[]>}
 */
export async function map(owner, items, limit, body) {
  const values = new Array(items.length);
  let next = 0;
  const worker = async (task) => {
    while (next < items.length) {
      const index = next;
      next += 1;
      values[index] = await body(task, items[index]);
    }
  };
  await all(owner, new Array(Math.min(limit, items.length)).fill(worker));
  return values;
}

/**
 * Settles like `body`, which is cancelled after `durationMs`; then it rejects with `TimeoutError`.
 *
 * @param {import("./nursery.mjs").Task} owner
 * @param {number} durationMs
 * @param {import("./nursery.mjs").Body} body
 */
export function timeout(owner, durationMs, body) {
  return new Promise((resolve, reject) =>
    new Timeout(resolve, reject).start(owner, durationMs, body),
  );
}

/** Supervises the branches of one `all`. */
class Group {
  constructor(resolve, reject) {
    this.resolve = resolve;
    this.reject = reject;
    /** @type {import("./nursery.mjs").Task[]} */
    this.branches = [];
    this.liveBranches = 0;
    /** @type {import("./nursery.mjs").Outcome | undefined} The first end without a value. */
    this.failure = undefined;
  }

  start(owner, bodies) {
    // One more than there are, so that none that ends at once settles it before all have started.
    this.liveBranches = 1;
    for (const body of bodies) {
      if (this.failure !== undefined) break;
      this.liveBranches += 1;
      this.branches.push(owner.start(body, this));
    }
    this.oneLess();
  }

  childEnded(_branch, outcome) {
    if (outcome.kind !== "ok" && this.failure === undefined) {
      this.failure = outcome;
      for (const branch of this.branches) branch.cancel(FAILED_TOGETHER);
    }
    this.oneLess();
  }

  oneLess() {
    this.liveBranches -= 1;
    if (this.liveBranches > 0) return;
    if (this.failure !== undefined) this.reject(this.failure.error);
    else this.resolve(Promise.all(this.branches.map(valueFrom)));
  }
}

/** @param {import("./nursery.mjs").Task} branch */
async function valueFrom(branch) {
  return (await branch.join()).value;
}

/** Supervises the body of one timeout. */
class Timeout {
  constructor(resolve, reject) {
    this.resolve = resolve;
    this.reject = reject;
    /** @type {import("./nursery.mjs").Task | undefined} */
    this.branch = undefined;
    this.timer = undefined;
    this.hasFired = false;
  }

  start(owner, durationMs, body) {
    this.timer = setTimeout(fireTimeout, durationMs, this);
    this.branch = owner.start(body, this);
  }

  childEnded(_branch, outcome) {
    clearTimeout(this.timer);
    if (outcome.kind === "ok") this.resolve(outcome.value);
    else if (outcome.kind === "cancelled" && this.hasFired) this.reject(new TimeoutError());
    else this.reject(outcome.error);
  }
}

/** @param {Timeout} timeout */
function fireTimeout(timeout) {
  timeout.hasFired = true;
  timeout.branch.cancel(OUT_OF_TIME);
}
