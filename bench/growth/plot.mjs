/**
 * Draws `bench/results/growth.svg`: four panels of lines. Written by hand, since plotting libraries
 * for Node bring a DOM or a canvas along, and this needs lines, ticks and labels alone.
 */

import { minimum } from "../lib/statistics.mjs";
import { operations } from "./result.mjs";

const WIDTH = 1_000;
const HEIGHT = 720;
const PANEL = { width: 330, height: 240 };
const MIB = 2 ** 20;
/** Okabe and Ito's colours, told apart by colour-blind eyes too. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9"];
const MEMORY = [
  ["residentBytes", "resident"],
  ["wasmBytes", "wasm"],
  ["heapBytes", "JS heap"],
];

/**
 * @typedef {{ name: string, points: [number, number][] }} Line
 * @typedef {{ title: string, x: Axis, lines: Line[] }} Panel
 * @typedef {{ label: string, isLog: boolean, ticks: [number, string][] }} Axis
 */

/** @param {import("./result.mjs").Growth} growth */
export function plot({ hosts, machine, commit }) {
  const panels = [
    costPanel("native: ns of processor time for one task", hosts.native),
    costPanel("wasm in Node: ns of processor time for one task", hosts.wasm),
    soakPanel("native: MiB while tasks come and go", hosts.native),
    soakPanel("wasm in Node, whole SDK: MiB while tasks come and go", hosts.wasm),
  ];
  const drawn = panels.map((panel, nth) => {
    const [left, top] = [70 + (nth % 2) * 500, 70 + Math.floor(nth / 2) * 330];
    return `<g transform="translate(${left} ${top})">${draw(panel)}</g>`;
  });
  const note = `${machine.cpu}, ${machine.cores} cores; commit ${commit.slice(0, 10)}; minima of the runs`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#222">
<title>How cost and memory grow</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="70" y="28" font-size="16" font-weight="bold">How the kernel's cost and memory grow</text>
${drawn.join("\n")}
<text x="70" y="${HEIGHT - 14}" fill="#666">${escaped(note)}</text>
</svg>
`;
}

/** @param {string} title @param {import("./result.mjs").HostGrowth} host @returns {Panel} */
function costPanel(title, { points }) {
  return {
    title,
    x: {
      label: "live tasks",
      isLog: true,
      ticks: points.map(({ live }) => [live, short(live)]),
    },
    lines: operations.map((name) => ({
      name,
      points: points.map(({ live, samplesNs }) => [live, minimum(samplesNs[name])]),
    })),
  };
}

/** @param {string} title @param {import("./result.mjs").HostGrowth} host @returns {Panel} */
function soakPanel(title, { soak }) {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => part * soak.tasks);
  return {
    title,
    x: { label: "tasks ended", isLog: false, ticks: ticks.map((tick) => [tick, short(tick)]) },
    lines: MEMORY.filter(([what]) => soak.samples[0]?.[what] !== undefined).map(([what, name]) => ({
      name,
      points: soak.samples.map((sample) => [sample.tasks, sample[what] / MIB]),
    })),
  };
}

/** @param {Panel} panel */
function draw({ title, x, lines }) {
  const { width, height } = PANEL;
  const scaleX = (value) => (x.isLog ? Math.log(value) : value);
  const [left, right] = [x.ticks[0][0], x.ticks.at(-1)[0]].map(scaleX);
  const top = niceCeiling(Math.max(...lines.flatMap(({ points }) => points.map(([, y]) => y))));
  const atX = (value) => (width * (scaleX(value) - left)) / (right - left || 1);
  const atY = (value) => height - (height * value) / top;

  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const y = atY(part * top);
    return `<path d="M0 ${fixed(y)}H${width}" stroke="#ddd"/><text x="-8" y="${fixed(y + 4)}" text-anchor="end">${short(part * top)}</text>`;
  });
  const ticks = x.ticks.map(
    ([value, label]) =>
      `<text x="${fixed(atX(value))}" y="${height + 18}" text-anchor="middle">${label}</text>`,
  );
  const labels = spread(lines.map(({ points }) => atY(points.at(-1)[1])));
  const drawn = lines.map(({ name, points }, nth) => {
    const path = points.map(([px, py]) => `${fixed(atX(px))} ${fixed(atY(py))}`).join("L");
    const dots = points.length > 10 ? "" : points.map(dot(nth)).join("");
    return `<path d="M${path}" fill="none" stroke="${COLOURS[nth]}" stroke-width="2"/>${dots}<text x="${width + 8}" y="${fixed(labels[nth] + 4)}" fill="${COLOURS[nth]}">${name}</text>`;
  });
  function dot(nth) {
    return ([px, py]) =>
      `<circle cx="${fixed(atX(px))}" cy="${fixed(atY(py))}" r="3" fill="${COLOURS[nth]}"/>`;
  }
  return [
    `<text y="-20" font-weight="bold">${title}</text>`,
    ...grid,
    ...ticks,
    `<text x="${width / 2}" y="${height + 36}" text-anchor="middle" fill="#666">${x.label}</text>`,
    ...drawn,
  ].join("\n");
}

/** The heights of labels, moved apart so that none lies on another. */
function spread(heights) {
  const LINE = 14;
  const order = heights.map((_, nth) => nth).sort((a, b) => heights[b] - heights[a]);
  const placed = [...heights];
  for (let at = 1; at < order.length; at++) {
    const below = placed[order[at - 1]];
    placed[order[at]] = Math.min(placed[order[at]], below - LINE);
  }
  return placed;
}

/** 1, 2 or 4 times a power of ten, at least `value`: quarters of it read well. */
function niceCeiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 10].map((step) => step * power).find((ceiling) => ceiling >= value);
}

function short(value) {
  if (value >= 1e6) return `${value / 1e6}M`;
  if (value >= 1e4) return `${value / 1e3}k`;
  return `${value}`;
}

function fixed(value) {
  return Math.round(value * 10) / 10;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
