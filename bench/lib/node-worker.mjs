/** The child process of one run in Node: gets its entry over IPC, answers with samples, and is done. */

import { Session } from "node:inspector/promises";
import { memoryUsage } from "node:process";
import { inspect } from "node:util";
import { PROFILE_INTERVAL_US } from "./profile.mjs";
import { run } from "./runner.mjs";

const session = new Session();
let profile;

/** @type {import("./runner.mjs").Probes} */
const probes = {
  cpuMs() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  heapBytes: () => memoryUsage().heapUsed,
  async startProfile() {
    session.connect();
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: PROFILE_INTERVAL_US });
    await session.post("Profiler.start");
  },
  async stopProfile() {
    ({ profile } = await session.post("Profiler.stop"));
  },
};

process.once("message", async (entry) => {
  try {
    const samples = await run(entry, probes);
    process.send({ samples, profile });
  } catch (error) {
    // As text: what was thrown may hold values that IPC cannot carry.
    process.send({
      failure: error instanceof Error ? error.message : inspect(error),
      detail: inspect(error),
    });
  }
});
