/** Scopes: closing waits for everything, policies, finalizers, and refusal once not open. */
import { describe, expect, test } from "vitest";
import type { ScopeOptions } from "../src/index.js";
import { deferred, forBothKinds, idle, thrown, withRuntime } from "./support.js";

describe("close()", () => {
  test("waits for tasks, child scopes and finalizers, and gives ok", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const scope = runtime.openScope({ label: "outer" });
      const inner = scope.openScope({ label: "inner" });
      scope.defer(() => void log.push("outer finalizer"));
      inner.defer(() => void log.push("inner finalizer"));
      scope.spawn(async (cx) => {
        await cx.sleep(1);
        log.push("task");
      });
      inner.spawn(async (cx) => {
        await cx.sleep(60);
        log.push("inner task");
      });
      expect(await scope.close()).toEqual({ kind: "ok", value: undefined });
      expect(log).toEqual(["task", "inner task", "inner finalizer", "outer finalizer"]);
      expect(scope.state).toBe("closed");
      expect(inner.state).toBe("closed");
    });
  });

  test("is the same promise while it goes on, and the same outcome afterwards", async () => {
    await withRuntime(async (runtime) => {
      const scope = runtime.openScope();
      scope.spawn((cx) => cx.sleep(1));
      const closing = scope.close();
      expect(scope.close()).toBe(closing);
      expect(scope.state).toBe("closing");
      expect(await scope.close()).toEqual(await closing);
    });
  });

  test("gives the worst failure among the children, with the later ones suppressed", async () => {
    await withRuntime(async (runtime) => {
      const scope = runtime.openScope({ policy: "collect-all" });
      const errors = [new Error("first"), new Error("second"), new Error("third")];
      for (const error of errors) {
        void scope.run(async (cx) => {
          await cx.checkpoint();
          throw error;
        });
      }
      void scope.run((cx) => cx.sleep(1));
      const outcome = await scope.close();
      expect(outcome.kind === "err" && outcome.error).toBe(errors[0]);
      expect(outcome).toMatchObject({ kind: "err", suppressed: [errors[1], errors[2]] });
    });
  });

  test("a failed scope fails the scope around it, with the same error", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("deep");
      const outer = runtime.openScope();
      const inner = outer.openScope();
      void inner.run(() => {
        throw error;
      });
      await inner.close();
      const outcome = await outer.close();
      expect(outcome.kind === "err" && outcome.error).toBe(error);
    });
  });

  test("a cancelled child is no failure", async () => {
    await withRuntime(async (runtime) => {
      const scope = runtime.openScope();
      const sibling = scope.spawn((cx) => cx.sleep(5));
      scope.spawn((cx) => cx.sleep(60_000)).cancel();
      expect(await scope.close()).toEqual({ kind: "ok", value: undefined });
      expect((await sibling.join()).kind).toBe("ok");
    });
  });

  test("of a cancelled scope it gives the reason", async () => {
    await withRuntime(async (runtime) => {
      const scope = runtime.openScope();
      scope.spawn((cx) => cx.sleep(60_000));
      scope.cancel({ kind: "unmount", message: "gone" });
      expect(scope.state).toBe("draining");
      expect(await scope.close()).toMatchObject({
        kind: "cancelled",
        cancel: { kind: "unmount", message: "gone" },
      });
    });
  });
});

forBothKinds((body) => {
  test("fail-fast: a failure cancels the siblings, whose clean-up is waited for", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const scope = runtime.openScope();
      const sibling = scope.spawn(
        body(function* (cx) {
          try {
            yield* cx.sleep(60_000);
          } finally {
            log.push("sibling cleaned up");
          }
        }),
      );
      void scope.run(
        body(function* (cx) {
          yield* cx.checkpoint();
          throw new Error("broken");
        }),
      );
      expect((await scope.close()).kind).toBe("err");
      expect(log).toEqual(["sibling cleaned up"]);
      expect(await sibling.join()).toMatchObject({
        kind: "cancelled",
        cancel: { cause: { kind: "fail-fast" } },
      });
    });
  });

  test("collect-all: a failure leaves the siblings alone", async () => {
    await withRuntime(async (runtime) => {
      const scope = runtime.openScope({ policy: "collect-all" });
      const sibling = scope.spawn(
        body(function* (cx) {
          yield* cx.sleep(5);
          return "whole";
        }),
      );
      void scope.run(
        body(function* (cx) {
          yield* cx.checkpoint();
          throw new Error("broken");
        }),
      );
      expect((await scope.close()).kind).toBe("err");
      expect(await sibling.join()).toEqual({ kind: "ok", value: "whole" });
    });
  });
});

