/** Effect 3, in what its two versions write differently. */

import { Effect, Exit, Fiber, FiberHandle, Queue, Scope } from "effect3";
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
    fork: Effect.fork,
    yieldNow: Effect.yieldNow(),
  });
}
