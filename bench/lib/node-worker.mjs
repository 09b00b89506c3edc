/** The child process of one lane in Node: answers one request at a time over IPC. */

import { Session } from "node:inspector/promises";
import { inspect } from "node:util";
import { PROFILE_INTERVAL_US } from "./profile.mjs";
import { openRunner } from "./runner.mjs";

/** @type {import("./runner.mjs").Runner | undefined} */
let runner;
const session = new Session();

const answers = {
  open: async ({ entry }) => {
    runner = await openRunner(entry);
  },
  sample: () => runner.sample(),
  "start-profile": async () => {
    session.connect();
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: PROFILE_INTERVAL_US });
    await session.post("Profiler.start");
  },
  "stop-profile": async () => {
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    return profile;
  },
  close: () => runner.close(),
};

process.on("message", async (request) => {
  try {
    process.send({ value: await answers[request.type](request) });
  } catch (error) {
    // As text: what was thrown may hold values that IPC cannot carry.
    process.send({ failure: inspect(error) });
  }
});
