/** Signals both ways: any signal cancels a task or scope, and any task or scope gives a signal. */
import { describe, expect, test } from "vitest";
import { type Body, CancelledError, type Runtime, type Scope } from "../../src/index.js";
import { faults, forBothKinds, idle, thrown, withRuntime } from "../support.js";
import { countListeners, expectNothingLive } from "./support.js";

const SLEEP: Body<void> = (cx) => cx.sleep(60_000);

describe("a signal cancels", () => {
  forBothKinds((body) => {
    const parked = body(function* (cx) {
      yield* cx.sleep(60_000);
    });

    test("a run, whose reason is the signal's", async () => {
      await withRuntime(async (runtime) => {
        const controller = new AbortController();
        const run = runtime.run(parked, { signal: controller.signal });
        await idle(runtime);
        controller.abort("seen enough");
        expect(await run).toMatchObject({
          kind: "cancelled",
          cancel: { kind: "user", message: "seen enough" },
        });
        expectNothingLive(runtime);
      });
    });

    test("a scope, with all that it holds", async () => {
      await withRuntime(async (runtime) => {
        const controller = new AbortController();
        const scope = runtime.openScope({ signal: controller.signal });
        const task = scope.spawn(parked);
        await idle(runtime);
        controller.abort("navigation");
        expect(await scope.close()).toMatchObject({
          kind: "cancelled",
          cancel: { kind: "navigation", message: undefined },
        });
        expect(await task.join()).toMatchObject({ cancel: { cause: { kind: "navigation" } } });
      });
    });

    test("a child, and leaves its parent alone", async () => {
      await withRuntime(async (runtime) => {
        const controller = new AbortController();
        const run = runtime.run(
          body(function* (cx) {
            const child = cx.spawn(parked, { signal: controller.signal });
            yield* cx.checkpoint();
            controller.abort("enough");
            return yield* cx.join(child);
          }),
        );
        expect(await run).toMatchObject({
          kind: "ok",
          value: { kind: "cancelled", cancel: { message: "enough" } },
        });
      });
    });

    test("the body of cx.scope, which fails with the signal's reason when all has drained", async () => {
      await withRuntime(async (runtime) => {
        const controller = new AbortController();
        const log: string[] = [];
        const run = runtime.run(
          body(function* (cx) {
            try {
              yield* cx.scope(
                body(function* (inner) {
                  inner.defer(() => void log.push("drained"));
                  controller.abort("enough");
                  yield* inner.sleep(60_000);
                }),
                { signal: controller.signal },
              );
            } catch (error) {
              log.push("failed");
              return error;
            }
            return undefined;
          }),
        );
        const outcome = await run;
        expect(outcome.kind === "ok" && outcome.value).toBeInstanceOf(CancelledError);
        expect(outcome).toMatchObject({ value: { cancel: { kind: "user", message: "enough" } } });
        expect(log).toEqual(["drained", "failed"]);
      });
    });

    test("nothing before it starts, if it was aborted before", async () => {
      await withRuntime(async (runtime) => {
        let starts = 0;
        const start = body(function* (cx) {
          starts += 1;
          yield* cx.checkpoint();
        });
        const signal = AbortSignal.abort("too late");
        const cancel = { cancel: { message: "too late" } };
        const cancelled = { kind: "cancelled", ...cancel };
        expect(await runtime.run(start, { signal })).toMatchObject(cancelled);
        const scope = runtime.openScope({ signal });
        expect(thrown(() => scope.spawn(start))).toMatchObject({ code: "SCOPE_CLOSED" });
        expect(await scope.close()).toMatchObject(cancelled);
        const outcome = await runtime.run(
          body(function* (cx) {
            try {
              yield* cx.scope(start, { signal });
            } catch (error) {
              return error;
            }
            return undefined;
          }),
        );
        expect(outcome).toMatchObject({ kind: "ok", value: { code: "CANCELLED", ...cancel } });
        expect(starts).toBe(0);
        expectNothingLive(runtime);
      });
    });
  });

  test.each<[string, unknown, object]>([
    ["a DOMException", new DOMException("bye", "AbortError"), { kind: "user", message: "bye" }],
    ["a late one", new DOMException("slow", "TimeoutError"), { kind: "timeout", message: "slow" }],
    ["an error", new RangeError("out"), { kind: "user", message: "out" }],
    ["a kind", "unmount", { kind: "unmount", message: undefined }],
    ["a request", { kind: "timeout", message: "tired" }, { kind: "timeout", message: "tired" }],
    ["a kind that cannot be asked for", "shutdown", { kind: "user", message: "shutdown" }],
    ["a number", 7, { kind: "user", message: "7" }],
    ["null", null, { kind: "user", message: "null" }],
    ["an object", { why: 1 }, { kind: "user", message: "[object Object]" }],
  ])("its reason is understood: %s", async (_, reason, cancel) => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(SLEEP, { signal: AbortSignal.abort(reason) });
      expect(outcome).toMatchObject({ kind: "cancelled", cancel });
    });
  });

  test("a reason that cannot be read cancels all the same", async () => {
    const hostile = Object.defineProperty(new Error(), "message", {
      get() {
        throw new Error("never");
      },
    });
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(SLEEP, { signal: AbortSignal.abort(hostile) });
      expect(outcome).toMatchObject({ kind: "cancelled", cancel: { kind: "user" } });
    });
  });

  test("AbortSignal.timeout and AbortSignal.any are signals like any other", async () => {
    await withRuntime(async (runtime) => {
      const { signal } = new AbortController();
      const any = AbortSignal.any([signal, AbortSignal.timeout(1)]);
      expect(await runtime.run(SLEEP, { signal: any })).toMatchObject({
        kind: "cancelled",
        cancel: { kind: "timeout" },
      });
    });
  });

  test("a signal of another runtime's scope keeps a kind that can be asked for", async () => {
    await withRuntime(async (theirs) => {
      await withRuntime(async (runtime) => {
        const scope = theirs.openScope();
        const run = runtime.run(SLEEP, { signal: scope.signal });
        scope.cancel({ kind: "unmount", message: "gone" });
        expect(await run).toMatchObject({ cancel: { kind: "unmount", message: "gone" } });

        const task = theirs.openScope().spawn(SLEEP);
        const linked = runtime.run(SLEEP, { signal: task.signal });
        await theirs.close();
        expect(await linked).toMatchObject({
          cancel: { kind: "linked-exit", message: "parent-cancelled after shutdown" },
        });
      });
    });
  });

  test("one listener stands for all that follow it, and none when they have ended", async () => {
    await withRuntime(async (runtime) => {
      const { signal } = new AbortController();
      const counts = countListeners(signal);
      for (let use = 0; use < 1_000; use += 1) {
        await runtime.run((cx) => cx.checkpoint(), { signal });
        expect(counts.live).toBe(0);
      }
      const scope = runtime.openScope({ signal });
      const tasks = Array.from({ length: 1_000 }, () => scope.spawn(SLEEP, { signal }));
      expect(counts).toEqual({ live: 1, most: 1 });
      scope.cancel();
      await scope.close();
      await Promise.all(tasks.map((task) => task.join()));
      expect(counts).toEqual({ live: 0, most: 1 });
      await runtime.run((cx) => cx.scope((inner) => inner.checkpoint(), { signal }));
      expect(counts).toEqual({ live: 0, most: 1 });
    });
  });

  test("an abort reaches all that follow it, and after it there is no listener", async () => {
    await withRuntime(async (runtime) => {
      const controller = new AbortController();
      const { signal } = controller;
      const counts = countListeners(signal);
      const tasks = Array.from({ length: 100 }, () => runtime.spawn(SLEEP, { signal }));
      await idle(runtime);
      controller.abort("all");
      for (const task of tasks) {
        expect(await task.join()).toMatchObject({ cancel: { message: "all" } });
      }
      expect(counts.live).toBe(0);
    });
  });

  test("a runtime that was closed meanwhile leaves no listener", async () => {
    const controller = new AbortController();
    const counts = countListeners(controller.signal);
    await withRuntime(async (runtime) => {
      runtime.spawn(SLEEP, { signal: controller.signal });
      runtime.openScope({ signal: controller.signal });
      await idle(runtime);
    });
    expect(counts.live).toBe(0);
    controller.abort();
  });

  test.each([null, 7, {}, new AbortController(), new EventTarget()])(
    "what is no signal is refused: %s",
    async (signal) => {
      await withRuntime(async (runtime) => {
        const options = { signal: signal as never };
        const refused = { code: "INVALID_ARGUMENT", expected: "an AbortSignal as signal" };
        expect(thrown(() => runtime.spawn(SLEEP, options))).toMatchObject(refused);
        expect(thrown(() => runtime.openScope(options))).toMatchObject(refused);
        expectNothingLive(runtime);
      });
    },
  );
});

