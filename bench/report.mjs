/**
 * Brings the tables of `bench/README.md` up to date with `bench/results/*.json`. With `--check` it
 * changes nothing and fails when they are stale.
 */

import { readFile, writeFile } from "node:fs/promises";
import { readGrowth } from "./growth/result.mjs";
import { growthTables } from "./growth/table.mjs";
import { hosts } from "./lib/hosts.mjs";
import { readResult } from "./lib/results.mjs";
import { resultNote, resultTable } from "./lib/table.mjs";

const BEGIN = "<!-- results: written by `node bench/report.mjs` -->";
const END = "<!-- end of results -->";

const readmePath = new URL("README.md", import.meta.url);
const readme = await readFile(readmePath, "utf8");
const updated = withResults(readme, await resultSections());
if (updated === readme) {
  console.log("bench/README.md is up to date");
} else if (process.argv.includes("--check")) {
  console.error("bench/README.md is stale: run `node bench/report.mjs`");
  process.exitCode = 1;
} else {
  await writeFile(readmePath, updated);
  console.log("wrote bench/README.md");
}

function withResults(text, sections) {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`expected ${BEGIN} … ${END} in bench/README.md`);
  return `${text.slice(0, begin + BEGIN.length)}\n\n${sections}\n\n${text.slice(end)}`;
}

async function resultSections() {
  const sections = [];
  for (const host of Object.keys(hosts)) {
    const result = await readResult(host);
    if (result !== undefined) sections.push(hostSection(result));
  }
  const growth = await readGrowth();
  if (growth !== undefined) sections.push(growthSection(growth));
  return sections.length === 0 ? "Nothing was measured yet." : sections.join("\n\n");
}

/** @param {import("./lib/results.mjs").HostResult} result */
function hostSection(result) {
  const { host, versions, command, runs, workloads } = result;
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const facts = [
    ...machineFacts(result),
    software.join(", "),
    ...commitFacts(result),
    `\`${command}\`, ${runs} runs of each`,
  ];
  const parts = [`### ${host}`, `${facts.join("; ")}.`];
  for (const workload of workloads) {
    parts.push(`**${workload.title}**`, resultTable(workload));
    const note = resultNote(workload);
    if (note !== "") parts.push(note);
  }
  return parts.join("\n\n");
}

/** @param {import("./growth/result.mjs").Growth} growth */
function growthSection(growth) {
  const facts = [...machineFacts(growth), ...commitFacts(growth), `\`${growth.command}\``];
  return [
    "### growth",
    `${facts.join("; ")}.`,
    "![Cost for one task by live tasks, and memory while ten million come and go](results/growth.svg)",
    growthTables(growth),
  ].join("\n\n");
}

function machineFacts({ machine }) {
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}`,
    `load average at the end ${machine.loadAverage.join(" ")}`,
  ];
}

function commitFacts({ commit, modified }) {
  return [`commit ${commit}${modified ? " with changes" : ""}`];
}
