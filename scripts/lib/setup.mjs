// All set-up: npm packages, the wasm target's std, the kernel's wasm, the browser, the TypeScript
// packages. Each step finds out by itself whether it has anything to do.
import { readFileSync } from "node:fs";
import path from "node:path";
import { BROWSER_VARIABLE } from "./browser.mjs";
import { ensureBrowser } from "./browser-install.mjs";
import { ensureNpmPackages } from "./npm-packages.mjs";
import { SetupError, step, tail } from "./progress.mjs";
import { root, run } from "./run.mjs";
import { turbo } from "./turbo.mjs";
import { ensureWasmToolchain } from "./wasm-toolchain.mjs";

/**
 * @param {object} wanted
 * @param {boolean} wanted.browser Whether a browser is needed.
 * @returns {Promise<Record<string, string>>} What to add to the environment of tests and benchmarks.
 * @throws {SetupError} When a step cannot be done here.
 */
export async function setup(wanted) {
  requireNode();
  console.log("Set-up");
  // Downloads beside compiling: what stands in one row does not need one another.
  await together([
    step("npm packages", async (note) => ({ done: await ensureNpmPackages(note), value: {} })),
    step("wasm std", async (note) => ({ done: await ensureWasmToolchain(note), value: {} })),
  ]);
  const [, browser] = await together([
    step("kernel wasm", async (note) => ({ done: await buildKernel(note), value: {} })),
    wanted.browser ? step("browser", findOrInstallBrowser) : {},
  ]);
  await step("packages", async (note) => ({ done: await buildPackages(note), value: {} }));
  return browser ?? {};
}

function requireNode() {
  const { engines } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const [wantedMajor, wantedMinor] = numbers(engines.node);
  const [major, minor] = numbers(process.version);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new SetupError(
    `Node ${process.version} is older than the ${wantedMajor}.${wantedMinor} that this needs`,
    "install a newer one from https://nodejs.org",
  );
}

/** @param {string} version @returns {[number, number]} */
function numbers(version) {
  const [major = 0, minor = 0] = (version.match(/\d+/g) ?? []).map(Number);
  return [major, minor];
}

/**
 * Waits for all, so that nothing goes on behind the message of the one that failed.
 *
 * @param {readonly (Record<string, string> | Promise<Record<string, string>>)[]} steps
 */
async function together(steps) {
  const settled = await Promise.allSettled(steps);
  return settled.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
}

/** @param {(note: string) => void} note */
async function findOrInstallBrowser(note) {
  const { executablePath, source } = await ensureBrowser(note);
  return {
    done: `${executablePath}, ${source}`,
    value: { [BROWSER_VARIABLE]: executablePath },
  };
}

/** @param {(note: string) => void} note */
async function buildKernel(note) {
  note("cargo xtask wasm, a minute or two the first time");
  const { code, output } = await run("cargo", ["xtask", "wasm"]);
  if (code === 0) return output.trim().split("\n").at(-1) ?? "";
  throw new SetupError(`cargo xtask wasm ended with code ${code}:\n${tail(output)}`, COMPILER);
}

/** @param {(note: string) => void} note */
async function buildPackages(note) {
  note("tsc, in dependency order");
  const { code, output } = await turbo(["build", "--filter=./packages/*"]);
  if (code === 0) return output.includes("FULL TURBO") ? "up to date" : "built";
  throw new SetupError(`building the packages ended with code ${code}:\n${tail(output)}`, COMPILER);
}

const COMPILER = "mend what the compiler says above, then run the same command again";
