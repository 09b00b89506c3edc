/** The first task of Effection 4. */

import { run, spawn, until } from "effection4";
import { FIRST_VALUE } from "../../workloads/first-task.mjs";

export function firstTask() {
  return run(function* () {
    const task = yield* spawn(function* () {
      yield* until(Promise.resolve());
      return FIRST_VALUE;
    });
    return yield* task;
  });
}
