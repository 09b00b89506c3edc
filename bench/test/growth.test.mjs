/** What is said of a growth measurement: when memory counts as grown, and a plot without holes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { plot } from "../growth/plot.mjs";
import { growthAfterWarmUp, operations } from "../growth/result.mjs";
import { growthTables } from "../growth/table.mjs";

const MIB = 2 ** 20;

function soakOf(mebibytes) {
  const samples = mebibytes.map((mib, nth) => ({
    tasks: (nth + 1) * 10,
    residentBytes: mib * MIB,
  }));
  return { tasks: mebibytes.length * 10, liveAtOnce: 10, seconds: 1, samples };
}

function hostOf(soak) {
  const points = [10_000, 1_000_000].map((live) => ({
    live,
    samplesNs: Object.fromEntries(operations.map((name, nth) => [name, [200 + nth, 100 + nth]])),
    bytesStarted: 150,
    bytesAsleep: null,
  }));
  return { versions: { x: "1" }, points, soak };
}

test("growth is what the peak after the first tenth has over the peak of it", () => {
  const flat = soakOf([50, 40, 49, 50, 45, 44, 50, 41, 42, 50]);
  assert.equal(growthAfterWarmUp(flat, "residentBytes"), 0);
  const grown = soakOf([50, 51, 52, 53, 54, 55, 56, 57, 58, 60]);
  assert.ok(Math.abs(growthAfterWarmUp(grown, "residentBytes") - 0.2) < 1e-9);
});

test("the plot names every line and has a number at every place", () => {
  const hosts = { native: hostOf(soakOf([1, 2])), wasm: hostOf(soakOf([3, 3])) };
  const svg = plot({ hosts, machine: { cpu: "A & B", cores: 2 }, commit: "0123456789abcdef" });
  for (const name of [...operations, "resident", "A &amp; B"]) assert.ok(svg.includes(name), name);
  assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
});

test("the tables show minima, and say when the system does not tell memory", () => {
  const grown = soakOf([1, ...Array(19).fill(2)]);
  grown.samples[1].residentBytes = MIB;
  const hosts = { native: hostOf(grown), wasm: hostOf(soakOf([3, 3])) };
  const text = growthTables({ hosts });
  assert.match(text, /\| 1,000,000 +\| +100 \| +101 \|/);
  assert.match(text, /\? \|/);
  assert.match(text, /peak 2\.0 MiB, \+100\.0 % after the first tenth/);
});
