/** `cx.defer`: order, shielding, and what a finalizer may do. */
import { expect, test } from "vitest";
import { deferred, forBothKinds, idle, withRuntime } from "./support.js";

forBothKinds((body) => {
  test("finalizers of every kind run last-in-first-out, after body and children", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      await runtime.run(
        body(function* (cx) {
          cx.defer(() => void log.push("plain"));
          cx.defer(async (cleanUp) => {
            await cleanUp.sleep(1);
            log.push("async");
          });
          cx.defer(function* (cleanUp) {
            yield* cleanUp.sleep(1);
            log.push("generator");
          });
          cx.spawn(
            body(function* (child) {
              yield* child.sleep(5);
              log.push("child");
            }),
          );
          yield* cx.checkpoint();
          log.push("body");
        }),
      );
      expect(log).toEqual(["body", "child", "generator", "async", "plain"]);
    });
  });

  test.each(["ok", "err", "cancelled"] as const)("they run when the body ends %s", async (how) => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const task = runtime.spawn(
        body(function* (cx) {
          cx.defer(() => void log.push("ran"));
          yield* cx.checkpoint();
          if (how === "err") throw new Error("broken");
          if (how === "cancelled") yield* cx.sleep(60_000);
        }),
      );
      await idle(runtime);
      if (how === "cancelled") task.cancel();
      expect((await task.join()).kind).toBe(how);
      expect(log).toEqual(["ran"]);
    });
  });

  test("a finalizer waits, spawns and races although its task is cancelled", async () => {
    await withRuntime(async (runtime) => {
      const log: unknown[] = [];
      const task = runtime.spawn(
        body(function* (cx) {
          cx.defer(
            body(function* (cleanUp) {
              log.push(cleanUp.cancelled?.kind);
              yield* cleanUp.sleep(1);
              const child = cleanUp.spawn(
                body(function* (inner) {
                  yield* inner.sleep(1);
                  return "child";
                }),
              );
              log.push(yield* cleanUp.join(child));
              log.push(yield* cleanUp.race([() => "race"]));
            }),
          );
          yield* cx.sleep(60_000);
        }),
      );
      await idle(runtime);
      task.cancel("unmount");
      expect((await task.join()).kind).toBe("cancelled");
      expect(log).toEqual(["unmount", { kind: "ok", value: "child" }, "race"]);
    });
  });

  test("a stronger request during a finalizer lets it finish and keeps the outcome", async () => {
    await withRuntime(async (runtime) => {
      const gate = deferred();
      const log: string[] = [];
      const task = runtime.spawn(
        body(function* (cx) {
          cx.defer(async () => {
            await gate.promise;
            log.push("finished");
          });
          yield* cx.checkpoint();
          return "value";
        }),
      );
      await idle(runtime);
      expect(task.state).toBe("finalizing");
      task.cancel("resource-unavailable");
      gate.resolve();
      expect(await task.join()).toEqual({ kind: "ok", value: "value" });
      expect(log).toEqual(["finished"]);
    });
  });
});
