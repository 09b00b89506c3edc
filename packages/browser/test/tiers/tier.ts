/** What every kernel does, whatever it was made without. A realm has one kernel, so each tier has a file. */
import { expect, test } from "vitest";
import { type CancelledError, type RuntimeOptions, TimeoutError } from "../../src/index.js";
import { deferred, forBothKinds, idle, withRuntime } from "../support.js";

/** Makes the tests of a tier. */
export function testTier(wasm: NonNullable<RuntimeOptions["wasm"]>): void {
  forBothKinds((body) => {
    test("a scope waits for its tasks and has their outcomes", async () => {
      const { report } = await withRuntime(
        async (runtime) => {
          const outcome = await runtime.run(
            body(function* (cx) {
              const values: number[] = yield* cx.all([
                body(function* (own) {
                  yield* own.sleep(1);
                  return 1;
                }),
                () => 2,
              ]);
              return values;
            }),
          );
          expect(outcome).toEqual({ kind: "ok", value: [1, 2] });
        },
        { wasm },
      );
      expect(report.revoked).toEqual([]);
    });

    test("a cancelled task cleans up before it has ended", async () => {
      await withRuntime(
        async (runtime) => {
          const log: string[] = [];
          const task = runtime.spawn(
            body(function* (cx) {
              cx.defer(() => void log.push("finalizer"));
              try {
                yield* cx.sleep(60_000);
              } finally {
                log.push("finally");
              }
            }),
          );
          await idle(runtime);
          task.cancel({ message: "superseded" });
          expect(await task.join()).toMatchObject({
            kind: "cancelled",
            cancel: { kind: "user", message: "superseded" },
          });
          expect(log).toEqual(["finally", "finalizer"]);
        },
        { wasm },
      );
    });

    test("a race is won when the losers have ended", async () => {
      await withRuntime(
        async (runtime) => {
          const log: string[] = [];
          const outcome = await runtime.run(
            body(function* (cx) {
              const winner: string = yield* cx.race([
                () => "first",
                body(function* (own) {
                  try {
                    yield* own.sleep(60_000);
                  } catch (error) {
                    log.push((error as CancelledError).code);
                  }
                  return "second";
                }),
              ]);
              log.push("won");
              return winner;
            }),
          );
          expect(outcome).toEqual({ kind: "ok", value: "first" });
          expect(log.at(-1)).toBe("won");
        },
        { wasm },
      );
    });

    test("a timeout ends what it bounds", async () => {
      await withRuntime(
        async (runtime) => {
          const outcome = await runtime.run(
            body(function* (cx) {
              yield* cx.timeout(5, (own) => own.sleep(60_000));
            }),
          );
          expect(outcome).toMatchObject({ kind: "err", error: expect.any(TimeoutError) });
        },
        { wasm },
      );
    });
  });

  test("a body that does not answer is revoked and named", async () => {
    const { report } = await withRuntime(
      async (runtime) => {
        const stuck = deferred();
        const task = runtime.spawn(() => stuck.promise, { label: "stuck" });
        await idle(runtime);
        task.cancel();
        expect(await task.join()).toMatchObject({ kind: "cancelled" });
      },
      { wasm, drainTimeMs: 5 },
    );
    expect(report.revoked).toMatchObject([{ label: "stuck" }]);
  });

  test("hostile numbers are refused by a typed error, and nothing is harmed", async () => {
    await withRuntime(
      async (runtime) => {
        for (const ms of [Number.NaN, -1, Number.POSITIVE_INFINITY, 2 ** 70]) {
          await expect(runtime.spawn((cx) => cx.sleep(ms)).result()).rejects.toMatchObject({
            code: "INVALID_NUMBER",
          });
        }
        const ended = runtime.spawn(() => 1);
        await ended.join();
        ended.cancel();
        expect(await runtime.run(() => 2)).toEqual({ kind: "ok", value: 2 });
      },
      { wasm },
    );
  });

  test("one seed has one certificate, and the snapshot shows what is live", async () => {
    const certificates: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      await withRuntime(
        async (runtime) => {
          const task = runtime.spawn((cx) => cx.sleep(60_000), { label: "nap" });
          await idle(runtime);
          expect(JSON.stringify(runtime.snapshot())).toContain('"nap"');
          task.cancel();
          await task.join();
          certificates.push(runtime.certificate());
        },
        { wasm, seed: 7 },
      );
    }
    expect(certificates[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(certificates[1]).toBe(certificates[0]);
  });
}
