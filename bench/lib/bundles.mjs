/**
 * Bundles by rolldown, as an app has its libraries: of the page with all contestants,
 * and of each contestant's first task, minified, for both hosts.
 */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { repositoryRoot } from "./repository.mjs";

/** Left out of git. */
export const bundlesFolder = join(repositoryRoot, "bench", "bundles");

const benchFolder = fileURLToPath(new URL("..", import.meta.url));

/** Writes `page/page.mjs` and a chunk for each contestant; names are kept, for profiles. */
export async function bundlePage() {
  const input = { page: join(benchFolder, "lib", "page.mjs") };
  const folder = join(bundlesFolder, "page");
  await bundle({ input, platform: "browser", folder, minify: false });
}

/**
 * @param {readonly import("../contestants/index.mjs").Contestant[]} contestants
 * @param {"node" | "browser"} platform
 * @returns {Promise<Map<string, URL>>} The file of each, by the contestant's id.
 */
export async function bundleFirst(contestants, platform) {
  const files = new Map();
  for (const { id, first } of contestants) {
    if (first === undefined) continue;
    const folder = join(bundlesFolder, `first-${platform}`, id);
    const input = { first: join(benchFolder, "contestants", first) };
    await bundle({ input, platform, folder, minify: true });
    files.set(id, pathToFileURL(join(folder, "first.mjs")));
  }
  return files;
}

async function bundle({ input, platform, folder, minify }) {
  rmSync(folder, { recursive: true, force: true });
  const build = await rolldown({
    input,
    platform,
    logLevel: "silent",
    transform: { define: { "process.env.NODE_ENV": '"production"' } },
    resolve: {
      conditionNames: [
        "production",
        "module",
        "import",
        platform === "node" ? "node" : "browser",
        "default",
      ],
    },
  });
  await build.write({
    dir: folder,
    format: "esm",
    minify,
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name]-[hash].mjs",
  });
  await build.close();
}
