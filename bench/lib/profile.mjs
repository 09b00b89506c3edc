/** CPU profiles: where they are kept and which functions they blame. */

import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { repositoryRoot } from "./repository.mjs";

export const PROFILE_INTERVAL_US = 200;

const FUNCTIONS_SHOWN_MAX = 15;
/** Waiting for a turn is no cost of the contestant's. */
const NOT_WORK = new Set(["(idle)", "(root)", "(program)"]);

/**
 * Writes a V8 CPU profile, which Chromium's DevTools can open, and returns a few lines about it.
 *
 * @param {string} name
 * @param {{ nodes: object[], samples: number[], timeDeltas: number[] }} profile
 */
export async function keepProfile(name, profile) {
  const folder = join(repositoryRoot, "bench", "profiles");
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name}.cpuprofile`);
  await writeFile(path, JSON.stringify(profile));
  const costs = selfCosts(profile);
  const total = costs.reduce((sum, { selfUs }) => sum + selfUs, 0);
  const lines = costs.slice(0, FUNCTIONS_SHOWN_MAX).map(({ where, selfUs }) => {
    const share = ((100 * selfUs) / total).toFixed(1).padStart(5);
    return `  ${share} %  ${where}`;
  });
  return [`${relative(repositoryRoot, path)}: self time`, ...lines].join("\n");
}

/** Self time by function, dearest first. */
function selfCosts({ nodes, samples, timeDeltas }) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  /** @type {Map<string, number>} */
  const selfUsByFunction = new Map();
  samples.forEach((id, index) => {
    const { functionName, url, lineNumber } = frames.get(id);
    if (NOT_WORK.has(functionName)) return;
    const file =
      url === "" ? "" : ` ${url.replace(/^.*\/(?=[^/]+\/[^/]+$)/, "")}:${lineNumber + 1}`;
    const where = (functionName || "(anonymous)") + file;
    selfUsByFunction.set(where, (selfUsByFunction.get(where) ?? 0) + timeDeltas[index]);
  });
  return [...selfUsByFunction]
    .map(([where, selfUs]) => ({ where, selfUs }))
    .sort((a, b) => b.selfUs - a.selfUs);
}
