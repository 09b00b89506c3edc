// Weighs what a page downloads, each artefact against its budget: `npm run sizes`. With `--features`, what
// each feature of `@asupersync/browser` adds to the least: `npm run sizes -- --features`.
//
// A package's own dependencies count on their own line.
import { readFileSync } from "node:fs";
import path from "node:path";
import { featureSizes } from "./lib/feature-sizes.mjs";
import { root } from "./lib/run.mjs";
import { BUDGETS } from "./lib/size-budgets.mjs";
import { compressed, kilobytes, print, weigh } from "./lib/weigh.mjs";

/** @typedef {import("./lib/size-budgets.mjs").Budget} Budget */

if (process.argv.includes("--features")) await printFeatures();
else await printBudgets();

async function printBudgets() {
  const rows = [];
  let over = 0;
  for (const budget of BUDGETS) {
    const bytes = await weighBudget(budget);
    const isOver = bytes > budget.bytesMax;
    if (isOver) over += 1;
    rows.push([
      budget.name,
      kilobytes(bytes),
      kilobytes(budget.bytesMax),
      budget.bar === undefined
        ? ""
        : `${kilobytes(budget.bar)}${bytes > budget.bar ? ", not met" : ""}`,
      isOver ? "OVER ITS BUDGET" : "",
    ]);
  }
  print([["artefact", "gzip", "budget", "design's bar", ""], ...rows]);
  if (over > 0) {
    console.log("Find out what grew before the budget is raised in scripts/lib/size-budgets.mjs.");
    process.exitCode = 1;
  }
}

/** @param {Budget} budget @returns {Promise<number>} Bytes after gzip. */
async function weighBudget({ file, imports, beside = [], external }) {
  const input = path.join(root, file);
  if (imports === undefined) return compressed(readFileSync(input));
  const loads = beside.map((other) => `import ${JSON.stringify(path.join(root, other))};`);
  const names = `export { ${imports.join(", ")} } from ${JSON.stringify(input)};`;
  return (await weigh([...loads, names].join("\n"), external)).bytes;
}

async function printFeatures() {
  const { core, features, all } = await featureSizes();
  print([
    ["feature of @asupersync/browser", "gzip"],
    ["createRuntime from @asupersync/browser/core", kilobytes(core)],
    ...features.map(({ name, bytes }) => [name, `+ ${kilobytes(bytes)}`]),
    ["createRuntime from @asupersync/browser, with every operation", kilobytes(all)],
  ]);
  console.log("Each is measured alone: what two of them share is in the figures of both.");
}
