/** The list of workloads, and what a workload is. */

import { channel } from "./channel.mjs";
import { deepTree, deepTreeHundredThousand, deepTreeTenThousand } from "./deep-tree.mjs";
import { firstTask } from "./first-task.mjs";
import { keystrokes } from "./keystrokes.mjs";
import { operations } from "./operations.mjs";
import { parked } from "./parked.mjs";
import { pingPong } from "./ping-pong.mjs";
import { races, racesOfThree, racesSlowCleanUp, racesThousandLive } from "./races.mjs";
import { ready } from "./ready.mjs";
import { sequential } from "./sequential.mjs";
import { sleeps } from "./sleeps.mjs";
import { tasks, tasksThousandLive } from "./tasks.mjs";
import { timeouts } from "./timeouts.mjs";
import { wideCancel } from "./wide-cancel.mjs";

/**
 * A plan says how much to do, a tally is what the contestant's own bodies wrote down while doing
 * it, and `check` throws when the two do not agree: nobody is quick by leaving work out.
 *
 * @typedef {{ count: number } & Record<string, number>} Plan
 * @typedef {Record<string, number>} Tally
 *
 * @typedef {"nsByOperation" | "cpuNsByOperation" | "bytesByTask" | "longestBlockMs" | "loadMs"} Figure
 *   What a workload is about, and its contestants are ranked by; the smaller the better.
 *
 * @typedef {object} Bar What we want to reach, printed as met or not met, never a gate.
 * @property {readonly string[]} contestants Ids.
 * @property {string} [host] Only there; on every host if left out.
 * @property {"ratio" | "value" | "peers" | "fromBytes"} of `ratio`: of the figure to the nursery's; `value`: of the
 *   figure itself; `peers`: to the smallest figure of a library that passed the check; `fromBytes`: of a first task, in
 *   milliseconds, without what was spent on requests.
 * @property {number} max
 *
 * @typedef {object} Workload
 * @property {string} id
 * @property {string} title
 * @property {Method} method The contestant's method that does it.
 * @property {Figure} figure
 * @property {Plan} plan
 * @property {Plan} quickPlan The same shape, small, for a smoke run.
 * @property {readonly Bar[]} bars
 * @property {() => Tally} tally
 * @property {(plan: Plan, tally: Tally, drains: boolean) => void} check
 *
 * @typedef {"tasks" | "races" | "deepTree" | "wideCancel" | "sleeps" | "channel" | "pingPong" |
 *   "timeouts" | "operations" | "keystrokes" | "parked" | "sequential" | "ready" | "firstTask"} Method
 */

/** @type {readonly Workload[]} */
export const workloads = [
  tasks,
  tasksThousandLive,
  sequential,
  races,
  racesOfThree,
  racesSlowCleanUp,
  racesThousandLive,
  wideCancel,
  deepTree,
  deepTreeTenThousand,
  deepTreeHundredThousand,
  timeouts,
  channel,
  pingPong,
  operations,
  keystrokes,
  sleeps,
  parked,
  ready,
  firstTask,
];