describe("a signal of ours", () => {
  /** Who gives a signal, and what cancels it. */
  const GIVERS: [string, (runtime: Runtime) => { signal: AbortSignal; cancel: Scope["cancel"] }][] =
    [
      ["scope.signal", (runtime) => signalled(runtime.openScope())],
      ["task.signal", (runtime) => signalled(runtime.spawn(SLEEP))],
    ];
  const signalled = (it: { signal: AbortSignal; cancel: Scope["cancel"] }) => ({
    signal: it.signal,
    cancel: (reason?: Parameters<Scope["cancel"]>[0]) => it.cancel(reason),
  });
  const aborted = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    });

  test.each(GIVERS)("%s aborts with what third-party code expects", async (_, give) => {
    await withRuntime(async (runtime) => {
      const { signal, cancel } = give(runtime);
      expect(signal.aborted).toBe(false);
      const heard = aborted(signal);
      cancel({ kind: "unmount", message: "gone" });
      await heard;
      const { reason } = signal;
      expect(reason).toBeInstanceOf(DOMException);
      expect(reason).toMatchObject({ name: "AbortError", code: DOMException.ABORT_ERR });
      expect(reason.message).toBe("cancelled: unmount: gone");
      expect(reason.cause).toBeInstanceOf(CancelledError);
      expect(thrown(() => signal.throwIfAborted())).toBe(reason);
      const any = AbortSignal.any([signal, new AbortController().signal]);
      expect(any.reason).toBe(reason);
    });
  });

  test.each(GIVERS)("%s aborts with a TimeoutError when time ran out", async (_, give) => {
    await withRuntime(async (runtime) => {
      const { signal, cancel } = give(runtime);
      const heard = aborted(signal);
      cancel("timeout");
      await heard;
      expect(signal.reason).toMatchObject({ name: "TimeoutError", code: DOMException.TIMEOUT_ERR });
    });
  });

  test("below something that ran out of time it is a TimeoutError too", async () => {
    await withRuntime(async (runtime) => {
      const scope = runtime.openScope();
      let signal: AbortSignal | undefined;
      const task = scope.spawn((cx) => {
        signal = cx.signal;
        return cx.sleep(60_000);
      });
      await idle(runtime);
      scope.cancel("timeout");
      await task.join();
      expect(signal?.reason).toMatchObject({
        name: "TimeoutError",
        message: "cancelled: parent-cancelled after timeout",
      });
    });
  });

  test("is one signal, and the task's own is cx.signal", async () => {
    await withRuntime(async (runtime) => {
      const scope = runtime.openScope();
      expect(scope.signal).toBe(scope.signal);
      let inside: AbortSignal | undefined;
      const early = runtime.spawn((cx) => {
        inside = cx.signal;
        return cx.sleep(60_000);
      });
      expect(early.signal).toBe(early.signal);
      await idle(runtime);
      expect(inside).toBe(early.signal);

      const late = runtime.spawn((cx) => {
        inside = cx.signal;
        return cx.sleep(60_000);
      });
      await idle(runtime);
      expect(late.signal).toBe(inside);
    });
  });

  test("aborts when what is above is cancelled, with nothing but masked bodies in it", async () => {
    await withRuntime(async (runtime) => {
      const outer = runtime.openScope();
      const inner = outer.openScope();
      let letGo: () => void = () => undefined;
      const task = inner.spawn((cx) =>
        cx.mask((masked) =>
          masked.foreign(
            () =>
              new Promise<void>((resolve) => {
                letGo = resolve;
              }),
          ),
        ),
      );
      await idle(runtime);
      const signals = [outer.signal, inner.signal, task.signal];
      const heard = Promise.all(signals.map(aborted));
      outer.cancel("navigation");
      await heard;
      for (const signal of signals) {
        let { cancel } = signal.reason.cause as CancelledError;
        while (cancel.cause !== undefined) cancel = cancel.cause;
        expect(cancel.kind).toBe("navigation");
      }
      letGo();
      await outer.close();
    });
  });

  test("aborts for a failed sibling, and for the close of the runtime", async () => {
    let closing: AbortSignal | undefined;
    await withRuntime(async (runtime) => {
      closing = runtime.openScope().signal;
      const scope = runtime.openScope();
      const heard = aborted(scope.signal);
      const sibling = scope.spawn(SLEEP);
      const { signal } = sibling;
      void scope.run(() => {
        throw new Error("broken");
      });
      await heard;
      await sibling.join();
      expect(signal.aborted).toBe(true);
      expect(scope.signal.reason.cause).toMatchObject({ cancel: { kind: "fail-fast" } });
    });
    expect(closing?.reason.cause).toMatchObject({ cancel: { cause: { kind: "shutdown" } } });
  });

  test("reaches a plain fetch down to the server, which rejects with the reason", async () => {
    await withRuntime(async (runtime) => {
      const server = faults();
      const scope = runtime.openScope();
      const { signal } = scope;
      const pending = fetch(server.http("/hang"), { signal });
      await server.until("arrived");
      scope.cancel("navigation");
      const error = await pending.catch((caught: unknown) => caught);
      await server.until("aborted");
      expect(error).toBe(signal.reason);
      expect(error).toMatchObject({
        name: "AbortError",
        cause: { cancel: { kind: "navigation" } },
      });
    });
  });

  test("takes away the listeners that were added with it", async () => {
    await withRuntime(async (runtime) => {
      const target = new EventTarget();
      const scope = runtime.openScope();
      const heard: string[] = [];
      target.addEventListener("tick", () => void heard.push("tick"), { signal: scope.signal });
      target.dispatchEvent(new Event("tick"));
      const gone = aborted(scope.signal);
      scope.cancel();
      await gone;
      target.dispatchEvent(new Event("tick"));
      expect(heard).toEqual(["tick"]);
    });
  });

  test("stays silent when all ends well, also asked for afterwards", async () => {
    await withRuntime(async (runtime) => {
      const scope = runtime.openScope();
      const task = scope.spawn((cx) => cx.checkpoint());
      const signals = [scope.signal, task.signal];
      await task.join();
      await scope.close();
      scope.cancel();
      task.cancel();
      await idle(runtime);
      const late = runtime.spawn((cx) => cx.checkpoint());
      await late.join();
      for (const signal of [...signals, late.signal]) expect(signal.aborted).toBe(false);
    });
  });

  test("asked for afterwards it tells how it was cancelled", async () => {
    await withRuntime(async (runtime) => {
      const scope = runtime.openScope();
      const task = scope.spawn(SLEEP);
      await idle(runtime);
      scope.cancel("unmount");
      await scope.close();
      expect(scope.signal.reason).toMatchObject({ name: "AbortError" });
      expect(task.signal.reason).toMatchObject({ name: "AbortError" });
    });
  });
});

