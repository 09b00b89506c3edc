/** The list of contestants, and what a contestant is. */

/**
 * A contestant's module exports `open()`, which does everything that is not to be timed and
 * resolves with its runner. The runner has an async method for each workload that the contestant can
 * do (`method` of the workload): it does the plan in the contestant's own idiom, as its docs teach
 * it, and its bodies write down in the tally what they did. Each must look the way a user of the
 * library would write it. What the tally's numbers mean is told where the workload makes one, and
 * the functions `note...` beside it are for all to write them alike.
 *
 * A method may resolve with a function: then all before was preparation, and only that async
 * function is timed. `deepTree`, `wideCancel` and `parked` do.
 *
 * The file `first` exports `firstTask()`, which loads what the library needs beyond its code, runs one
 * task of it and resolves with the task's value, `FIRST_VALUE` of `workloads/first-task.mjs`. It
 * imports no more than that; the harness bundles it.
 *
 * @typedef {import("../workloads/index.mjs").Plan} Plan
 * @typedef {import("../workloads/index.mjs").Tally} Tally
 * @typedef {import("../workloads/index.mjs").Method} Method
 * @typedef {(plan: Plan, tally: Tally) => Promise<void | (() => Promise<void>)>} Work
 *
 * @typedef {Partial<Record<Method, Work>> & {
 *   tidy(): void,
 *   close(): Promise<void>,
 * }} ContestantRunner `tidy` is called untimed after each run: it drops what the run left behind.
 *
 * @typedef {object} Contestant
 * @property {string} id
 * @property {string} title Without a version: the harness reads that of `library`.
 * @property {string} [library] The package, by the name that it is installed under. Those without
 *   one (the floor, plain promises) are nobody's library and are not ranked.
 * @property {boolean} drains Whether its races wait for the losers. Plain promises cannot.
 * @property {boolean} needsSdk Whether the packages have to be built first.
 * @property {Readonly<Partial<Record<Method, string>>>} lacks Why it has no such method: shown in the
 *   place of a figure. A method that it has is not named here.
 * @property {() => Promise<{ open(): Promise<ContestantRunner> }>} load
 * @property {string} [first] The file of its first task, in this folder.
 */

const NO_TASKS = "it caches queries and has no tasks";

/** @type {readonly Contestant[]} */
export const contestants = [
  {
    id: "asupersync-generator",
    title: "asupersync, generators",
    library: "@asupersync/browser",
    drains: true,
    needsSdk: true,
    lacks: {},
    load: () => import("./asupersync-generator.mjs"),
    first: "asupersync-generator-first.mjs",
  },
  {
    id: "asupersync-async",
    title: "asupersync, async bodies",
    library: "@asupersync/browser",
    drains: true,
    needsSdk: true,
    lacks: {},
    load: () => import("./asupersync-async.mjs"),
    first: "asupersync-async-first.mjs",
  },
  {
    id: "effect-4",
    title: "effect",
    library: "effect4",
    drains: true,
    needsSdk: false,
    lacks: {},
    load: () => import("./effect/effect4.mjs"),
    first: "effect/first4.mjs",
  },
  {
    id: "effect-3",
    title: "effect",
    library: "effect3",
    drains: true,
    needsSdk: false,
    lacks: {},
    load: () => import("./effect/effect3.mjs"),
    first: "effect/first3.mjs",
  },
  {
    id: "effection-4",
    title: "effection",
    library: "effection4",
    drains: true,
    needsSdk: false,
    lacks: {},
    load: () => import("./effection/effection4.mjs"),
    first: "effection/first4.mjs",
  },
  {
    id: "effection-3",
    title: "effection",
    library: "effection3",
    drains: true,
    needsSdk: false,
    lacks: {},
    load: () => import("./effection/effection3.mjs"),
    first: "effection/first3.mjs",
  },
  {
    id: "rxjs",
    title: "rxjs",
    library: "rxjs",
    drains: true,
    needsSdk: false,
    lacks: { channel: "what is pushed cannot be held back" },
    load: () => import("./rxjs.mjs"),
    first: "rxjs-first.mjs",
  },
  {
    id: "redux-saga",
    title: "redux-saga",
    library: "redux-saga",
    drains: true,
    needsSdk: false,
    lacks: {},
    load: () => import("./redux-saga.mjs"),
    first: "redux-saga-first.mjs",
  },
  {
    id: "query-core",
    title: "tanstack query-core",
    library: "@tanstack/query-core",
    drains: false,
    needsSdk: false,
    lacks: {
      tasks: NO_TASKS,
      sequential: NO_TASKS,
      races: NO_TASKS,
      deepTree: NO_TASKS,
      wideCancel: NO_TASKS,
      timeouts: NO_TASKS,
      operations: NO_TASKS,
      sleeps: NO_TASKS,
      parked: NO_TASKS,
      ready: NO_TASKS,
      channel: "there is no channel",
      pingPong: "there is no channel",
    },
    load: () => import("./query-core.mjs"),
    first: "query-core-first.mjs",
  },
  {
    id: "nursery",
    title: "hand-written nursery",
    drains: true,
    needsSdk: false,
    lacks: {},
    load: () => import("./nursery.mjs"),
    first: "nursery-first.mjs",
  },
  {
    id: "promises",
    title: "plain promises",
    drains: false,
    needsSdk: false,
    lacks: {
      deepTree: "nothing can be cancelled",
      wideCancel: "nothing can be cancelled",
      keystrokes: "nothing can be cancelled",
      channel: "there is no channel",
      pingPong: "there is no channel",
    },
    load: () => import("./promises.mjs"),
    first: "promises-first.mjs",
  },
];
