// Packs the published packages as `npm publish` would: the tarballs are what users get.
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { npm, root } from "./run.mjs";

/** Published packages, each after those that it needs. */
export const PUBLISHED = ["browser-core", "browser", "react", "next"];

/**
 * Packs them into `folder`, which is emptied first.
 *
 * @param {string} folder
 * @returns {Promise<string[]>} Paths of the tarballs.
 */
export async function packInto(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const workspaces = PUBLISHED.flatMap((name) => ["--workspace", `@asupersync/${name}`]);
  const { code, output } = await npm(["pack", "--pack-destination", folder, ...workspaces]);
  if (code !== 0) throw new Error(`npm pack ended with code ${code}:\n${output}`);
  return readdirSync(folder)
    .sort()
    .map((file) => path.join(folder, file));
}

/** Where `npm test` leaves the tarballs. */
export const packedDir = path.join(root, "target", "packed");
