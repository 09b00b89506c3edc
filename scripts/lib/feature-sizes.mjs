// What each feature of `@asupersync/browser` costs beside `createRuntime` of its small door: each operation
// that is loaded by a line of its own, and each function.
import { readFileSync } from "node:fs";
import path from "node:path";
import { root } from "./run.mjs";
import { weigh } from "./weigh.mjs";

const FOLDER = path.join(root, "packages/browser");
const EXTERNAL = [/^@asupersync\//];

/**
 * @typedef {object} Feature
 * @property {string} name
 * @property {number} bytes Gzip, alone: of two features that share code, each has all of it.
 */

/** @returns {Promise<{ readonly core: number, readonly features: Feature[], readonly all: number }>} */
export async function featureSizes() {
  const core = path.join(FOLDER, "dist/core.js");
  const { bytes: alone } = await weigh(take(core, ["createRuntime"]), EXTERNAL);
  /** @type {Feature[]} */
  const features = [];
  for (const [door, file] of doors()) {
    const { bytes } = await weigh(
      `import ${quoted(file)};${take(core, ["createRuntime"])}`,
      EXTERNAL,
    );
    features.push({ name: `operations/${door}`, bytes: bytes - alone });
  }
  const { exports } = await weigh(`export * from ${quoted(core)};`, EXTERNAL);
  for (const name of exports) {
    const { bytes } = await weigh(take(core, [...new Set(["createRuntime", name])]), EXTERNAL);
    if (bytes > alone) features.push({ name, bytes: bytes - alone });
  }
  features.sort((a, b) => b.bytes - a.bytes);
  const whole = await weigh(take(path.join(FOLDER, "dist/index.js"), ["createRuntime"]), EXTERNAL);
  return { core: alone, features, all: whole.bytes };
}

/** @param {string} file @param {string[]} names */
function take(file, names) {
  return `export { ${names.join(", ")} } from ${quoted(file)};`;
}

/** @param {string} file */
function quoted(file) {
  return JSON.stringify(file);
}

/** The doors of operations, and their files. @returns {[string, string][]} */
function doors() {
  const { exports } = JSON.parse(readFileSync(path.join(FOLDER, "package.json"), "utf8"));
  const prefix = "./operations/";
  return Object.entries(exports)
    .filter(([door]) => door.startsWith(prefix))
    .map(([door, target]) => [door.slice(prefix.length), path.join(FOLDER, target.default)]);
}
