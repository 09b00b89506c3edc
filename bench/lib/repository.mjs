/** Where the repository is, which commit it stands at, and whether the SDK is built. */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const repositoryRoot = fileURLToPath(new URL("../..", import.meta.url));

/** What the SDK's contestants import, built by the repository's own scripts. */
const SDK_FILES = ["packages/browser/dist/index.js", "packages/browser-core/wasm/asupersync.wasm"];

/** The files of the SDK that have not been built. */
export function missingSdkFiles() {
  return SDK_FILES.filter((path) => !existsSync(join(repositoryRoot, path)));
}

/**
 * The commit that was measured; `modified` when anything but the results differs from it. Outside
 * a git work tree, or before its first commit, the commit is `unknown`.
 */
export function describeCommit() {
  const commit = git("rev-parse", "--verify", "HEAD");
  if (commit === undefined) return { commit: "unknown", modified: true };
  const changes = git("status", "--porcelain", "--", ":/", ":!bench/results", ":!bench/README.md");
  return { commit, modified: changes !== "" };
}

function git(...args) {
  try {
    const options = { cwd: repositoryRoot, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
    return execFileSync("git", args, options).trim();
  } catch {
    return undefined;
  }
}
