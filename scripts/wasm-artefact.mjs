// The last steps of `cargo xtask wasm`, where Node has the tools: optimise, inline, weigh.
//
//   node scripts/wasm-artefact.mjs finish LINKED.wasm OUT_DIR
//   node scripts/wasm-artefact.mjs sizes OUT_DIR
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { packageCommand } from "./lib/run.mjs";

const WEIGHED = ["asupersync.wasm", "asupersync.js", "asupersync-inline.js"];

const [command, ...args] = process.argv.slice(2);
if (command === "finish" && args.length === 2) finish(args[0] ?? "", args[1] ?? "");
else if (command === "sizes" && args.length === 1) printSizes(args[0] ?? "");
else throw new Error(`expected finish LINKED.wasm OUT_DIR or sizes OUT_DIR, got ${process.argv}`);

/** @param {string} linked @param {string} outDir */
function finish(linked, outDir) {
  const wasm = path.join(outDir, "asupersync.wasm");
  optimise(linked, wasm);
  const text = gzipSync(readFileSync(wasm), { level: 9 }).toString("base64");
  writeFileSync(
    path.join(outDir, "asupersync-inline.js"),
    "// The kernel's wasm, gzipped, then base64: loaded only where the .wasm file cannot be fetched.\n" +
      `export const wasmGzipBase64 =\n  "${text}";\n`,
  );
  writeFileSync(
    path.join(outDir, "asupersync-inline.d.ts"),
    "/** The kernel's wasm, gzipped, then base64. */\nexport declare const wasmGzipBase64: string;\n",
  );
}

/** @param {string} input @param {string} output */
function optimise(input, output) {
  const wasmOpt = packageCommand("binaryen", "bin/wasm-opt");
  if (!existsSync(wasmOpt)) {
    console.warn("wasm-opt is missing (run `npm ci`): the wasm is not optimised, about 9 % larger");
    copyFileSync(input, output);
    return;
  }
  // The features are read from the wasm itself, and stay written in it.
  const { status } = spawnSync(process.execPath, [wasmOpt, "-O3", input, "-o", output], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`wasm-opt ended with code ${status}`);
}

/** @param {string} outDir */
function printSizes(outDir) {
  const rows = WEIGHED.map((file) => {
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
    console.log(String(file).padEnd(22) + sizes.map((size) => String(size).padStart(9)).join(""));
  }
}
