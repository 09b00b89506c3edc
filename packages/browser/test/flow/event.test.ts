/** `cx.event`: one event of a target or an emitter, and never a listener left behind. */
import { describe, expect, test } from "vitest";
import { CancelledError } from "../../src/index.js";
import { forBothKinds, idle, thrown, withRuntime } from "../support.js";
import { countListeners, Emitter, expectNothingLive } from "./support.js";

forBothKinds((body) => {
  describe("of a target", () => {
    test("gives the event itself, and the listener is gone", async () => {
      await withRuntime(async (runtime) => {
        const target = new EventTarget();
        const counts = countListeners(target);
        const run = runtime.run(
          body(function* (cx) {
            return yield* cx.event(target, "ready");
          }),
        );
        await idle(runtime);
        expect(counts.live).toBe(1);
        const event = new Event("ready");
        target.dispatchEvent(event);
        expect(counts.live).toBe(0);
        const outcome = await run;
        expect(outcome.kind === "ok" && outcome.value).toBe(event);
        expectNothingLive(runtime);
      });
    });

    test("passes over what the filter refuses, during the dispatch", async () => {
      await withRuntime(async (runtime) => {
        const target = new EventTarget();
        const run = runtime.run(
          body(function* (cx) {
            const filter = (event: Event): boolean => {
              event.preventDefault();
              return (event as CustomEvent).detail === 2;
            };
            const event = yield* cx.event(target, "step", { filter });
            return (event as CustomEvent).detail;
          }),
        );
        await idle(runtime);
        const one = new CustomEvent("step", { detail: 1, cancelable: true });
        target.dispatchEvent(one);
        expect(one.defaultPrevented).toBe(true);
        target.dispatchEvent(new CustomEvent("step", { detail: 2 }));
        expect(await run).toEqual({ kind: "ok", value: 2 });
      });
    });

    test("fails with what the filter throws", async () => {
      await withRuntime(async (runtime) => {
        const target = new EventTarget();
        const counts = countListeners(target);
        const error = new Error("filter");
        const run = runtime.run(
          body(function* (cx) {
            yield* cx.event(target, "step", {
              filter: () => {
                throw error;
              },
            });
          }),
        );
        await idle(runtime);
        target.dispatchEvent(new Event("step"));
        const outcome = await run;
        expect(outcome.kind === "err" && outcome.error).toBe(error);
        expect(counts.live).toBe(0);
      });
    });

    test("a cancellation takes the listener away", async () => {
      await withRuntime(async (runtime) => {
        const target = new EventTarget();
        const counts = countListeners(target);
        const task = runtime.spawn(
          body(function* (cx) {
            yield* cx.event(target, "never");
          }),
        );
        await idle(runtime);
        task.cancel();
        expect((await task.join()).kind).toBe("cancelled");
        expect(counts).toEqual({ live: 0, most: 1 });
        expectNothingLive(runtime);
      });
    });

    test("the loser of a race takes its listener away", async () => {
      await withRuntime(async (runtime) => {
        const target = new EventTarget();
        const counts = countListeners(target);
        const run = runtime.run(
          body(function* (cx) {
            return yield* cx.race([
              body(function* (a) {
                return (yield* a.event(target, "yes")).type;
              }),
              body(function* (b) {
                return (yield* b.event(target, "no")).type;
              }),
            ]);
          }),
        );
        await idle(runtime);
        target.dispatchEvent(new Event("no"));
        expect(await run).toEqual({ kind: "ok", value: "no" });
        expect(counts).toEqual({ live: 0, most: 2 });
      });
    });
  });

  describe("of an emitter", () => {
    test("gives the arguments, and no listener is left", async () => {
      await withRuntime(async (runtime) => {
        const emitter = new Emitter();
        const run = runtime.run(
          body(function* (cx) {
            return yield* cx.event<[string, number]>(emitter, "data", {
              filter: ([, size]) => size > 1,
            });
          }),
        );
        await idle(runtime);
        expect(emitter.count).toBe(2);
        emitter.emit("data", "small", 1);
        emitter.emit("data", "large", 2);
        expect(await run).toEqual({ kind: "ok", value: ["large", 2] });
        expect(emitter.count).toBe(0);
      });
    });

    test("fails with an error that comes first, and an error can be waited for", async () => {
      await withRuntime(async (runtime) => {
        const emitter = new Emitter();
        const error = new Error("broken");
        const failed = runtime.run(
          body(function* (cx) {
            return yield* cx.event(emitter, Symbol.for("data"));
          }),
        );
        const waited = runtime.run(
          body(function* (cx) {
            return yield* cx.event(emitter, "error");
          }),
        );
        await idle(runtime);
        emitter.emit("error", error);
        const outcome = await failed;
        expect(outcome.kind === "err" && outcome.error).toBe(error);
        expect(await waited).toEqual({ kind: "ok", value: [error] });
        expect(emitter.count).toBe(0);
      });
    });
  });
});

test("a capturing listener is taken away as one", async () => {
  await withRuntime(async (runtime) => {
    const target = new EventTarget();
    const seen: unknown[] = [];
    const { removeEventListener } = target;
    target.removeEventListener = (type: string, listener: never, options?: unknown) => {
      seen.push(options);
      removeEventListener.call(target, type, listener, options as never);
    };
    const task = runtime.spawn((cx) => cx.event(target, "x", { capture: true, passive: true }));
    await idle(runtime);
    target.dispatchEvent(new Event("x"));
    expect((await task.join()).kind).toBe("ok");
    expect(seen).toEqual([{ capture: true }]);
  });
});

test("under a cancellation nothing is listened to, and the wait fails", async () => {
  await withRuntime(async (runtime) => {
    const target = new EventTarget();
    const counts = countListeners(target);
    let caught: unknown;
    const task = runtime.spawn(async (cx) => {
      await cx.sleep(60_000).then(undefined, () => undefined);
      await cx.event(target, "x").then(undefined, (error) => {
        caught = error;
      });
    });
    await idle(runtime);
    task.cancel();
    await task.join();
    expect(caught).toBeInstanceOf(CancelledError);
    expect(counts.most).toBe(0);
  });
});

test.each<[string, unknown, unknown, unknown]>([
  ["no target", undefined, "x", undefined],
  ["half an emitter", { on: () => undefined }, "x", undefined],
  ["a type that is none", new EventTarget(), 7, undefined],
  ["a symbol of a target", new EventTarget(), Symbol("x"), undefined],
  ["an option that is none", new EventTarget(), "x", { once: true }],
  ["a filter that is none", new EventTarget(), "x", { filter: 7 }],
  ["a flag that is none", new EventTarget(), "x", { passive: 1 }],
])("arguments that are none are refused: %s", async (_, target, type, options) => {
  await withRuntime(async (runtime) => {
    await runtime.run((cx) => {
      const call = () => cx.event(target as never, type as never, options as never);
      expect(thrown(call)).toMatchObject({ code: "INVALID_ARGUMENT" });
    });
  });
});
