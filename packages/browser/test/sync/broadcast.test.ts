/** Broadcasts and the event bus: everybody has everything, lag is told, and nothing is kept for nobody. */
import { describe, expect, test } from "vitest";
import { broadcast, eventBus, LaggedError } from "../../src/index.js";
import { forBothKinds, idle, thrown, withRuntime } from "../support.js";
import { run } from "./support.js";

forBothKinds((body) => {
  test("every subscriber has every message from its own start on, and then the end", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const numbers = broadcast<number>(runtime, { capacity: 4 });
      const listen = (log: number[]) => {
        const subscription = numbers.subscribe();
        return runtime.spawn(
          body(function* (cx) {
            const values = subscription.values(cx);
            for (let next = yield values.next(); !next.done; next = yield values.next()) {
              log.push(next.value);
            }
            subscription.close();
          }),
        );
      };
      const logs: [number[], number[]] = [[], []];
      const first = listen(logs[0]);
      await idle(runtime);
      expect(numbers.send(1)).toBe(1);
      await idle(runtime);
      const second = listen(logs[1]);
      expect(numbers.send(2)).toBe(2);
      await idle(runtime);
      expect(numbers.send(3)).toBe(2);
      numbers.close();
      expect((await first.join()).kind).toBe("ok");
      expect((await second.join()).kind).toBe("ok");
      expect(logs).toEqual([
        [1, 2, 3],
        [2, 3],
      ]);
      expect(numbers.subscribers).toBe(0);
    });
    expect(report.outcome).toBe("clean");
  });

  test("a slow subscriber is told how many it missed, and goes on with what is left", async () => {
    await withRuntime(async (runtime) => {
      const numbers = broadcast<number>(runtime, { capacity: 2 });
      const slow = numbers.subscribe();
      for (let n = 1; n <= 5; n += 1) numbers.send(n);
      expect(slow.length).toBe(2);
      const outcome = await runtime.run(
        body(function* (cx) {
          const missed: unknown[] = [];
          try {
            yield slow.receive(cx);
          } catch (error) {
            missed.push(error);
          }
          return [...missed, yield slow.receive(cx), yield slow.receive(cx)];
        }),
      );
      expect(outcome).toMatchObject({ kind: "ok" });
      const [lagged, ...rest] = (outcome as { value: unknown[] }).value;
      expect(lagged).toBeInstanceOf(LaggedError);
      expect(lagged).toMatchObject({ code: "LAGGED", missed: 3, name: "LaggedError" });
      expect(rest).toEqual([4, 5]);
    });
  });

  test("a subscriber that is cancelled while it waits has taken nothing", async () => {
    await withRuntime(async (runtime) => {
      const numbers = broadcast<number>(runtime, { capacity: 2 });
      const subscription = numbers.subscribe();
      const waiting = runtime.spawn(
        body(function* (cx) {
          yield subscription.receive(cx);
        }),
      );
      await idle(runtime);
      numbers.send(1);
      waiting.cancel();
      expect((await waiting.join()).kind).toBe("cancelled");
      expect(await run(runtime, (cx) => subscription.receive(cx))).toBe(1);
      // The wake that the cancelled one did not use wakes nobody for nothing.
      const next = runtime.spawn((cx) => subscription.receive(cx));
      await idle(runtime);
      expect(next.state).toBe("running");
      numbers.send(2);
      expect(await next.join()).toEqual({ kind: "ok", value: 2 });
    });
  });
});

test("a message that nobody subscribes to is not kept", async () => {
  await withRuntime(async (runtime) => {
    const numbers = broadcast<number>(runtime, { capacity: 2 });
    expect(numbers.send(1)).toBe(0);
    const late = numbers.subscribe();
    expect(late.length).toBe(0);
    numbers.send(2);
    late.close();
    const later = numbers.subscribe();
    await run(runtime, (cx) => {
      expect(thrown(() => later.tryReceive(cx))).toMatchObject({ code: "WOULD_WAIT" });
      expect(thrown(() => late.tryReceive(cx))).toMatchObject({ code: "CHANNEL_CLOSED" });
      numbers.send(3);
      expect(later.tryReceive(cx)).toBe(3);
    });
  });
});

test("whoever waits in a subscription that is closed is told, and the others go on waiting", async () => {
  await withRuntime(async (runtime) => {
    const numbers = broadcast<number>(runtime, { capacity: 2 });
    const [closed, open] = [numbers.subscribe(), numbers.subscribe()];
    const receiving = runtime.spawn((cx) => closed.receive(cx));
    const looping = runtime.spawn((cx) => closed.next(cx));
    const other = runtime.spawn((cx) => open.receive(cx));
    await idle(runtime);
    closed.close();
    closed.close();
    expect(await receiving.join()).toMatchObject({
      kind: "err",
      error: { code: "CHANNEL_CLOSED" },
    });
    expect(await looping.join()).toMatchObject({ kind: "ok", value: { done: true } });
    expect([other.state, numbers.subscribers]).toEqual(["running", 1]);
    numbers.send(1);
    expect(await other.join()).toEqual({ kind: "ok", value: 1 });
  });
});

