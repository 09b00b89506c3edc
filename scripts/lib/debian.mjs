// Installs Debian packages, only on Debian and only as root; everywhere else it says so.
import { existsSync, readFileSync } from "node:fs";
import { SetupError, tail } from "./progress.mjs";
import { run } from "./run.mjs";

// A machine that has just booted may still hold apt's lock.
const APT = ["-o", "DPkg::Lock::Timeout=600", "-o", "Acquire::Retries=3", "-qq"];
const ENV = { DEBIAN_FRONTEND: "noninteractive" };

/** @returns {boolean} Whether this is Debian itself: Ubuntu's packages of these names differ. */
export function isDebian() {
  return (
    existsSync("/usr/bin/apt-get") &&
    existsSync("/etc/os-release") &&
    /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"))
  );
}

/** @returns {boolean} Whether this process is root. */
export function isRoot() {
  return process.getuid?.() === 0;
}

/**
 * Names of available packages that match `pattern`, with the lists fetched first if there are none.
 *
 * @param {string} pattern A regular expression as `apt-cache search` takes it.
 */
export async function searchPackages(pattern) {
  for (const update of [false, true]) {
    if (update) await run("apt-get", [...APT, "update"], { env: ENV });
    const { output } = await run("apt-cache", ["search", "--names-only", pattern]);
    const names = output.split("\n").flatMap((line) => line.split(" - ")[0]?.trim() || []);
    if (names.length > 0) return names;
  }
  return [];
}

/**
 * @param {readonly string[]} packages
 * @throws {SetupError} When apt cannot install them.
 */
export async function installPackages(packages) {
  const install = ["install", "-y", "--no-install-recommends", ...packages];
  let result = await run("apt-get", [...APT, ...install], { env: ENV });
  if (result.code !== 0) {
    // Empty or old package lists look like a missing package or a 404.
    await run("apt-get", [...APT, "update"], { env: ENV });
    result = await run("apt-get", [...APT, ...install], { env: ENV });
  }
  if (result.code === 0) return;
  throw new SetupError(
    `apt-get ${install.join(" ")} ended with code ${result.code}:\n${tail(result.output)}`,
    "mend what apt-get says above, then run the same command again",
  );
}
