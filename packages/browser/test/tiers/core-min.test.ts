/** The smallest kernel does what every kernel does, and refuses what it was made without. */
import { expect, test } from "vitest";
import { coreMin } from "../../src/core-min.js";
import { createRuntime, subscribeEvents } from "../../src/index.js";
import { withRuntime } from "../support.js";
import { testTier } from "./tier.js";

testTier(coreMin);

test("a trace is refused before there is a runtime", async () => {
  // More often than there can be runtimes: none is left behind.
  for (let round = 0; round < 200; round += 1) {
    const trace = round % 2 === 0 ? {} : { capacity: 1 };
    await expect(createRuntime({ wasm: coreMin, trace })).rejects.toMatchObject({
      code: "TRACE_ABSENT",
      received: "core-min",
    });
  }
  const runtime = await createRuntime({ wasm: coreMin, trace: { capacity: 0 } });
  await runtime.close();
});

test("a fingerprint is refused and not made up, and nobody can listen to events", async () => {
  await withRuntime(
    async (runtime) => {
      const absent = expect.objectContaining({ code: "TRACE_ABSENT" });
      expect(() => runtime.fingerprint()).toThrow(absent);
      expect(() => subscribeEvents(runtime, () => undefined)).toThrow(absent);
      await runtime.run(() => 1);
      expect(runtime.events()).toEqual([]);
      const { events, eventsDropped } = runtime.counters();
      expect(eventsDropped).toBe(events);
      expect(events).toBeGreaterThan(0);
    },
    { wasm: coreMin },
  );
});
