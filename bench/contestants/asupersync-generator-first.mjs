/** The first task of the SDK, with a generator body. */

import { createRuntime } from "@asupersync/browser";
import { FIRST_VALUE } from "../workloads/first-task.mjs";
import { expectOk } from "./asupersync-outcome.mjs";

export async function firstTask() {
  const runtime = await createRuntime();
  const outcome = await runtime.run(function* (cx) {
    yield* cx.checkpoint();
    return FIRST_VALUE;
  });
  return expectOk(outcome);
}
