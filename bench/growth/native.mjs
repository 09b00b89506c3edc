/** Measures the kernel natively, by the benchmark of `rust/asupersync-native`. */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { repositoryRoot } from "../lib/repository.mjs";

/**
 * @param {{ live: number[], soak: number }} plan
 * @returns {Promise<import("./result.mjs").HostGrowth>}
 */
export async function measureNative({ live, soak }) {
  const version = execFileSync("rustc", ["--version"], { encoding: "utf8", cwd: repositoryRoot });
  const { points } = await run(live.flatMap((count) => ["--live", `${count}`]));
  return {
    versions: { rustc: version.split(" ")[1] },
    points,
    // In a process of its own, whose memory is that of the soak alone.
    soak: (await run(["--soak", `${soak}`])).soak,
  };
}

/** @param {string[]} asked @returns {Promise<{ points: object[], soak: object | null }>} */
async function run(asked) {
  const args = ["bench", "--package", "asupersync-native", "--bench", "growth", "--", ...asked];
  const child = spawn("cargo", [...args, "--json"], {
    cwd: repositoryRoot,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error(`cargo ${args.join(" ")} ended with code ${code}`);
  return JSON.parse(output);
}
