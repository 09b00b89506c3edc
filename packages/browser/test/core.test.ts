/** The small door has the core alone; an operation is there once its own line is. */
import { createRuntime } from "@asupersync/browser/core";
import { expect, test } from "vitest";

test("an operation is there once it was loaded", async () => {
  await using runtime = await createRuntime();
  const before = await runtime.run((cx) => "retry" in cx);
  await import("@asupersync/browser/operations/retry");
  const after = await runtime.run((cx) => cx.retry(() => "done"));
  expect([before, after]).toMatchObject([
    { kind: "ok", value: false },
    { kind: "ok", value: "done" },
  ]);
});
