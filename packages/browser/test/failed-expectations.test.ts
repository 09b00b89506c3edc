/** Proves that no body of a task, and no `catch`, keeps a failed expectation from failing its test. */
import { expect, test } from "vitest";
import { withRuntime } from "./support.js";

test.fails("an expectation that failed in a task whose outcome nobody looks at fails its test", async () => {
  await withRuntime(async (runtime) => {
    await runtime.run(function* (cx) {
      yield* cx.checkpoint();
      expect("what came").toBe("what was expected");
    });
  });
});

test.fails("an expectation that failed and was caught fails its test", () => {
  try {
    expect("what came").toBe("what was expected");
  } catch {}
});

test("an expectation that holds leaves its test alone", () => {
  expect("what came").toBe("what came");
});
