/** Owns the workers of the tests as Node runs them: built into one file each, since Node takes no TypeScript. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "vite";
import type { TestProject } from "vitest/node";
import { doors, environmentDoor } from "../doors.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the folder with the built workers. */
    workers: string;
  }
}

const FILES = {
  "tasks.worker": "test/worker/fixtures/tasks.worker.ts",
  "guide.worker": "test/guide/workers/tasks.worker.ts",
};

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), "asupersync-workers-"));
  const { root } = project.config;
  await build({
    configFile: false,
    root,
    logLevel: "warn",
    resolve: { alias: [...doors, environmentDoor("development")] },
    build: {
      ssr: true,
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: {
        input: FILES,
        // What the package says of its side effects names the built files, and these are the sources.
        treeshake: false,
        output: { entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" },
      },
    },
    ssr: { noExternal: true },
  });
  project.provide("workers", pathToFileURL(`${folder}/`).href);
  return () => rm(folder, { recursive: true, force: true });
}
