/**
 * Draws `bench/results/peers.svg`: for each host, every workload as a row of dots on a logarithmic
 * scale, one a contestant, at its figure as a multiple of the hand-written nursery's.
 */

import { named } from "./lib/table.mjs";

const WIDTH = 1_200;
const PANEL_WIDTH = 420;
const ROW = 24;
const TOP = 100;
const LEFTS = [210, 720];
const OURS_COLOUR = "#d55e00";
/** Okabe and Ito's, and greys for those that are no library. */
const PEER_COLOURS = ["#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#b59f00", "#7a4fbf", "#5f3a1e"];
const OTHER_COLOURS = ["#444", "#999"];
const TICKS = [0.1, 0.3, 1, 3, 10, 30, 100];

/** @param {import("./lib/results.mjs").HostResult[]} results One a host. */
export function plot(results) {
  const workloads = results[0].workloads.map(({ id }) => id);
  const legend = legendOf(results);
  const height = TOP + workloads.length * ROW + 60;
  const names = workloads.map(
    (id, row) =>
      `<text x="${LEFTS[0] - 12}" y="${rowAt(row) + 4}" text-anchor="end">${escaped(id)}</text>`,
  );
  const panels = results.map((result, nth) => panel(result, workloads, legend, LEFTS[nth]));
  const sittings = results.flatMap((result) => result.sittings);
  const { machine } = sittings[0];
  const commits = [...new Set(sittings.map(({ commit }) => commit.slice(0, 10)))].join(", ");
  const note = `${machine.cpu}, ${machine.cores} cores; commit ${commits}; minima of the runs; left is better; no dot: not measured there, no such workload, or the notes say why`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#222">
<title>Every workload as a multiple of the hand-written nursery</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="20" y="26" font-size="16" font-weight="bold">Every workload as a multiple of the hand-written nursery</text>
${drawLegend(legend)}
${names.join("\n")}
${panels.join("\n")}
<text x="20" y="${height - 12}" fill="#666">${escaped(note)}</text>
</svg>
`;
}

/** @returns {Map<string, { title: string, colour: string, shape: "square" | "circle" }>} By id. */
function legendOf(results) {
  const peers = [...PEER_COLOURS];
  const others = [...OTHER_COLOURS];
  const ours = ["square", "circle"];
  const legend = new Map();
  for (const contestant of results[0].workloads[0].contestants) {
    const { id, isOurs, isLibrary } = contestant;
    const colour = isOurs ? OURS_COLOUR : ((isLibrary ? peers : others).shift() ?? "#000");
    legend.set(id, { title: named(contestant), colour, shape: isOurs ? ours.shift() : "circle" });
  }
  return legend;
}

function drawLegend(legend) {
  const COLUMN = 190;
  const PER_ROW = 6;
  return [...legend.values()]
    .map(({ title, ...look }, nth) => {
      const [x, y] = [24 + (nth % PER_ROW) * COLUMN, 46 + Math.floor(nth / PER_ROW) * 18];
      return `${dot(x, y, look)}<text x="${x + 10}" y="${y + 4}">${escaped(title)}</text>`;
    })
    .join("\n");
}

function panel({ host, workloads }, rows, legend, left) {
  const bottom = rowAt(rows.length) - ROW / 2;
  const grid = TICKS.map((tick) => {
    const x = fixed(left + atX(tick));
    const stroke = tick === 1 ? "#888" : "#ddd";
    return `<path d="M${x} ${TOP}V${bottom}" stroke="${stroke}"/><text x="${x}" y="${bottom + 16}" text-anchor="middle">${tick}×</text>`;
  });
  const dots = rows.flatMap((id, row) => {
    const found = workloads.find((workload) => workload.id === id);
    return (found?.contestants ?? [])
      .filter(({ ratio }) => ratio !== undefined && ratio > 0)
      .map((contestant) =>
        dot(left + atX(contestant.ratio), rowAt(row), legend.get(contestant.id), contestant),
      );
  });
  const title = `<text x="${left}" y="${TOP - 10}" font-weight="bold">${escaped(host)}</text>`;
  return [title, ...grid, ...dots].join("\n");
}

function dot(x, y, { colour, shape }, contestant) {
  const title =
    contestant === undefined
      ? ""
      : `<title>${escaped(named(contestant))}: ${contestant.ratio.toFixed(2)}×</title>`;
  return shape === "square"
    ? `<rect x="${fixed(x - 4.5)}" y="${fixed(y - 4.5)}" width="9" height="9" fill="${colour}">${title}</rect>`
    : `<circle cx="${fixed(x)}" cy="${fixed(y)}" r="4.5" fill="${colour}" fill-opacity="0.8">${title}</circle>`;
}

function rowAt(row) {
  return TOP + row * ROW + ROW / 2;
}

/** What lies beyond the scale stands at its edge. */
function atX(ratio) {
  const [low, high] = [TICKS[0], TICKS.at(-1)].map(Math.log);
  const part = (Math.log(ratio) - low) / (high - low);
  return PANEL_WIDTH * Math.min(1, Math.max(0, part));
}

function fixed(value) {
  return Math.round(value * 10) / 10;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
