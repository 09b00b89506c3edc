/** Effection 3, in what its two versions write differently. */

import { call, createQueue, ensure, race, run, sleep, spawn, suspend } from "effection3";
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
    yieldOnce: () => call(resolve),
  });
}

const resolve = () => Promise.resolve();
