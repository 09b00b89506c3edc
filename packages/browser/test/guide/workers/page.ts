/** The page's side of the guide's page on workers, as a user writes it. */

// page.ts
import { createWorker } from "@asupersync/browser/worker-client";
import type { tasks } from "./tasks.worker.js";

export const worker = createWorker<typeof tasks>(
  () => new Worker(new URL("./tasks.worker.ts", import.meta.url), { type: "module" }),
);
