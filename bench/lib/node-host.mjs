/** Node as a host: one child process for each pair of contestant and workload. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const workerPath = fileURLToPath(new URL("node-worker.mjs", import.meta.url));

/** @returns {Promise<import("./hosts.mjs").Host>} */
export async function openNode() {
  return {
    name: "node",
    versions: { node: process.versions.node, v8: process.versions.v8 },
    openLane,
    close: async () => {},
  };
}

/**
 * @param {import("./runner.mjs").Entry} entry
 * @returns {Promise<import("./hosts.mjs").Lane>}
 */
async function openLane(entry) {
  const child = fork(workerPath, [], { execArgv: ["--expose-gc"] });
  const ended = once(child, "exit");

  /** One request at a time; a worker that dies while asked fails the request. */
  const ask = async (request) => {
    const answered = new AbortController();
    const { signal } = answered;
    child.send(request);
    try {
      const [reply] = await Promise.race([
        once(child, "message", { signal }),
        once(child, "exit", { signal }).then(([code]) => {
          throw new Error(`the benchmark's process exited with code ${code}`);
        }),
      ]);
      if (reply.failure !== undefined) throw new Error(reply.failure);
      return reply.value;
    } finally {
      answered.abort();
    }
  };

  try {
    await ask({ type: "open", entry });
  } catch (error) {
    child.kill();
    throw error;
  }
  return {
    sample: () => ask({ type: "sample" }),
    startProfile: () => ask({ type: "start-profile" }),
    stopProfile: () => ask({ type: "stop-profile" }),
    close: async () => {
      await ask({ type: "close" });
      child.kill();
      await ended;
    },
  };
}
