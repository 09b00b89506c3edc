/**
 * Brings the tables and the plot of `bench/README.md` up to date with `bench/results/*.json`. With
 * `--check` it changes nothing and fails when they are stale.
 */

import { readFile, writeFile } from "node:fs/promises";
import { readGrowth } from "./growth/result.mjs";
import { growthTables } from "./growth/table.mjs";
import { hostNames } from "./lib/hosts.mjs";
import { readResult } from "./lib/results.mjs";
import { standing } from "./lib/standing.mjs";
import { resultNote, resultTable } from "./lib/table.mjs";
import { plot } from "./plot.mjs";

const BEGIN = "<!-- results: written by `node bench/report.mjs` -->";
const END = "<!-- end of results -->";

const results = await readResults();
const files = [{ name: "README.md", text: withResults(await read("README.md"), await sections()) }];
if (results.length > 0) files.push({ name: "results/peers.svg", text: plot(results) });
for (const { name, text } of files) {
  if ((await read(name)) === text) {
    console.log(`bench/${name} is up to date`);
  } else if (process.argv.includes("--check")) {
    console.error(`bench/${name} is stale: run \`node bench/report.mjs\``);
    process.exitCode = 1;
  } else {
    await writeFile(new URL(name, import.meta.url), text);
    console.log(`wrote bench/${name}`);
  }
}

/** The text of a file of this folder; `undefined` when there is none. */
async function read(name) {
  return readFile(new URL(name, import.meta.url), "utf8").catch((error) => {
    if (error.code !== "ENOENT") throw error;
  });
}

/** Of the hosts that were measured. */
async function readResults() {
  const found = await Promise.all(hostNames.map(readResult));
  return found.filter((result) => result !== undefined);
}

function withResults(text, sections) {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`expected ${BEGIN} … ${END} in bench/README.md`);
  return `${text.slice(0, begin + BEGIN.length)}\n\n${sections}\n\n${text.slice(end)}`;
}

async function sections() {
  const parts = [];
  if (results.length > 0) {
    const alt = "Every workload as a multiple of the hand-written nursery";
    parts.push("### where we stand", `![${alt}](results/peers.svg)`, standing(results));
  }
  parts.push(...results.map(hostSection));
  const growth = await readGrowth();
  if (growth !== undefined) parts.push(growthSection(growth));
  return parts.length === 0 ? "Nothing was measured yet." : parts.join("\n\n");
}

/** @param {import("./lib/results.mjs").HostResult} result */
function hostSection(result) {
  const { host, sittings, workloads } = result;
  const parts = [`### ${host}`, ...sittings.map((each) => sittingFacts(each, sittings.length > 1))];
  for (const workload of workloads) {
    parts.push(`**${workload.title}**`, resultTable(workload));
    const note = resultNote(workload);
    if (note !== "") parts.push(note);
  }
  return parts.join("\n\n");
}

/**
 * @param {import("./lib/results.mjs").Sitting} sitting
 * @param {boolean} namesWorkloads Whether there are others.
 */
function sittingFacts(sitting, namesWorkloads) {
  const { began, versions, command, runs, seconds, workloads } = sitting;
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const facts = [
    ...machineFacts(sitting),
    software.join(", "),
    ...commitFacts(sitting),
    `\`${command}\`, ${runs} runs of each in ${Math.round(seconds / 60)} minutes on ${began.slice(0, 10)}`,
  ];
  return `${namesWorkloads ? `${workloads.join(", ")}: ` : ""}${facts.join("; ")}.`;
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
