/** The first task of Effection 3. */

import { call, run, spawn } from "effection3";
import { FIRST_VALUE } from "../../workloads/first-task.mjs";

export function firstTask() {
  return run(function* () {
    const task = yield* spawn(function* () {
      yield* call(() => Promise.resolve());
      return FIRST_VALUE;
    });
    return yield* task;
  });
}
