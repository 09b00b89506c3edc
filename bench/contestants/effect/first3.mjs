/** The first task of Effect 3. */

import { Effect, Fiber } from "effect3";
import { FIRST_VALUE } from "../../workloads/first-task.mjs";

export function firstTask() {
  const task = Effect.as(Effect.yieldNow(), FIRST_VALUE);
  return Effect.runPromise(Effect.flatMap(Effect.fork(task), Fiber.join));
}
