/** Effection 4, in what its two versions write differently. */

import { createQueue, ensure, race, run, sleep, spawn, suspend, until } from "effection4";
import { runnerOf } from "./runner.mjs";

/** @returns {Promise<import("../index.mjs").ContestantRunner>} */
export async function open() {
  return runnerOf({
    createQueue,
    ensure,
    race,
    run,
    sleep,
    spawn,
    suspend,
    yieldOnce: () => until(Promise.resolve()),
  });
}
