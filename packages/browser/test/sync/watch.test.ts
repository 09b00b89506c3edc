/** Watches and oneshots: the latest value without a stale one, and one value once. */
import { expect, test } from "vitest";
import { oneshot, watch } from "../../src/index.js";
import { forBothKinds, idle, thrown, withRuntime } from "../support.js";
import { run } from "./support.js";

forBothKinds((body) => {
  test("a watcher sees the latest value, each change once, and then the end", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const status = watch(runtime, "starting");
      const watcher = status.subscribe();
      const seen: string[] = [];
      const watching = runtime.spawn(
        body(function* (cx) {
          const values = watcher.values(cx);
          for (let next = yield values.next(); !next.done; next = yield values.next()) {
            seen.push(next.value);
          }
        }),
      );
      await idle(runtime);
      expect(watcher.value).toBe("starting");
      status.set("loading");
      status.set("ready");
      await idle(runtime);
      status.update((value) => `${value}!`);
      status.close();
      status.close();
      expect((await watching.join()).kind).toBe("ok");
      expect(seen).toEqual(["ready", "ready!"]);
      expect([status.isClosed, status.value, watcher.hasChanged]).toEqual([true, "ready!", false]);
      expect(thrown(() => status.set("late"))).toMatchObject({ code: "CHANNEL_CLOSED" });
      expect(status.value).toBe("ready!");
    });
    expect(report.outcome).toBe("clean");
  });

  test("a watcher that is cancelled has seen nothing", async () => {
    await withRuntime(async (runtime) => {
      const count = watch(runtime, 0);
      const watcher = count.subscribe();
      const waiting = runtime.spawn(
        body(function* (cx) {
          yield watcher.changed(cx);
        }),
      );
      await idle(runtime);
      count.set(1);
      waiting.cancel();
      expect((await waiting.join()).kind).toBe("cancelled");
      expect(watcher.hasChanged).toBe(true);
      expect(await run(runtime, (cx) => watcher.changed(cx))).toBe(1);
    });
  });

  test("a oneshot gives its value once", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const answer = oneshot<string>(runtime);
      const asked = runtime.spawn(
        body(function* (cx) {
          return (yield answer.receive(cx)) as string;
        }),
      );
      const late = runtime.spawn((cx) => answer.receive(cx));
      await idle(runtime);
      answer.send("42");
      expect(await asked.join()).toEqual({ kind: "ok", value: "42" });
      expect(await late.join()).toMatchObject({ kind: "err", error: { code: "CHANNEL_CLOSED" } });
      expect(thrown(() => answer.send("43"))).toMatchObject({
        code: "CHANNEL_CLOSED",
        received: "a closed oneshot",
      });
    });
    expect(report.outcome).toBe("clean");
  });

  test("the value of a oneshot is not lost with a receiver that is cancelled", async () => {
    await withRuntime(async (runtime) => {
      const answer = oneshot<number>(runtime);
      const asked = runtime.spawn(
        body(function* (cx) {
          yield answer.receive(cx);
        }),
      );
      await idle(runtime);
      answer.send(42);
      asked.cancel();
      expect((await asked.join()).kind).toBe("cancelled");
      expect(await run(runtime, (cx) => answer.receive(cx))).toBe(42);
    });
  });
});

test("a watcher waits for the value that it asks for, which may be there", async () => {
  await withRuntime(async (runtime) => {
    const count = watch<number | undefined>(runtime, undefined);
    const isThere = (value: number | undefined): value is number => value !== undefined;
    const waiting = runtime.spawn((cx) => count.subscribe().waitFor(cx, isThere));
    await idle(runtime);
    count.set(undefined);
    await idle(runtime);
    expect(waiting.state).toBe("running");
    count.set(3);
    expect(await waiting.join()).toEqual({ kind: "ok", value: 3 });
    await run(runtime, async (cx) => {
      expect(await count.subscribe().waitFor(cx, isThere)).toBe(3);
      const error = new Error("the condition's own");
      const fails = (): boolean => {
        throw error;
      };
      expect(thrown(() => count.subscribe().waitFor(cx, fails))).toBe(error);
    });
    const failing = runtime.spawn((cx) =>
      count.subscribe().waitFor(cx, (value) => {
        if (value === 4) throw new Error("at 4");
        return false;
      }),
    );
    await idle(runtime);
    count.set(4);
    expect(await failing.join()).toMatchObject({ kind: "err", error: { message: "at 4" } });
  });
});

test("a watch that went with its owner can change no more", async () => {
  await withRuntime(async (runtime) => {
    const scope = runtime.openScope();
    const count = watch(scope, 1);
    const changed = runtime.spawn((cx) => count.subscribe().changed(cx));
    await idle(runtime);
    await scope.close();
    expect(await changed.join()).toMatchObject({ kind: "err", error: { code: "CHANNEL_CLOSED" } });
    expect(thrown(() => count.set(2))).toMatchObject({ code: "CHANNEL_CLOSED" });
    expect([count.value, count.isClosed]).toEqual([1, true]);
  });
});

test("a oneshot that is closed without a value says so, and keeps one that was sent", async () => {
  await withRuntime(async (runtime) => {
    const [empty, full] = [oneshot<number>(runtime), oneshot<number>(runtime)];
    const waiting = runtime.spawn((cx) => empty.receive(cx));
    await idle(runtime);
    expect(empty.isClosed).toBe(false);
    empty.close();
    expect(await waiting.join()).toMatchObject({ kind: "err", error: { code: "CHANNEL_CLOSED" } });
    full.send(1);
    full.close();
    expect([empty.isClosed, full.isClosed]).toEqual([true, true]);
    await run(runtime, (cx) => {
      const open = oneshot<number>(cx);
      expect(thrown(() => open.tryReceive(cx))).toMatchObject({ code: "WOULD_WAIT" });
      expect(thrown(() => empty.tryReceive(cx))).toMatchObject({ code: "CHANNEL_CLOSED" });
      expect(full.tryReceive(cx)).toBe(1);
      expect(thrown(() => full.tryReceive(cx))).toMatchObject({ code: "CHANNEL_CLOSED" });
    });
  });
});
