/** One workload's result as a Markdown table, which reads well on a terminal too. */

const HEADINGS = [
  "contestant",
  "ns/op, min",
  "ns/op, median",
  "× nursery",
  "× promises",
  "aim × nursery",
];

/** @param {import("./results.mjs").WorkloadResult} result */
export function resultTable({ contestants }) {
  const rows = contestants.map((contestant) => [
    contestant.title,
    wholeNumber(contestant.minNs),
    wholeNumber(contestant.medianNs),
    ratio(contestant.ratioToNursery),
    ratio(contestant.ratioToPromises),
    aim(contestant),
  ]);
  return alignedTable([HEADINGS, ...rows]);
}

/** What the table alone does not say, as one line; empty when there is nothing to add. */
export function resultNote({ contestants }) {
  const titles = contestants.filter(({ drains }) => !drains).map(({ title }) => title);
  return titles.length === 0 ? "" : `Does not own, cancel or drain anything: ${titles.join(", ")}.`;
}

function aim({ bar, ratioToNursery }) {
  if (bar === undefined || ratioToNursery === undefined) return "";
  return `≤ ${bar}: ${ratioToNursery <= bar ? "met" : "not met"}`;
}

function ratio(value) {
  return value === undefined ? "" : value.toFixed(2);
}

function wholeNumber(value) {
  return Math.round(value).toLocaleString("en");
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
