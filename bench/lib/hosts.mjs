/** Where benchmarks run, and what such a place offers. */

/**
 * Each run has a process or page of its own, so that none meets what another has left behind.
 *
 * @typedef {{ samples: import("./runner.mjs").Sample[], profile?: object }} Ran
 *
 * @typedef {object} Host
 * @property {string} name
 * @property {Record<string, string>} versions
 * @property {(contestantId: string) => string | undefined} firstUrl Of the bundle of its first task, for `import`.
 * @property {(entry: import("./runner.mjs").Entry, msMax: number) => Promise<Ran>} run Rejects with
 *   `RunFailure` when the check fails or no answer comes in time.
 * @property {() => Promise<void>} close
 */

/** The names of all hosts. */
export const hostNames = ["node", "chromium"];

/**
 * @param {string} name
 * @param {readonly import("../contestants/index.mjs").Contestant[]} contestants Who will run there.
 * @returns {Promise<Host>}
 */
export async function openHost(name, contestants) {
  // Loaded when used: the report needs no browser.
  if (name === "node") return (await import("./node-host.mjs")).openNode(contestants);
  return (await import("./chromium-host.mjs")).openChromium(contestants);
}