describe("defer()", () => {
  test("runs the last one registered first, each after the one before has ended", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const scope = runtime.openScope();
      scope.defer(() => void log.push("a"));
      scope.defer(async () => {
        await Promise.resolve();
        log.push("b");
      });
      scope.defer(() => void log.push("c"));
      await scope.close();
      expect(log).toEqual(["c", "b", "a"]);
    });
  });

  test("one that fails makes the outcome panicked, is told once, and the others run", async () => {
    const broken = new Error("cannot close");
    const log: string[] = [];
    const { failures } = await withRuntime(async (runtime) => {
      const scope = runtime.openScope();
      scope.defer(() => void log.push("ran"));
      scope.defer(() => Promise.reject(broken));
      expect(await scope.close()).toMatchObject({
        kind: "panicked",
        panic: { error: broken, during: "finalizer" },
      });
    });
    expect(log).toEqual(["ran"]);
    expect(failures).toMatchObject([{ kind: "finalizer", error: broken }]);
  });

  test("runs when the scope is cancelled too, and a cancellation does not reach it", async () => {
    await withRuntime(async (runtime) => {
      const gate = deferred();
      const log: string[] = [];
      const scope = runtime.openScope();
      scope.defer(async () => {
        await gate.promise;
        log.push("finalized");
      });
      scope.cancel();
      const closing = scope.close();
      await idle(runtime);
      expect(scope.state).toBe("finalizing");
      scope.cancel("unmount");
      gate.resolve();
      await closing;
      expect(log).toEqual(["finalized"]);
    });
  });
});

describe("once a scope is not open", () => {
  test.each(["closing", "cancelled", "closed"] as const)("%s: it refuses work", async (how) => {
    await withRuntime(async (runtime) => {
      const scope = runtime.openScope({ label: "shut" });
      const task = scope.spawn((cx) => cx.sleep(1));
      if (how === "cancelled") scope.cancel();
      else if (how === "closed") await scope.close();
      else void scope.close();
      for (const call of [
        () => scope.spawn(() => 1),
        () => scope.openScope(),
        () => scope.defer(() => undefined),
      ]) {
        expect(thrown(call)).toMatchObject({ name: "AsupersyncError", code: "SCOPE_CLOSED" });
      }
      const outcome = await scope.run(() => 1);
      expect(outcome).toMatchObject({ kind: "err", error: { code: "SCOPE_CLOSED" } });
      await task.join();
    });
  });
});

test("leaving an `await using` scope waits for its work", async () => {
  await withRuntime(async (runtime) => {
    const scope = runtime.openScope();
    const task = scope.spawn((cx) => cx.sleep(5));
    await scope[Symbol.asyncDispose]();
    expect(task.outcome).toEqual({ kind: "ok", value: undefined });
  });
});

test("leaving an `await using` task cancels it and waits for its end", async () => {
  await withRuntime(async (runtime) => {
    const task = runtime.spawn((cx) => cx.sleep(60_000));
    await task[Symbol.asyncDispose]();
    expect(task.outcome?.kind).toBe("cancelled");
  });
});

test.each<unknown>([
  null,
  7,
  "label",
  { label: 7 },
  { policy: "fail-slow" },
  { policy: "toString" },
])("options that are none are refused: %s", async (options) => {
  await withRuntime(async (runtime) => {
    expect(thrown(() => runtime.openScope(options as ScopeOptions))).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});
