/**
 * How cost and memory grow: measures the kernel natively and as wasm in Node, with more and more
 * tasks live and while ten million come and go, and keeps data and plot under `bench/results/`.
 * Fails when work was left out, never because something was slow.
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureNative } from "./growth/native.mjs";
import { plot } from "./growth/plot.mjs";
import { growthFile, readGrowth } from "./growth/result.mjs";
import { growthTables } from "./growth/table.mjs";
import { measureWasm } from "./growth/wasm.mjs";
import { describeCommit, missingSdkFiles, repositoryRoot } from "./lib/repository.mjs";
import { describeMachine } from "./lib/results.mjs";

const usage = `usage: node bench/growth.mjs [options]
  --quick   small counts: does everything still work? half a minute, keeps nothing
  --plot    only draws bench/results/growth.svg again from bench/results/growth.json`;

const FULL = { live: [10_000, 100_000, 1_000_000], soak: 10_000_000 };
const QUICK = { live: [1_000, 10_000], soak: 200_000 };

try {
  await main(options());
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}

function options() {
  try {
    return parseArgs({ options: { quick: { type: "boolean" }, plot: { type: "boolean" } } }).values;
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`);
    process.exit(2);
  }
}

async function main({ quick, plot: plotOnly }) {
  if (plotOnly) return drawn(await readGrowth());
  const missing = missingSdkFiles();
  if (missing.length > 0) throw new Error(`not built: ${missing.join(", ")}; run npm run growth`);
  const plan = quick ? QUICK : FULL;
  // What is measured, whatever is committed meanwhile.
  const commit = describeCommit();
  // One after the other: each is to have the machine for itself.
  const native = await measureNative(plan);
  const wasm = await measureWasm(plan);
  const result = {
    format: 1,
    machine: describeMachine(),
    ...commit,
    command: "node bench/growth.mjs",
    hosts: { native, wasm },
  };
  console.log(`\n${growthTables(result)}`);
  if (quick) return;
  await writeFile(join(repositoryRoot, growthFile), `${JSON.stringify(result)}\n`);
  console.log(`wrote ${growthFile}`);
  await drawn(result);
}

async function drawn(result) {
  if (result === undefined) throw new Error(`expected ${growthFile}: measure first`);
  const file = "bench/results/growth.svg";
  await writeFile(join(repositoryRoot, file), plot(result));
  console.log(`wrote ${file}`);
}
