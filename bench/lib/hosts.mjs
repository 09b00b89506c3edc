/** Where benchmarks run, and what such a place offers. */

import { openChromium } from "./chromium-host.mjs";
import { openNode } from "./node-host.mjs";

/**
 * A lane is one contestant on one workload in a process or page of its own, so that all meet
 * equally clean (or equally soiled) machine code.
 *
 * @typedef {object} Lane
 * @property {() => Promise<number>} sample One checked run; resolves with its milliseconds.
 * @property {() => Promise<void>} startProfile
 * @property {() => Promise<object>} stopProfile Resolves with a V8 CPU profile.
 * @property {() => Promise<void>} close
 *
 * @typedef {object} Host
 * @property {string} name
 * @property {Record<string, string>} versions
 * @property {(entry: import("./runner.mjs").Entry) => Promise<Lane>} openLane
 * @property {() => Promise<void>} close
 */

/** @type {Readonly<Record<string, () => Promise<Host>>>} */
export const hosts = { node: openNode, chromium: openChromium };
