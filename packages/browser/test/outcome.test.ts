/** How work ends: every kind of outcome, and that what was thrown is kept as it is. */
import { describe, expect, test } from "vitest";
import { CancelledError, type Cx, describeOutcome, type Op, type Outcome } from "../src/index.js";
import { forBothKinds, idle, withRuntime } from "./support.js";

forBothKinds((body) => {
  test("a value is ok", async () => {
    await withRuntime(async (runtime) => {
      const value = { answer: 42 };
      const outcome = await runtime.run(
        body(function* (cx) {
          yield* cx.checkpoint();
          return value;
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value });
      expect(outcome.kind === "ok" && outcome.value).toBe(value);
    });
  });

  test.each([
    ["an error", new TypeError("no network")],
    ["undefined", undefined],
    ["null", null],
    ["a string", "nope"],
    ["an object", { code: 7 }],
  ])("%s that is thrown is the failure itself", async (_, error) => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          yield* cx.checkpoint();
          throw error;
        }),
      );
      expect(outcome.kind).toBe("err");
      expect(outcome.kind === "err" && outcome.error).toBe(error);
    });
  });

  test("a body that is cancelled is cancelled, with the reason", async () => {
    await withRuntime(async (runtime) => {
      const task = runtime.spawn(
        body(function* (cx) {
          yield* cx.sleep(60_000);
        }),
      );
      task.cancel({ kind: "unmount", message: "left" });
      const outcome = await task.join();
      expect(outcome).toMatchObject({
        kind: "cancelled",
        cancel: { kind: "unmount", message: "left", cause: undefined, truncated: false },
      });
    });
  });

  test("a finalizer that fails makes the task panicked, and the others still run", async () => {
    const broken = new Error("cannot close");
    const ran: string[] = [];
    const { failures } = await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          cx.defer(() => void ran.push("first registered"));
          cx.defer(() => {
            throw broken;
          });
          cx.defer(() => void ran.push("last registered"));
          yield* cx.checkpoint();
          return 1;
        }),
      );
      expect(outcome).toEqual({
        kind: "panicked",
        panic: { message: "Error: cannot close", error: broken, during: "finalizer" },
      });
    });
    expect(ran).toEqual(["last registered", "first registered"]);
    expect(failures).toEqual([]);
  });

  test("a body that ended before it noticed a request keeps its value", async () => {
    await withRuntime(async (runtime) => {
      const task = runtime.spawn(
        body(function* (cx) {
          yield* cx.checkpoint();
          task.cancel();
          return "whole";
        }),
      );
      expect(await task.join()).toEqual({ kind: "ok", value: "whole" });
    });
  });

  test("a body that swallows its cancellation is cancelled all the same", async () => {
    await withRuntime(async (runtime) => {
      const task = runtime.spawn(
        body(function* (cx) {
          try {
            yield* cx.sleep(60_000);
          } catch {
            return "swallowed";
          }
          return "slept";
        }),
      );
      task.cancel("navigation");
      expect(await task.join()).toMatchObject({
        kind: "cancelled",
        cancel: { kind: "navigation" },
      });
    });
  });
});

describe("result()", () => {
  test("gives the value, throws the very error, or the CancelledError", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("broken");
      expect(await runtime.spawn(() => 1).result()).toBe(1);
      const failing = runtime.spawn(() => {
        throw error;
      });
      await expect(failing.result()).rejects.toBe(error);
      const cancelled = runtime.spawn((cx) => cx.sleep(60_000));
      cancelled.cancel("unmount");
      const rejection = await cancelled.result().catch((reason: unknown) => reason);
      expect(rejection).toBeInstanceOf(CancelledError);
      expect(rejection).toMatchObject({ code: "CANCELLED", cancel: { kind: "unmount" } });
    });
  });

  test("throws PANICKED with what the finalizer threw as its cause", async () => {
    await withRuntime(async (runtime) => {
      const broken = new Error("cannot close");
      const task = runtime.spawn((cx) => {
        cx.defer(() => Promise.reject(broken));
      });
      await expect(task.result()).rejects.toMatchObject({ code: "PANICKED", cause: broken });
    });
  });
});

