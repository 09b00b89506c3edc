/** What a production build leaves out: it looks for no misuse, and leaves to the pages what they say. */
import { expect, test, vi } from "vitest";
import { type AsupersyncError, createRuntime } from "../../src/index.js";
import { OpRecord } from "../../src/op.js";
import { thrown, withRuntime } from "../support.js";

test("nothing is warned of, and no operation is watched", async () => {
  const warn = vi.spyOn(console, "warn");
  const { warnings } = await withRuntime(async (runtime) => {
    await runtime.run(async (outer) => {
      void outer.sleep(60_000);
      await outer.timeout(60_000, async (cx) => {
        await cx.sleep(0);
        await outer.sleep(0);
      });
    });
  });
  expect(warnings).toEqual([]);
  expect(warn).not.toHaveBeenCalled();
  expect(Object.getOwnPropertyDescriptor(OpRecord.prototype, "then")?.get).toBeUndefined();
  warn.mockRestore();
});

test("an error says what came and where its page is; what is known better than there, it says too", async () => {
  const { failures } = await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) => cx.race([]));
    if (outcome.kind !== "err") throw new Error("expected a failure");
    const error = outcome.error as AsupersyncError;
    expect(error.message).toBe(
      "EMPTY_RACE: got no body (see @asupersync/browser/docs/errors/EMPTY_RACE.md)",
    );
    expect(error).toMatchObject({
      code: "EMPTY_RACE",
      received: "no body",
      expected: "",
      mend: "",
    });

    const range = thrown(() => runtime.spawn(() => 1, { priority: 9 }));
    expect((range as Error).message).toBe(
      "INVALID_NUMBER: expected a whole number from 0 to 7 as priority, got 9: pass a number in that range (see @asupersync/browser/docs/errors/INVALID_NUMBER.md)",
    );
  });
  expect(failures).toEqual([]);
});

test("spawn sites are kept with a trace, and by no other default", async () => {
  const fail = (): never => {
    throw new Error("boom");
  };
  for (const [options, kept] of [
    [{}, false],
    [{ trace: {} }, true],
    [{ spawnSites: true }, true],
  ] as const) {
    const { failures } = await withRuntime(async (runtime) => {
      runtime.spawn(fail);
    }, options);
    expect(failures.map(({ spawnSite }) => spawnSite !== undefined)).toEqual([kept]);
  }
});

test("a warning's listener is checked all the same", async () => {
  await expect(createRuntime({ onWarning: 5 as never })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    expected: "a function as onWarning",
  });
});
