/** The kernel that checks itself does what every kernel does, with a trace. */
import { expect, test } from "vitest";
import { fullDev } from "../../src/full-dev.js";
import { withRuntime } from "../support.js";
import { testTier } from "./tier.js";

testTier(fullDev);

test("it has a fingerprint and keeps events", async () => {
  await withRuntime(
    async (runtime) => {
      await runtime.run(() => 1);
      expect(runtime.fingerprint()).toMatch(/^[0-9a-f]{16}$/);
      expect(runtime.events().map(({ kind }) => kind)).toContain("taskCompleted");
    },
    { wasm: fullDev, trace: {} },
  );
});
