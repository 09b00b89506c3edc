/** `cx.frame` and `cx.idle`: what a page does, what a host without them does, and nothing left behind. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { forBothKinds, idle, thrown, withRuntime } from "../support.js";
import { expectNothingLive } from "./support.js";

const hasFrames = typeof requestAnimationFrame === "function";
const hasIdle = typeof requestIdleCallback === "function";

afterEach(() => vi.unstubAllGlobals());

forBothKinds((body) => {
  if (hasFrames) {
    test("a frame gives its time, the next one a later time", async () => {
      await withRuntime(async (runtime) => {
        const outcome = await runtime.run(
          body(function* (cx) {
            const first = yield* cx.frame();
            const second = yield* cx.frame();
            return [first, second];
          }),
        );
        const times = outcome.kind === "ok" ? outcome.value : [];
        expect(times[0]).toBeGreaterThan(0);
        expect(times[1]).toBeGreaterThan(times[0] ?? 0);
        expectNothingLive(runtime);
      });
    });
  } else {
    test("where there are no frames it says so, and says what to do", async () => {
      await withRuntime(async (runtime) => {
        const outcome = await runtime.run(
          body(function* (cx) {
            return thrown(() => cx.frame());
          }),
        );
        expect(outcome).toMatchObject({
          kind: "ok",
          value: { code: "UNSUPPORTED", expected: "a host with requestAnimationFrame" },
        });
        expectNothingLive(runtime);
      });
    });
  }

  test("on a page that is not drawn the wait goes on, and a cancellation takes it back", async () => {
    const callbacks = new Map<number, (time: number) => void>();
    vi.stubGlobal("requestAnimationFrame", (callback: (time: number) => void) => {
      callbacks.set(7, callback);
      return 7;
    });
    vi.stubGlobal("cancelAnimationFrame", (id: number) => callbacks.delete(id));
    await withRuntime(async (runtime) => {
      const task = runtime.spawn(
        body(function* (cx) {
          return yield* cx.race([
            body(function* (inner) {
              return yield* inner.frame();
            }),
            body(function* (inner) {
              yield* inner.sleep(1);
              return "not drawn";
            }),
          ]);
        }),
      );
      expect(await task.join()).toEqual({ kind: "ok", value: "not drawn" });
      expect(callbacks.size).toBe(0);

      const waiting = runtime.spawn(
        body(function* (cx) {
          return yield* cx.frame();
        }),
      );
      await idle(runtime);
      callbacks.get(7)?.(42);
      expect(await waiting.join()).toEqual({ kind: "ok", value: 42 });
      expectNothingLive(runtime);
    });
  });

  test("an idle moment has time left, and says who told of it", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          const moment = yield* cx.idle();
          return { ...moment, left: moment.timeRemaining() };
        }),
      );
      expect(outcome).toMatchObject({
        kind: "ok",
        value: { didTimeout: false, isNative: hasIdle },
      });
      const left = outcome.kind === "ok" ? outcome.value.left : -1;
      expect(left).toBeGreaterThanOrEqual(0);
      expect(left).toBeLessThanOrEqual(50);
      expectNothingLive(runtime);
    });
  });
});

describe("idle", () => {
  test("where the host has none, the moment begins after others had their turn", async () => {
    vi.stubGlobal("requestIdleCallback", undefined);
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const waiting = runtime.run(async (cx) => {
        const idle = cx.idle({ timeoutMs: 60_000 });
        // Whatever runs in microtasks is ahead of it, however slow the machine is.
        queueMicrotask(() => queueMicrotask(() => log.push("others")));
        const moment = await idle;
        log.push("idle");
        await cx.sleep(60);
        return [moment.isNative, moment.didTimeout, moment.timeRemaining()];
      });
      expect(await waiting).toEqual({ kind: "ok", value: [false, false, 0] });
      expect(log).toEqual(["others", "idle"]);
    });
  });

  test("a busy page makes it go on after its time, and a cancellation takes it back", async () => {
    const asked: unknown[] = [];
    const withdrawn: number[] = [];
    let callback: ((deadline: IdleDeadline) => void) | undefined;
    vi.stubGlobal("requestIdleCallback", (run: typeof callback, options: unknown) => {
      callback = run;
      return asked.push(options);
    });
    vi.stubGlobal("cancelIdleCallback", (id: number) => withdrawn.push(id));
    await withRuntime(async (runtime) => {
      const late = runtime.run(async (cx) => (await cx.idle({ timeoutMs: 1e12 })).didTimeout);
      await idle(runtime);
      callback?.({ didTimeout: true, timeRemaining: () => 0 });
      expect(await late).toEqual({ kind: "ok", value: true });
      const task = runtime.spawn((cx) => cx.idle());
      await idle(runtime);
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
      expect(asked).toEqual([{ timeout: 2 ** 31 - 1 }, {}]);
      expect(withdrawn).toEqual([1, 2]);
      expectNothingLive(runtime);
    });
  });

  test.each<[unknown, string]>([
    [{ timeoutMs: -1 }, "INVALID_NUMBER"],
    [{ timeoutMs: "1" }, "INVALID_NUMBER"],
    [{ timeout: 1 }, "INVALID_ARGUMENT"],
  ])("options that are none are refused: %s", async (options, code) => {
    await withRuntime(async (runtime) => {
      await runtime.run((cx) => {
        expect(thrown(() => cx.idle(options as never))).toMatchObject({ code });
      });
    });
  });
});
