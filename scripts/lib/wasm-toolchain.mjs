// Makes `cargo build --target wasm32-unknown-unknown` work: finds the target's std or gets one.
//
// 1. The active rustc already has it.
// 2. `rustup target add` fetches it.
// 3. On Debian: Debian's own rustc and linker, and one build of std from Debian's source.
//
// WASM_TOOLCHAIN=installed|rustup|debian tries that way alone.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { isDebian, isRoot } from "./debian.mjs";
import { debianSysroot } from "./debian-sysroot.mjs";
import { SetupError, tail } from "./progress.mjs";
import { root, run, setupDir } from "./run.mjs";

const TARGET = "wasm32-unknown-unknown";
const RUSTUP_TIMEOUT_MS = 180_000;

/** Read by `cargo xtask wasm`: lines of `NAME=value`, and `RUSTFLAG=` for each compiler flag. */
const ENV_FILE = path.join(setupDir, "wasm-toolchain.env");

/**
 * @param {(note: string) => void} note Called before anything slow.
 * @returns {Promise<string>} How the std was come by, for the progress line.
 * @throws {SetupError} When no way works on this machine.
 */
export async function ensureWasmToolchain(note) {
  await requireRust();
  const ways = { installed, rustup, debian };
  const asked = process.env.WASM_TOOLCHAIN;
  if (asked && !(asked in ways)) {
    throw new SetupError(
      `WASM_TOOLCHAIN=${asked} is none of ${Object.keys(ways).join(", ")}`,
      "unset it, or set it to one of these",
    );
  }
  const names = /** @type {(keyof typeof ways)[]} */ (asked ? [asked] : Object.keys(ways));
  const refusals = [];
  for (const name of names) {
    const found = await ways[name](note);
    if ("done" in found) {
      writeForXtask(found.compiler);
      return found.done;
    }
    refusals.push(`- ${name}: ${found.refusal}`);
  }
  throw new SetupError(
    `no standard library for ${TARGET}:\n${refusals.join("\n")}`,
    `run \`rustup target add ${TARGET}\` where the network allows it, then the same command again`,
  );
}

/**
 * `compiler` is absent when plain `cargo` will do.
 *
 * @typedef {{ rustc: string, clippy: string, flags: string[] }} Compiler
 * @typedef {{ done: string, compiler?: Compiler } | { refusal: string }} Found
 */

/** @returns {Promise<Found>} */
async function installed() {
  return (await hasStd("rustc")) ? { done: "present" } : { refusal: "the active rustc has none" };
}

/** @param {(note: string) => void} note @returns {Promise<Found>} */
async function rustup(note) {
  note(`rustup target add ${TARGET}`);
  const { code, output } = await run("rustup", ["target", "add", TARGET], {
    timeoutMs: RUSTUP_TIMEOUT_MS,
  });
  if (code === 0 && (await hasStd("rustc"))) return { done: "added by rustup" };
  return { refusal: `\`rustup target add\` ended with code ${code}: ${tail(output)}` };
}

/** @param {(note: string) => void} note @returns {Promise<Found>} */
async function debian(note) {
  if (!isDebian()) return { refusal: "this is not Debian" };
  return debianSysroot(TARGET, isRoot(), note);
}

/** @param {string} rustc */
async function hasStd(rustc) {
  const { code, output } = await run(rustc, ["--print", "target-libdir", "--target", TARGET]);
  const dir = output.trim();
  return (
    code === 0 && existsSync(dir) && readdirSync(dir).some((f) => /^libcore-.*\.rlib$/.test(f))
  );
}

async function requireRust() {
  const wanted = /rust-version = "(\d+)\.(\d+)"/.exec(
    readFileSync(path.join(root, "Cargo.toml"), "utf8"),
  );
  const { code, output } = await run("rustc", ["--version"]);
  const found = /^rustc (\d+)\.(\d+)/.exec(output);
  if (code === 127) {
    throw new SetupError("Rust is not installed", "install it from https://rustup.rs");
  }
  if (!found || !wanted) throw new SetupError(`rustc --version said: ${output}`, "reinstall Rust");
  const [, major = 0, minor = 0] = found.map(Number);
  const [, wantedMajor = 0, wantedMinor = 0] = wanted.map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new SetupError(
    `Rust ${major}.${minor} is older than the ${wantedMajor}.${wantedMinor} that this needs`,
    "run `rustup update stable`",
  );
}

/** @param {Compiler | undefined} compiler */
function writeForXtask(compiler) {
  const lines = compiler
    ? [
        `RUSTC=${compiler.rustc}`,
        `CARGO_CLIPPY=${compiler.clippy}`,
        ...compiler.flags.map((flag) => `RUSTFLAG=${flag}`),
      ]
    : [];
  mkdirSync(setupDir, { recursive: true });
  writeFileSync(ENV_FILE, lines.map((line) => `${line}\n`).join(""));
}
