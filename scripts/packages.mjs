// Packs the packages, holds the tarballs to what publint and arethetypeswrong ask, and looks at them installed.
import { readFileSync } from "node:fs";
import path from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { faultsOfInstalled, installInto } from "./lib/installed.mjs";
import { packedDir, packInto } from "./lib/packed.mjs";
import { packageCommand, root, run } from "./lib/run.mjs";

const tarballs = await packInto(packedDir);
let faults = 0;
for (const tarball of tarballs) {
  faults += (await lint(tarball)) + (await checkTypes(tarball));
}
const installed = path.join(root, "target", "installed");
await installInto(installed, tarballs);
for (const fault of faultsOfInstalled(installed)) {
  console.log(fault);
  faults += 1;
}
console.log(`${tarballs.length} tarballs, ${faults === 0 ? "all good" : `${faults} faults`}`);
process.exitCode = faults === 0 ? 0 : 1;

/** @param {string} tarball @returns {Promise<number>} 1 if it has faults. */
async function lint(tarball) {
  const { messages, pkg } = await publint({
    pack: { tarball: new Uint8Array(readFileSync(tarball)).buffer },
    strict: true,
  });
  for (const message of messages) {
    console.log(`publint: ${path.basename(tarball)}: ${formatMessage(message, pkg)}`);
  }
  return messages.length === 0 ? 0 : 1;
}

/** @param {string} tarball @returns {Promise<number>} 1 if it has faults. */
async function checkTypes(tarball) {
  const attw = packageCommand("@arethetypeswrong/cli", "dist/index.js");
  // The packages are ES modules alone, for Node 20.9 and bundlers. An asset has no types.
  const assets = ["kernel.wasm", "kernel-min.wasm", "kernel-dev.wasm"];
  const rules = ["--profile", "esm-only", "--exclude-entrypoints", ...assets];
  const { code, output } = await run(process.execPath, [attw, tarball, ...rules, "--no-emoji"]);
  if (code !== 0) console.log(output);
  return code === 0 ? 0 : 1;
}
