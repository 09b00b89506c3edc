/** A body that never ends is found out too: its operation was collected, and nobody had asked for it. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { createRuntime, type Warning } from "../../src/index.js";
import { deferred, idle } from "../support.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

test("an operation that is collected unheard is told while its task goes on", async () => {
  const told = deferred<Warning>();
  const runtime = await createRuntime({ onWarning: told.resolve });
  const task = runtime.spawn(
    async (cx) => {
      void cx.sleep(0);
      for (;;) await cx.sleep(1);
    },
    { label: "endless" },
  );
  await idle(runtime);
  // The collector tells of what it found in a task of its own, at a time of its own.
  const collecting = setInterval(collectGarbage, 1);
  const warning = await told.promise;
  clearInterval(collecting);
  expect(task.state).toBe("running");
  expect(warning).toMatchObject({ code: "OP_NOT_AWAITED", label: "endless" });
  expect(warning.site).toContain("collected.node.test");
  await runtime.close();
});
