/** Measures the kernel as wasm in Node: each point and the soak in a process of its own. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const workerPath = fileURLToPath(new URL("wasm-worker.mjs", import.meta.url));

/**
 * @param {{ live: number[], soak: number }} plan
 * @returns {Promise<import("./result.mjs").HostGrowth>}
 */
export async function measureWasm({ live, soak }) {
  const points = [];
  for (const count of live) points.push(await ask({ type: "point", live: count }));
  return {
    versions: { node: process.versions.node, v8: process.versions.v8 },
    points,
    soak: await ask({ type: "soak", tasks: soak }),
  };
}

async function ask(request) {
  const child = fork(workerPath, [], { execArgv: ["--expose-gc"] });
  const exited = once(child, "exit");
  child.send(request);
  const answer = await Promise.race([once(child, "message"), exited]);
  await exited;
  const [message] = answer;
  if (typeof message !== "object" || message === null) {
    throw new Error(
      `the process that was to measure ${JSON.stringify(request)} exited: ${message}`,
    );
  }
  return message;
}
