/** The versions of the libraries that were measured. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "./repository.mjs";

/** The version of the package installed under `name`; `undefined` without a name. */
export function versionOf(name) {
  if (name === undefined) return undefined;
  const path = ["bench/node_modules", "node_modules"]
    .map((folder) => join(repositoryRoot, folder, name, "package.json"))
    .find((file) => existsSync(file));
  // A manifest may not be among a package's exports, so it is read, not resolved.
  return path && JSON.parse(readFileSync(path, "utf8")).version;
}