test("a task's outcome is undefined until its end, and then the same frozen object", async () => {
  await withRuntime(async (runtime) => {
    const task = runtime.spawn(() => "value");
    expect(task.outcome).toBeUndefined();
    const outcome = await task.join();
    expect(task.outcome).toBe(outcome);
    expect(await task.join()).toBe(outcome);
    expect(Object.isFrozen(outcome)).toBe(true);
  });
});

test("a plain function, a promise and any thenable are bodies too", async () => {
  await withRuntime(async (runtime) => {
    expect(await runtime.run(() => 1)).toEqual({ kind: "ok", value: 1 });
    expect(await runtime.run(() => Promise.resolve(2))).toEqual({ kind: "ok", value: 2 });
    expect(await runtime.run((cx) => cx.sleep(0))).toEqual({ kind: "ok", value: undefined });
    const thenable: PromiseLike<number> = {
      // biome-ignore lint/suspicious/noThenProperty: that is what makes it one.
      then: (resolve) => Promise.resolve(3).then(resolve),
    };
    expect(await runtime.run(() => thenable)).toEqual({ kind: "ok", value: 3 });
  });
});

test("a generator that is written by hand is stepped like a native one, as body and as finalizer", async () => {
  await withRuntime(async (runtime) => {
    const log: string[] = [];
    const byHand = (cx: Cx, name: string) => {
      const native = (function* () {
        try {
          yield* cx.sleep(name === "finalizer" ? 0 : 60_000);
          log.push(`${name} slept`);
        } finally {
          log.push(`${name} ended`);
        }
      })();
      const generator = {
        next: () => native.next(),
        return: () => native.return(),
        throw: (error: unknown) => native.throw(error),
        [Symbol.iterator]: () => generator,
      };
      return generator as unknown as Generator<Op<unknown>, void, unknown>;
    };
    const task = runtime.spawn(function* (cx) {
      cx.defer((cleanUp) => byHand(cleanUp, "finalizer"));
      yield* cx.scope((inner) => byHand(inner, "body"));
    });
    await idle(runtime);
    task.cancel();
    expect(await task.join()).toMatchObject({ kind: "cancelled" });
    expect(log).toEqual(["body ended", "finalizer slept", "finalizer ended"]);
  });
});

test("an async generator is refused as a body that would never run", async () => {
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run(async function* () {
      yield 1;
    });
    expect(outcome).toMatchObject({ kind: "err", error: { code: "INVALID_ARGUMENT" } });
  });
});

test.each<[Outcome<unknown>, string]>([
  [{ kind: "ok", value: 1 }, "gave its value"],
  [{ kind: "err", error: new TypeError("no network") }, "failed: TypeError: no network"],
  [{ kind: "err", error: 1, suppressed: [2, 3] }, "failed: 1, and 2 more failures"],
  [
    {
      kind: "cancelled",
      cancel: {
        kind: "parent-cancelled",
        message: undefined,
        at: 0,
        cause: { kind: "unmount", message: "left", at: 0, cause: undefined, truncated: false },
        truncated: false,
      },
    },
    "was cancelled: parent-cancelled after unmount: left",
  ],
  [
    { kind: "panicked", panic: { message: "Error: x", error: 0, during: "finalizer" } },
    "panicked in a finalizer: Error: x",
  ],
  [{ kind: "err", error: Object.create(null) }, "failed: something indescribable"],
])("an outcome is told in one sentence: %#", (outcome, sentence) => {
  expect(describeOutcome(outcome)).toBe(sentence);
});

test("a body that gives what does not want to be asked fails with what that throws", async () => {
  await withRuntime(async (runtime) => {
    const shy = new Proxy(
      {},
      {
        get(_, name) {
          throw new Error(`asked for ${String(name)}`);
        },
      },
    );
    expect(await runtime.run(() => shy)).toMatchObject({
      kind: "err",
      error: { message: "asked for next" },
    });
  });
});
