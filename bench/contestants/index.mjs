/** The list of contestants, and what a contestant is. */

/**
 * A contestant's module exports `open()`, which does everything that is not to be timed and
 * resolves with its runner. The runner's two methods do a plan in the contestant's own idiom, with
 * bodies that write down what they did; each must look the way a user of it would write it.
 *
 * @typedef {import("../workloads/index.mjs").Plan} Plan
 * @typedef {import("../workloads/index.mjs").Tally} Tally
 * @typedef {object} ContestantRunner
 * @property {(plan: Plan, tally: Tally) => Promise<void>} tasks
 * @property {(plan: Plan, tally: Tally) => Promise<void>} races
 * @property {() => void} tidy Called untimed after each run: drops what the run left behind.
 * @property {() => Promise<void>} close
 *
 * @typedef {object} Contestant
 * @property {string} id
 * @property {string} title
 * @property {boolean} drains Whether its races wait for the losers. Plain promises cannot.
 * @property {boolean} needsSdk Whether the packages have to be built first.
 * @property {() => Promise<{ open(): Promise<ContestantRunner> }>} load
 */

/** @type {readonly Contestant[]} */
export const contestants = [
  {
    id: "asupersync-generator",
    title: "asupersync, generators",
    drains: true,
    needsSdk: true,
    load: () => import("./asupersync-generator.mjs"),
  },
  {
    id: "asupersync-async",
    title: "asupersync, async bodies",
    drains: true,
    needsSdk: true,
    load: () => import("./asupersync-async.mjs"),
  },
  {
    id: "nursery",
    title: "hand-written nursery",
    drains: true,
    needsSdk: false,
    load: () => import("./nursery.mjs"),
  },
  {
    id: "promises",
    title: "plain promises",
    drains: false,
    needsSdk: false,
    load: () => import("./promises.mjs"),
  },
];
