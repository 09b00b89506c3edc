/** The list of workloads, and what a workload is. */

import { races, racesOfThree, racesThousandLive } from "./races.mjs";
import { tasks, tasksThousandLive } from "./tasks.mjs";

/**
 * A plan says how much to do, a tally is what the contestant's own bodies wrote down while doing
 * it, and `check` throws when the two do not agree: nobody is quick by leaving work out.
 *
 * @typedef {{ count: number, live: number, branches: number }} Plan
 * @typedef {Record<string, number>} Tally
 * @typedef {object} Workload
 * @property {string} id
 * @property {string} title
 * @property {"tasks" | "races"} method The contestant's method that does it.
 * @property {Plan} plan
 * @property {Plan} quickPlan The same shape, small, for a smoke run.
 * @property {Record<string, number>} bars Contestant id to the ratio to the nursery aimed for.
 *   Printed beside the result, never a gate.
 * @property {() => Tally} tally
 * @property {(plan: Plan, tally: Tally, drains: boolean) => void} check
 */

/** @type {readonly Workload[]} */
export const workloads = [tasks, tasksThousandLive, races, racesOfThree, racesThousandLive];
