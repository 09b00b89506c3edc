// Weighs what a page downloads, each artefact against its budget: `npm run sizes`.
//
// JavaScript is bundled by rolldown as a production build of Vite does it, tree-shaken to the named
// imports, minified, and compressed with gzip. A package's own dependencies count on their own line.
import { readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { root } from "./lib/run.mjs";
import { BUDGETS } from "./lib/size-budgets.mjs";

/** @typedef {import("./lib/size-budgets.mjs").Budget} Budget */

const rows = [];
let over = 0;
for (const budget of BUDGETS) {
  const bytes = await weigh(budget);
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

/** @param {Budget} budget @returns {Promise<number>} Bytes after gzip. */
async function weigh({ file, imports, external = [] }) {
  const input = path.join(root, file);
  if (imports === undefined) return gzipSync(readFileSync(input), { level: 9 }).length;
  const entry = "entry.js";
  const bundle = await rolldown({
    input: entry,
    external,
    logLevel: "silent",
    resolve: { conditionNames: ["production", "import", "browser", "default"] },
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? id : null),
        load: (id) =>
          id === entry ? `export { ${imports.join(", ")} } from ${JSON.stringify(input)};` : null,
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true, codeSplitting: false });
  await bundle.close();
  return gzipSync(Buffer.from(output[0].code), { level: 9 }).length;
}

/** @param {number} bytes Of a thousand to the kilobyte, as browsers' tools count. */
function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} KB`;
}

/** @param {string[][]} table */
function print(table) {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? "").length)),
  );
  for (const row of table) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  }
}
