/** One workload's result as a Markdown table, which reads well on a terminal too. */

import { figures, sideFigures, written } from "./figures.mjs";
import { minimum } from "./statistics.mjs";

/** @param {import("./results.mjs").WorkloadResult} result */
export function resultTable({ figure, contestants }) {
  const { unit } = figures[figure];
  const side = sideFigures.filter(({ of }) =>
    contestants.some(({ samples }) => samples[0]?.[of] !== undefined),
  );
  const headings = [
    "contestant",
    `${unit}, min`,
    "median",
    "× nursery",
    ...side.map(({ heading }) => heading),
    "bars",
  ];
  const rows = contestants.map((contestant) => {
    const { min, median, ratio, samples } = contestant;
    if (min === undefined) {
      return [
        named(contestant),
        contestant.verdict ?? "–",
        ...new Array(headings.length - 2).fill(""),
      ];
    }
    return [
      named(contestant),
      written(min),
      written(median),
      ratio === undefined ? "" : ratio.toFixed(2),
      ...side.map(({ of, digits }) => minimum(samples.map((one) => one[of])).toFixed(digits)),
      contestant.bars.map(barVerdict).join("; "),
    ];
  });
  return alignedTable([headings, ...rows]);
}

/** What the table alone does not say, a line for each point; empty when there is nothing to add. */
export function resultNote({ contestants }) {
  const lines = [];
  for (const contestant of contestants) {
    const { lacks, failure, verdict } = contestant;
    if (failure !== undefined) lines.push(`${named(contestant)}, ${verdict}: ${failure}.`);
    else if (lacks !== undefined) lines.push(`${named(contestant)}: ${lacks}.`);
  }
  const careless = contestants.filter(({ drains, min }) => !drains && min !== undefined);
  if (careless.length > 0) {
    const titles = careless.map(named).join(", ");
    lines.push(`Does not own, cancel or drain anything: ${titles}.`);
  }
  return lines.map((line) => `- ${line}`).join("\n");
}

/** @param {import("./results.mjs").ContestantResult} contestant */
export function named({ title, version, isOurs }) {
  return version === undefined || isOurs ? title : `${title} ${version}`;
}

const BAR_WORDS = {
  ratio: " × nursery",
  value: "",
  peers: " × best peer",
  frame: " ms between frames",
  fromBytes: " ms from bytes",
};

/** A bar in words; one of the workload's own figure has that figure's unit, which `unit` may name. */
export function barText({ of, max }, unit = "") {
  const words = of === "value" && unit !== "" ? ` (${unit})` : BAR_WORDS[of];
  return `≤ ${max.toLocaleString("en")}${words}`;
}

/** @param {import("./results.mjs").BarResult} bar */
export function isMet({ actual, max }) {
  return actual <= max;
}

/** @param {import("./results.mjs").BarResult} bar */
function barVerdict(bar) {
  return `${barText(bar)}: ${isMet(bar) ? "met" : "not met"}`;
}

/** @param {string[][]} rows The first one holds the headings; numbers stand to the right. */
export function alignedTable([headings, ...rows]) {
  const widths = headings.map((heading, column) =>
    Math.max(...[heading, ...rows.map((row) => row[column])].map((cell) => cell.length)),
  );
  const line = (cells) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(" | ")} |`;
  const rule = widths.map((width, i) =>
    i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(headings), line(rule), ...rows.map(line)].join("\n");
}
