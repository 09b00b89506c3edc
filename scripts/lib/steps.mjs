// Every step of `npm test` and `npm run check`: what it runs and how its tests are counted.
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { fromCargo, fromPlaywright, fromTap, fromVitest } from "./reports.mjs";
import { packageCommand, root, run } from "./run.mjs";
import { turbo } from "./turbo.mjs";

/**
 * @typedef {import("./reports.mjs").Counts} Counts
 *
 * @typedef {object} Step
 * @property {string} name
 * @property {(env: Record<string, string>) => Promise<{ code: number, counts: Counts | null }>} run
 *   `counts` is null for a step that is no test runner.
 */

const COLOUR = process.stdout.isTTY ? { CARGO_TERM_COLOR: "always", FORCE_COLOR: "1" } : {};
/** All that the facade has natively; it refuses to be built natively with all its features. */
const FACADE_FEATURES = "--features=deterministic-mode,tokio";
const REPORTS = path.join(root, "target", "reports");

/** @type {Step[]} Seconds to a few minutes: run before every push. */
export const quickSteps = [
  command("tidy", "cargo", ["xtask", "tidy"]),
  command("abi table", "cargo", ["xtask", "abi", "--check"]),
  command("planted bugs", "cargo", ["xtask", "planted", "--check"]),
  command("cargo fmt", "cargo", ["fmt", "--all", "--check"]),
  // The facade has features that exclude each other, which `clippy wasm` and `features` look at.
  command("clippy", "cargo", [
    ...["clippy", "--workspace", "--exclude=asupersync", "--all-targets", "--all-features"],
    ...["--locked", "--", "--deny", "warnings"],
  ]),
  command("clippy facade", "cargo", [
    ...["clippy", "--package=asupersync", "--all-targets", FACADE_FEATURES],
    ...["--locked", "--", "--deny", "warnings"],
  ]),
  command("clippy wasm", "cargo", ["xtask", "lint-wasm"]),
  command("features", "cargo", ["xtask", "features"]),
  command("biome", process.execPath, [
    packageCommand("@biomejs/biome", "bin/biome"),
    ...["check", "--error-on-warnings", "."],
  ]),
  {
    name: "types",
    run: async (env) => {
      const scripts = await run(
        process.execPath,
        [packageCommand("typescript", "bin/tsc"), "--project", "scripts"],
        { output: "both", env: { ...env, ...COLOUR } },
      );
      const workspaces = await turbo(["typecheck"], { output: "both", env });
      return { code: scripts.code || workspaces.code, counts: null };
    },
  },
  {
    name: "cargo test",
    run: async (env) => {
      const options = { output: /** @type {const} */ ("both"), env: { ...env, ...COLOUR } };
      const { code, output } = await run(
        "cargo",
        ["test", "--workspace", "--locked", "--no-fail-fast"],
        options,
      );
      return { code, counts: fromCargo(output) };
    },
  },
  {
    name: "cargo doc",
    run: async (env) => {
      const options = {
        output: /** @type {const} */ ("both"),
        env: { ...env, ...COLOUR, RUSTDOCFLAGS: "--deny warnings" },
      };
      const doc = ["doc", "--workspace", "--no-deps", "--locked"];
      // As it comes, and as docs.rs shows it.
      const plain = await run("cargo", doc, options);
      const full = await run("cargo", [...doc, "--exclude=asupersync", "--all-features"], options);
      const facade = ["doc", "--package=asupersync", "--no-deps", "--locked", FACADE_FEATURES];
      const native = await run("cargo", facade, options);
      return { code: plain.code || full.code || native.code, counts: null };
    },
  },
  command("parity", "cargo", ["xtask", "parity", "--check"]),
  nodeTest("scripts"),
  nodeTest("bench"),
  ...["browser-core", "browser", "react", "next"].map(vitest),
  command("packages", process.execPath, ["scripts/packages.mjs"]),
  command("sizes", process.execPath, ["scripts/sizes.mjs"]),
  command("bench smoke", process.execPath, ["bench/run.mjs", "--smoke"]),
];

/** @type {Step[]} What needs the demos' production builds and a browser. */
export const slowSteps = [
  command("rust demo", "cargo", ["xtask", "rust-demo"]),
  {
    name: "demo build",
    run: async (env) => {
      const { code } = await turbo(["build", "--filter=./apps/*"], { output: "both", env });
      return { code, counts: null };
    },
  },
  {
    name: "e2e",
    run: (env) =>
      reported("e2e.json", fromPlaywright, (report) =>
        run(
          process.execPath,
          [packageCommand("@playwright/test", "cli.js"), "test", "--reporter=list,json"],
          {
            cwd: path.join(root, "e2e"),
            output: "both",
            env: { ...env, ...COLOUR, PLAYWRIGHT_JSON_OUTPUT_FILE: report },
          },
        ),
      ),
  },
];

/** @param {string} name @param {string} program @param {string[]} args @returns {Step} */
function command(name, program, args) {
  return {
    name,
    run: async (env) => {
      const { code } = await run(program, args, { output: "both", env: { ...env, ...COLOUR } });
      return { code, counts: null };
    },
  };
}

/** @param {string} name A folder of packages/. @returns {Step} */
function vitest(name) {
  return {
    name,
    run: (env) =>
      reported(`${name}.json`, fromVitest, (report) =>
        run(
          process.execPath,
          [
            packageCommand("vitest", "vitest.mjs"),
            ...["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
          ],
          {
            cwd: path.join(root, "packages", name),
            output: "both",
            env: { ...env, ...COLOUR },
          },
        ),
      ),
  };
}

/** @param {string} folder Runs every `*.test.mjs` below it. @returns {Step} */
function nodeTest(folder) {
  return {
    name: folder,
    run: (env) =>
      reported(`${folder}.tap`, fromTap, (report) => {
        const files = readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
          .filter((file) => file.endsWith(".test.mjs") && !file.includes("node_modules"))
          .map((file) => path.join(folder, file));
        const reporters = [
          ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
          ...["--test-reporter=tap", `--test-reporter-destination=${report}`],
        ];
        return run(process.execPath, ["--test", ...reporters, ...files], {
          output: "both",
          env: { ...env, ...COLOUR },
        });
      }),
  };
}

/**
 * Runs a test runner that leaves a report, and counts from it. A report of an earlier run is removed
 * first; a runner that leaves none has counted nothing.
 *
 * @param {string} file
 * @param {(text: string) => Counts} read
 * @param {(report: string) => Promise<{ code: number }>} start
 */
async function reported(file, read, start) {
  const report = path.join(REPORTS, file);
  mkdirSync(REPORTS, { recursive: true });
  rmSync(report, { force: true });
  const { code } = await start(report);
  return { code, counts: countsFrom(report, read) };
}

/** @param {string} report @param {(text: string) => Counts} read */
function countsFrom(report, read) {
  try {
    return read(readFileSync(report, "utf8"));
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
