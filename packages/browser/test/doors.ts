/** Owns where the package's own names lead in its tests: to the sources. */
import { fileURLToPath } from "node:url";

export const doors = [
  door("@asupersync/browser", "../src/index.ts"),
  door("@asupersync/browser/core", "../src/core.ts"),
  door("@asupersync/browser/core-min", "../src/core-min.ts"),
  door("@asupersync/browser/full-dev", "../src/full-dev.ts"),
  door("@asupersync/browser/operations/retry", "../src/combinators/retry.ts"),
  door("@asupersync/browser/worker", "../src/worker/worker.ts"),
  door("@asupersync/browser/worker-client", "../src/worker/worker-client.ts"),
];

/** Where the sources find the loader, for tests that run on the smallest kernel. */
export const coreMinDoor = door("@asupersync/browser-core/load", "tiers/load-core-min.ts");

/** Where the sources learn which kind of build they are in. */
export function environmentDoor(environment: "development" | "production") {
  return door("#environment", `../src/environment.${environment}.ts`);
}

function door(name: string, file: string) {
  return {
    find: new RegExp(`^${name}$`),
    replacement: fileURLToPath(new URL(file, import.meta.url)),
  };
}
