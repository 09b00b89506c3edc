// The last steps of `cargo xtask wasm`, where Node has the tools: optimise, inline, weigh.
//
//   node scripts/wasm-artefact.mjs finish LINKED.wasm OUT_DIR NAME OPTIMISER_FLAG...
//   node scripts/wasm-artefact.mjs sizes OUT_DIR
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { packageCommand } from "./lib/run.mjs";

const WEIGHED = [
  ...["asupersync-min", "asupersync", "asupersync-dev"].flatMap((name) => [
    `${name}.wasm`,
    `${name}-inline.js`,
  ]),
  "asupersync.js",
];

const [command, ...args] = process.argv.slice(2);
const [linked = "", outDir = "", name = "", ...flags] = args;
if (command === "finish" && flags.length > 0) finish(linked, outDir, name, flags);
else if (command === "sizes" && args.length === 1) printSizes(args[0] ?? "");
else throw new Error(`expected finish or sizes with their arguments, got ${process.argv}`);

/** @param {string} linked @param {string} outDir @param {string} name @param {string[]} flags */
function finish(linked, outDir, name, flags) {
  const wasm = path.join(outDir, `${name}.wasm`);
  optimise(linked, wasm, flags);
  const text = gzipSync(readFileSync(wasm), { level: 9 }).toString("base64");
  writeFileSync(
    path.join(outDir, `${name}-inline.js`),
    "// The kernel's wasm, gzipped, then base64: loaded only where the .wasm file cannot be fetched.\n" +
      `export const wasmGzipBase64 =\n  "${text}";\n`,
  );
  writeFileSync(
    path.join(outDir, `${name}-inline.d.ts`),
    "/** The kernel's wasm, gzipped, then base64. */\nexport declare const wasmGzipBase64: string;\n",
  );
}

/** @param {string} input @param {string} output @param {string[]} flags */
function optimise(input, output, flags) {
  const wasmOpt = packageCommand("binaryen", "bin/wasm-opt");
  if (!existsSync(wasmOpt)) {
    console.warn("wasm-opt is missing (run `npm ci`): the wasm is not optimised, about 9 % larger");
    copyFileSync(input, output);
    return;
  }
  // The features are read from the wasm itself, and stay written in it.
  const { status } = spawnSync(process.execPath, [wasmOpt, ...flags, input, "-o", output], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`wasm-opt ended with code ${status}`);
}

/** @param {string} outDir */
function printSizes(outDir) {
  const there = WEIGHED.filter((file) => existsSync(path.join(outDir, file)));
  const rows = there.map((file) => {
    const bytes = readFileSync(path.join(outDir, file));
    const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
    return [
      file,
      bytes.length,
      gzipSync(bytes, { level: 9 }).length,
      brotliCompressSync(bytes, { params: quality }).length,
    ];
  });
  for (const [file, ...sizes] of [["bytes", "raw", "gzip", "brotli"], ...rows]) {
    console.log(String(file).padEnd(26) + sizes.map((size) => String(size).padStart(9)).join(""));
  }
}
