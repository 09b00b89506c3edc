/** The first task of Effect 4. */

import { Effect, Fiber } from "effect4";
import { FIRST_VALUE } from "../../workloads/first-task.mjs";

export function firstTask() {
  const task = Effect.as(Effect.yieldNow, FIRST_VALUE);
  return Effect.runPromise(Effect.flatMap(Effect.forkChild(task), Fiber.join));
}