test("a broadcast that is closed, or has gone with its owner, sends nothing more", async () => {
  await withRuntime(async (runtime) => {
    const scope = runtime.openScope();
    const [closed, orphan] = [
      broadcast<number>(runtime, { capacity: 1 }),
      broadcast<number>(scope, { capacity: 1 }),
    ];
    const subscription = orphan.subscribe();
    const waiting = runtime.spawn((cx) => subscription.receive(cx));
    const looping = runtime.spawn((cx) => subscription.next(cx));
    await idle(runtime);
    closed.close();
    closed.close();
    await scope.close();
    for (const one of [closed, orphan]) {
      expect(one.isClosed).toBe(true);
      expect(thrown(() => one.send(1))).toMatchObject({
        code: "CHANNEL_CLOSED",
        received: "a closed broadcast",
      });
    }
    expect(thrown(() => closed.subscribe())).toMatchObject({ code: "CHANNEL_CLOSED" });
    expect(await waiting.join()).toMatchObject({ kind: "err", error: { code: "CHANNEL_CLOSED" } });
    expect(await looping.join()).toMatchObject({ kind: "ok", value: { done: true } });
    expect(await run(runtime, (cx) => subscription.next(cx))).toMatchObject({ done: true });
  });
});

test("a subscriber that always finds a message lets others run, and notices its cancellation", async () => {
  await withRuntime(async (runtime) => {
    const numbers = broadcast<number>(runtime, { capacity: 1 });
    const subscription = numbers.subscribe();
    const busy = runtime.spawn(async (cx) => {
      for (let n = 0; ; n += 1) {
        numbers.send(n);
        await subscription.receive(cx);
      }
    });
    await idle(runtime);
    busy.cancel();
    expect((await busy.join()).kind).toBe("cancelled");
  });
});

describe("an event bus", () => {
  type Events =
    | { readonly type: "added"; readonly item: string }
    | { readonly type: "removed"; readonly item: string }
    | { readonly type: "cleared" };

  test("gives each event, the object itself, to those who asked for its type", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const bus = eventBus<Events>(runtime, { capacity: 8 });
      const [added, cleared, all] = [bus.on("added"), bus.on("cleared"), bus.all()];
      const event: Events = { type: "added", item: "a" };
      expect(bus.publish(event)).toBe(2);
      expect(bus.publish({ type: "removed", item: "a" })).toBe(1);
      expect(bus.publish({ type: "cleared" })).toBe(2);
      await run(runtime, async (cx) => {
        expect(await added.receive(cx)).toBe(event);
        expect(await cleared.receive(cx)).toEqual({ type: "cleared" });
        bus.close();
        const types: string[] = [];
        for await (const { type } of all.values(cx)) types.push(type);
        expect(types).toEqual(["added", "removed", "cleared"]);
        expect(await added.next(cx)).toEqual({ done: true, value: undefined });
      });
      expect(bus.isClosed).toBe(true);
      expect(thrown(() => bus.publish(event))).toMatchObject({ code: "CHANNEL_CLOSED" });
      expect(thrown(() => bus.on("added"))).toMatchObject({ code: "CHANNEL_CLOSED" });
      expect(thrown(() => bus.all())).toMatchObject({ code: "CHANNEL_CLOSED" });
    });
    expect(report.outcome).toBe("clean");
  });

  test("counts as missed only what a subscriber asked for", async () => {
    await withRuntime(async (runtime) => {
      const bus = eventBus<Events>(runtime, { capacity: 2 });
      const [rare, chatty] = [bus.on("cleared"), bus.on("added")];
      bus.publish({ type: "cleared" });
      for (const item of ["a", "b", "c", "d", "e"]) bus.publish({ type: "added", item });
      await run(runtime, async (cx) => {
        expect(await rare.receive(cx)).toEqual({ type: "cleared" });
        expect(thrown(() => chatty.receive(cx))).toMatchObject({ code: "LAGGED", missed: 3 });
        expect((await chatty.receive(cx)).item).toBe("d");
      });
    });
  });

  test("remembers no type that nobody asks for any more", async () => {
    await withRuntime(
      async (runtime) => {
        const bus = eventBus<{ readonly type: number }>(runtime, { capacity: 1 });
        for (let type = 0; type < 100; type += 1) bus.on(type).close();
        const kinds = runtime.events().map(({ kind }) => kind);
        const opened = kinds.filter((kind) => kind === "semaphoreOpened").length;
        const dropped = kinds.filter((kind) => kind === "semaphoreDropped").length;
        expect(opened - dropped).toBe(1);
        const again = bus.on(7);
        expect(bus.publish({ type: 7 })).toBe(1);
        expect(again.length).toBe(1);
      },
      { trace: {} },
    );
  });

  test("refuses what is no event, and options that are none", async () => {
    await withRuntime(async (runtime) => {
      const bus = eventBus<Events>(runtime, { capacity: 1 });
      for (const event of [undefined, null, {}, "added"]) {
        expect(thrown(() => bus.publish(event as never))).toMatchObject({
          code: "INVALID_ARGUMENT",
          expected: "an event",
        });
      }
      expect(thrown(() => eventBus(runtime, {} as never))).toMatchObject({
        code: "INVALID_NUMBER",
      });
      expect(thrown(() => broadcast(runtime, { capacity: 1, size: 1 } as never))).toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    });
  });
});
