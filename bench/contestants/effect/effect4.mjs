/** Effect 4, in what its two versions write differently. */

import { Effect, Exit, Fiber, FiberHandle, Queue, Scope } from "effect4";
import { runnerOf } from "./runner.mjs";

/** @returns {Promise<import("../index.mjs").ContestantRunner>} */
export async function open() {
  return runnerOf({
    Effect,
    Exit,
    Fiber,
    FiberHandle,
    Queue,
    Scope,
    fork: Effect.forkChild,
    yieldNow: Effect.yieldNow,
  });
}
