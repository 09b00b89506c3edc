/** The first task of the hand-written nursery. */

import { openNursery } from "../lib/nursery.mjs";
import { FIRST_VALUE } from "../workloads/first-task.mjs";

export async function firstTask() {
  return openNursery(async (root) => {
    await root.checkpoint();
    return FIRST_VALUE;
  });
}
