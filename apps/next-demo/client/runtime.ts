/** The one runtime of the page. It outlives a navigation, so `/away` can show that it is empty. */
import { createClientRuntime } from "@asupersync/next";

/** Short, so that nobody waits long to see a stubborn task named. */
const DRAIN_TIME_MS = 1_500;

export const demoRuntime = createClientRuntime({ label: "demo", drainTimeMs: DRAIN_TIME_MS });

// For whoever opens the console: `asupersyncDemo.getSnapshot().runtime.counters()`.
if (typeof window !== "undefined") Object.assign(window, { asupersyncDemo: demoRuntime });
