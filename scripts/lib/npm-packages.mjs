// Installs what package-lock.json names, when node_modules does not hold exactly that.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { SetupError } from "./progress.mjs";
import { npm, root } from "./run.mjs";

/**
 * @param {(note: string) => void} note Called before anything slow.
 * @returns {Promise<string>} What was done, for the progress line.
 * @throws {SetupError} When npm fails.
 */
export async function ensureNpmPackages(note) {
  if (matches(read("package-lock.json"), read("node_modules/.package-lock.json"))) {
    return "up to date";
  }
  note("npm ci");
  const { code, output } = await npm(["ci", "--no-fund", "--no-audit"]);
  if (code === 0) return "installed";
  throw new SetupError(
    `npm ci ended with code ${code}:\n${reason(output)}`,
    "if package.json was edited, run `npm install`; else mend what npm says above",
  );
}

/** @param {string} output @returns {string} What npm says first: its page of options comes after. */
function reason(output) {
  return output.split(/^npm error (?:Clean install a project|A complete log)/m)[0]?.trim() ?? "";
}

/**
 * Compares the lockfile with the one that npm leaves inside node_modules: no note of our own to go
 * stale, and an `npm install` by hand counts.
 *
 * @param {Lockfile | undefined} wanted
 * @param {Lockfile | undefined} installed
 * @returns {boolean} Whether every package that is wanted on this machine is there as locked.
 */
export function matches(wanted, installed) {
  if (!wanted || !installed) return false;
  return Object.entries(wanted.packages).every(([name, entry]) => {
    const found = installed.packages[name];
    // Packages for other systems are optional and absent; the root is never listed.
    if (!found) return name === "" || entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/**
 * @typedef {object} Lockfile
 * @property {Record<string, { version?: string, integrity?: string, optional?: boolean }>} packages
 */

/** @param {string} file @returns {Lockfile | undefined} */
function read(file) {
  const full = path.join(root, file);
  return existsSync(full) ? JSON.parse(readFileSync(full, "utf8")) : undefined;
}
