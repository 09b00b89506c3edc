/** What docs/guide/channels.md shows, run. */
import { expect, test } from "vitest";
import {
  AsupersyncError,
  broadcast,
  channel,
  eventBus,
  LaggedError,
  oneshot,
  watch,
} from "../../src/index.js";
import { withRuntime } from "../support.js";

test("workers share a channel of jobs", async () => {
  await withRuntime(async (runtime) => {
    const done: string[] = [];
    const resize = async (name: string): Promise<void> => void done.push(name);
    const names = ["a.png", "b.png", "c.png"];

    const jobs = channel<string>(runtime, { capacity: 16 });
    const outcome = await runtime.run(async (cx) => {
      for (let n = 0; n < 2; n += 1) {
        cx.spawn(async (cx) => {
          for await (const name of jobs.values(cx)) await resize(name);
        });
      }
      for (const name of names) await jobs.send(cx, name); // waits while 16 are not received
      jobs.close(); // the workers' loops end once it is empty
    });

    expect(outcome.kind).toBe("ok");
    expect(done.sort()).toEqual(names);
  });
});

test("a generator body asks for each value", async () => {
  await withRuntime(async (runtime) => {
    const numbers = channel<number>(runtime, { capacity: 4 });
    const sum = runtime.run(function* (cx) {
      let sum = 0;
      const values = numbers.values(cx);
      for (let next = yield* values.next(); !next.done; next = yield* values.next()) {
        sum += next.value;
      }
      return sum;
    });
    await runtime.run(async (cx) => {
      for (const n of [1, 2, 3]) await numbers.send(cx, n);
      numbers.close();
    });
    expect(await sum).toEqual({ kind: "ok", value: 6 });
  });
});

test("a permit is waited for as long as it is wanted", async () => {
  const { report } = await withRuntime(async (runtime) => {
    const frames = channel<string>(runtime, { capacity: 1 });
    const render = async (): Promise<string> => "frame";
    const outcome = await runtime.run(async (cx) => {
      using permit = await cx.timeout(1_000, (inner) => frames.reserve(inner)); // ours, or a TimeoutError
      permit.send(await render());
      expect(frames.tryReceive(cx)).toBe("frame");
      await frames.send(cx, "full");
      await cx.timeout(1, (inner) => frames.reserve(inner));
    });
    expect(outcome).toMatchObject({ kind: "err", error: { code: "TIMEOUT" } });
  });
  expect(report.outcome).toBe("clean");
});

test("a permit is reserved before the value is made", async () => {
  await withRuntime(async (runtime) => {
    const frames = channel<string>(runtime, { capacity: 1 });
    const render = async (): Promise<string> => "frame";
    const outcome = await runtime.run(async (cx) => {
      using permit = await frames.reserve(cx); // there is a place, and it is ours
      permit.send(await render()); // if `render` throws, the place is given back
    });
    expect(outcome.kind).toBe("ok");
    expect(frames.length).toBe(1);
  });
});

test("what never waits says so", async () => {
  await withRuntime(async (runtime) => {
    const log = channel<string>(runtime, { capacity: 1 });
    const outcome = await runtime.run((cx) => {
      log.trySend(cx, "first");
      try {
        log.trySend(cx, "second");
      } catch (error) {
        if (error instanceof AsupersyncError && error.code === "WOULD_WAIT") return "full";
        throw error;
      }
      return "sent";
    });
    expect(outcome).toEqual({ kind: "ok", value: "full" });
  });
});

test("one value, once", async () => {
  await withRuntime(async (runtime) => {
    const dialog = new EventTarget();
    const outcome = runtime.run(async (cx) => {
      const answer = oneshot<string>(cx);
      dialog.addEventListener("close", () => answer.send("yes"), { once: true });
      return answer.receive(cx);
    });
    await runtime.run((cx) => cx.checkpoint());
    dialog.dispatchEvent(new Event("close"));
    expect(await outcome).toEqual({ kind: "ok", value: "yes" });
  });
});

test("every message to everybody, and lag told", async () => {
  await withRuntime(async (runtime) => {
    const prices = broadcast<number>(runtime, { capacity: 2 });
    const outcome = await runtime.run(async (cx) => {
      using subscription = prices.subscribe();
      for (const price of [10, 11, 12, 13]) prices.send(price); // never waits
      const seen: unknown[] = [];
      try {
        seen.push(await subscription.receive(cx));
      } catch (error) {
        if (!(error instanceof LaggedError)) throw error;
        seen.push(`missed ${error.missed}`);
      }
      seen.push(await subscription.receive(cx), await subscription.receive(cx));
      return seen;
    });
    expect(outcome).toEqual({ kind: "ok", value: ["missed 2", 12, 13] });
  });
});

test("the latest value", async () => {
  await withRuntime(async (runtime) => {
    const online = watch(runtime, false);
    const connected = runtime.run(async (cx) => {
      await online.subscribe().waitFor(cx, (value) => value); // also if it is so already
      return "connected";
    });
    online.set(true); // from anywhere
    expect(await connected).toEqual({ kind: "ok", value: "connected" });
  });
});

test("events by their type", async () => {
  await withRuntime(async (runtime) => {
    const shown: string[] = [];
    type Events = { readonly type: "added"; readonly item: string } | { readonly type: "cleared" };

    const bus = eventBus<Events>(runtime, { capacity: 64 });
    const listener = runtime.run(async (cx) => {
      using added = bus.on("added");
      for await (const event of added.values(cx)) shown.push(event.item); // narrowed: it has an item
    });
    const log: string[] = [];
    const logger = runtime.run(async (cx) => {
      using all = bus.all();
      for await (const event of all.values(cx)) {
        if (event.type === "added") log.push(`added ${event.item}`);
        else log.push(event.type);
      }
    });
    await runtime.run((cx) => cx.checkpoint());
    bus.publish({ type: "added", item: "milk" });
    bus.publish({ type: "cleared" });
    bus.close();
    await Promise.all([listener, logger]);
    expect(shown).toEqual(["milk"]);
    expect(log).toEqual(["added milk", "cleared"]);
  });
});
