/** The first task of plain promises: an async function. */

import { FIRST_VALUE } from "../workloads/first-task.mjs";

export async function firstTask() {
  await null;
  return FIRST_VALUE;
}