describe("a body that ends with what its signal made somebody throw", () => {
  /** Somebody's work that knows nothing but the signal. */
  const theirs = (signal: AbortSignal, fail: () => unknown) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(fail()));
    });

  test.each<[string, (signal: AbortSignal) => unknown]>([
    ["the reason itself", (signal) => signal.reason],
    ["an AbortError of its own", () => new DOMException("stopped", "AbortError")],
    ["an error whose cause it is", ({ reason }) => new Error("stopped", { cause: reason })],
  ])("is cancelled, though no wait of its own saw it: %s", async (_, fail) => {
    const { failures } = await withRuntime(async (runtime) => {
      const task = runtime.spawn((cx) => theirs(cx.signal, () => fail(cx.signal)));
      await idle(runtime);
      task.cancel("unmount");
      expect(await task.join()).toMatchObject({ kind: "cancelled", cancel: { kind: "unmount" } });
      expectNothingLive(runtime);
    });
    expect(failures).toEqual([]);
  });

  test("has failed, if it throws something else", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("broken");
      const task = runtime.spawn((cx) => theirs(cx.signal, () => error));
      await idle(runtime);
      task.cancel();
      const outcome = await task.join();
      expect(outcome.kind === "err" && outcome.error).toBe(error);
    });
  });

  forBothKinds((body) => {
    test("an AbortError under no cancellation is a failure like any", async () => {
      await withRuntime(async (runtime) => {
        const error = new DOMException("theirs", "AbortError");
        const outcome = await runtime.run(
          body(function* (cx) {
            yield* cx.checkpoint();
            throw error;
          }),
        );
        expect(outcome.kind === "err" && outcome.error).toBe(error);
      });
    });
  });
});
