/** Node as a host: one child process for each run. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { bundleFirst } from "./bundles.mjs";
import { RunFailure } from "./run-failure.mjs";

const workerPath = fileURLToPath(new URL("node-worker.mjs", import.meta.url));

/**
 * @param {readonly import("../contestants/index.mjs").Contestant[]} contestants
 * @returns {Promise<import("./hosts.mjs").Host>}
 */
export async function openNode(contestants) {
  const firstFiles = await bundleFirst(contestants, "node");
  return {
    name: "node",
    versions: { node: process.versions.node, v8: process.versions.v8 },
    firstUrl: (id) => firstFiles.get(id)?.href,
    run,
    close: async () => {},
  };
}

/**
 * @param {import("./runner.mjs").Entry} entry
 * @param {number} msMax
 * @returns {Promise<import("./hosts.mjs").Ran>}
 */
async function run(entry, msMax) {
  // What a library prints of its own mishaps is not our output.
  const child = fork(workerPath, [], {
    execArgv: ["--expose-gc"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let printed = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    printed = (printed + text).slice(-4_000);
  });
  const ended = once(child, "exit");
  const answered = new AbortController();
  const { signal } = answered;
  const timer = setTimeout(() => answered.abort(), msMax);
  try {
    child.send(entry);
    const reply = await Promise.race([
      once(child, "message", { signal }).then(([message]) => message),
      once(child, "exit", { signal }).then(([code, killedBy]) => ({
        failure: `its process ended with ${killedBy ?? `code ${code}`}`,
        detail: printed,
      })),
    ]);
    if (reply.failure !== undefined) throw new RunFailure(reply.failure, reply.detail);
    return reply;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw RunFailure.tooSlow(msMax, printed);
  } finally {
    clearTimeout(timer);
    answered.abort();
    child.kill("SIGKILL");
    await ended;
  }
}
