/** The growth measurement as Markdown: costs and memory by live tasks, and what the soak saw. */

import { minimum } from "../lib/statistics.mjs";
import { alignedTable } from "../lib/table.mjs";
import { growthAfterWarmUp, operations } from "./result.mjs";

const TITLES = { native: "native", wasm: "wasm in Node" };
const MIB = 2 ** 20;

/** @param {import("./result.mjs").Growth} growth */
export function growthTables({ hosts }) {
  return Object.entries(hosts)
    .map(([name, host]) => hostTable(TITLES[name], host))
    .join("\n\n");
}

/** @param {string} title @param {import("./result.mjs").HostGrowth} host */
function hostTable(title, { versions, points, soak }) {
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const headings = ["live tasks", ...operations, "bytes, started", "bytes, asleep"];
  const rows = points.map((point) => [
    whole(point.live),
    ...operations.map((name) => whole(minimum(point.samplesNs[name]))),
    whole(point.bytesStarted),
    whole(point.bytesAsleep),
  ]);
  return [
    `**${title}** (${software.join(", ")}): ns of processor time for one task, minimum of the runs`,
    alignedTable([headings, ...rows]),
    soakLine(soak),
  ].join("\n\n");
}

/** @param {import("./result.mjs").Soak} soak */
function soakLine(soak) {
  const { tasks, liveAtOnce, seconds, samples } = soak;
  const said = `${whole(tasks)} tasks came and went, ${whole(liveAtOnce)} at once, in ${seconds.toFixed(0)} s.`;
  const parts = [
    ["residentBytes", "resident memory"],
    ["wasmBytes", "wasm memory"],
    ["heapBytes", "JavaScript heap"],
  ]
    .filter(([what]) => samples[0]?.[what] !== undefined)
    .map(([what, name]) => {
      const peak = Math.max(...samples.map((sample) => sample[what])) / MIB;
      const growth = growthAfterWarmUp(soak, what) * 100;
      return `${name}: peak ${peak.toFixed(1)} MiB, ${signed(growth)} % after the first tenth`;
    });
  return `${said} ${parts.join("; ")}.`;
}

function signed(value) {
  const text = value.toFixed(1);
  return value > 0 ? `+${text}` : text.replace("-", "−");
}

function whole(value) {
  return value === null ? "?" : Math.round(value).toLocaleString("en");
}
