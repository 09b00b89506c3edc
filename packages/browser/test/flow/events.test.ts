/** `events` and `interval`: values that come one by one, with a bound, and nothing left behind. */
import { loadKernelModule } from "@asupersync/browser-core/load";
import { describe, expect, test } from "vitest";
import {
  type Cx,
  type EventFlow,
  type EventsOptions,
  events,
  type Flow,
  type IntervalOptions,
  interval,
  type Runtime,
  type Tick,
} from "../../src/index.js";
import { deferred, forBothKinds, idle, thrown, withRuntime } from "../support.js";
import { countListeners, Emitter, expectNothingLive } from "./support.js";

const step = (detail: number): CustomEvent<number> => new CustomEvent("step", { detail });

/** A task that holds a flow of `step` events and does what it is told with it. */
function holder(
  runtime: Runtime,
  target: EventTarget,
  options: EventsOptions<Event>,
  use: (flow: EventFlow<Event>, cx: Cx) => Promise<unknown>,
) {
  return runtime.spawn(async (cx) => use(events(cx, target, "step", options), cx));
}

const detailsOf = async (flow: Flow<Event>, count: number): Promise<number[]> => {
  const details: number[] = [];
  for await (const event of flow) {
    details.push((event as CustomEvent<number>).detail);
    if (details.length === count) break;
  }
  return details;
};

describe("events", () => {
  test("come in order, held while the task is busy, and leaving the loop ends the listening", async () => {
    await withRuntime(async (runtime) => {
      const target = new EventTarget();
      const counts = countListeners(target);
      const gate = deferred();
      const task = holder(runtime, target, {}, async (flow, cx) => {
        await cx.foreign(() => gate.promise);
        return detailsOf(flow, 4);
      });
      await idle(runtime);
      for (const detail of [1, 2, 3]) target.dispatchEvent(step(detail));
      gate.resolve();
      await idle(runtime);
      target.dispatchEvent(step(4));
      expect(await task.join()).toEqual({ kind: "ok", value: [1, 2, 3, 4] });
      expect(counts).toEqual({ live: 0, most: 1 });
      expectNothingLive(runtime);
    });
  });

  forBothKinds((body) => {
    test("next() is an operation, and cancel() is the end", async () => {
      await withRuntime(async (runtime) => {
        const target = new EventTarget();
        const counts = countListeners(target);
        const run = runtime.run(
          body(function* (cx) {
            const flow = events(cx, target, "step");
            const seen: unknown[] = [];
            for (let count = 0; count < 2; count += 1) {
              const { done, value } = yield* flow.next();
              seen.push(done, (value as CustomEvent).detail);
            }
            flow.cancel();
            flow.cancel();
            seen.push(yield* flow.next());
            return seen;
          }),
        );
        await idle(runtime);
        target.dispatchEvent(step(1));
        await idle(runtime);
        target.dispatchEvent(step(2));
        expect(await run).toEqual({
          kind: "ok",
          value: [false, 1, false, 2, { done: true, value: undefined }],
        });
        expect(counts.live).toBe(0);
        expectNothingLive(runtime);
      });
    });

    test("a cancellation fails the pending wait and the later ones", async () => {
      await withRuntime(async (runtime) => {
        const target = new EventTarget();
        const counts = countListeners(target);
        const log: string[] = [];
        const task = runtime.spawn(
          body(function* (cx) {
            const flow = events(cx, target, "step");
            for (let wait = 0; wait < 2; wait += 1) {
              try {
                yield* flow.next();
              } catch (error) {
                log.push((error as { code: string }).code);
              }
            }
          }),
        );
        await idle(runtime);
        task.cancel();
        expect((await task.join()).kind).toBe("cancelled");
        expect(log).toEqual(["CANCELLED", "CANCELLED"]);
        expect(counts.live).toBe(0);
        expectNothingLive(runtime);
      });
    });
  });

  test.each([
    ["drop-oldest", [2, 3], 1],
    ["drop-newest", [1, 2], 1],
  ] as const)(
    "with %s the bound is kept and what is left out is counted",
    async (overflow, kept, dropped) => {
      await withRuntime(async (runtime) => {
        const target = new EventTarget();
        const gate = deferred();
        const task = holder(runtime, target, { capacity: 2, overflow }, async (flow, cx) => {
          await cx.foreign(() => gate.promise);
          return { details: await detailsOf(flow, 2), dropped: flow.dropped };
        });
        await idle(runtime);
        for (const detail of [1, 2, 3]) target.dispatchEvent(step(detail));
        gate.resolve();
        expect(await task.join()).toEqual({ kind: "ok", value: { details: kept, dropped } });
      });
    },
  );

  test("a full buffer fails the flow, after what it holds", async () => {
    await withRuntime(async (runtime) => {
      const target = new EventTarget();
      const counts = countListeners(target);
      const gate = deferred();
      const details: number[] = [];
      const task = holder(runtime, target, { capacity: 2 }, async (flow, cx) => {
        await cx.foreign(() => gate.promise);
        for await (const event of flow) details.push((event as CustomEvent<number>).detail);
      });
      await idle(runtime);
      for (const detail of [1, 2, 3, 4]) target.dispatchEvent(step(detail));
      expect(counts.live).toBe(0);
      gate.resolve();
      expect(await task.join()).toMatchObject({
        kind: "err",
        error: { code: "BUFFER_FULL", received: "one more than the 2 events that may wait" },
      });
      expect(details).toEqual([1, 2]);
      expectNothingLive(runtime);
    });
  });

  test("an emitter gives its arguments, and its error fails the flow", async () => {
    await withRuntime(async (runtime) => {
      const emitter = new Emitter();
      const error = new Error("broken");
      const seen: unknown[] = [];
      const task = runtime.spawn(async (cx) => {
        for await (const args of events<[string, number]>(cx, emitter, "data")) seen.push(args);
      });
      await idle(runtime);
      emitter.emit("data", "a", 1);
      emitter.emit("error", error);
      const outcome = await task.join();
      expect(outcome.kind === "err" && outcome.error).toBe(error);
      expect(seen).toEqual([["a", 1]]);
      expect(emitter.count).toBe(0);
      expectNothingLive(runtime);
    });
  });

  test("a filter decides what comes, and fails the flow if it throws", async () => {
    await withRuntime(async (runtime) => {
      const target = new EventTarget();
      const filter = (event: Event): boolean => {
        const { detail } = event as CustomEvent<number>;
        if (detail < 0) throw new RangeError("negative");
        return detail % 2 === 0;
      };
      const details: number[] = [];
      const task = holder(runtime, target, { filter }, async (flow) => {
        for await (const event of flow) details.push((event as CustomEvent<number>).detail);
      });
      await idle(runtime);
      for (const detail of [1, 2, 3, 4, -1]) target.dispatchEvent(step(detail));
      expect(await task.join()).toMatchObject({ kind: "err", error: { message: "negative" } });
      expect(details).toEqual([2, 4]);
    });
  });

  test("a flow that nobody goes through ends with its task", async () => {
    await withRuntime(async (runtime) => {
      const target = new EventTarget();
      const counts = countListeners(target);
      expect(await holder(runtime, target, {}, async () => "done").join()).toEqual({
        kind: "ok",
        value: "done",
      });
      expect(counts).toEqual({ live: 0, most: 1 });
      expectNothingLive(runtime);
    });
  });

  test("one wait at a time", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run((cx) => {
        const flow = events(cx, new EventTarget(), "step");
        void flow.next();
        return thrown(() => flow.next());
      });
      expect(outcome).toMatchObject({ kind: "ok", value: { code: "WRONG_STATE" } });
    });
  });

  test("a flow is for the task whose cx it was made with, while that runs", async () => {
    await withRuntime(async (runtime) => {
      let flow: Flow<Event> | undefined;
      await runtime.run((cx) => {
        flow = events(cx, new EventTarget(), "step");
      });
      expect(thrown(() => flow?.next())).toMatchObject({ code: "CX_ENDED" });
    });
  });

  test.each<[unknown, unknown, unknown, string]>([
    [{}, "step", undefined, "INVALID_ARGUMENT"],
    [new EventTarget(), "step", { capacity: 0 }, "INVALID_NUMBER"],
    [new EventTarget(), "step", { capacity: 1.5 }, "INVALID_NUMBER"],
    [new EventTarget(), "step", { overflow: "close" }, "INVALID_ARGUMENT"],
    [new EventTarget(), "step", { size: 1 }, "INVALID_ARGUMENT"],
  ])("arguments that are none are refused: %s %s %s", async (target, type, options, code) => {
    await withRuntime(async (runtime) => {
      await runtime.run((cx) => {
        const call = () => events(cx, target as never, type as never, options as never);
        expect(thrown(call)).toMatchObject({ code });
      });
      expect(thrown(() => events({} as Cx, new EventTarget(), "x"))).toMatchObject({
        code: "FORGED_HANDLE",
      });
    });
  });
});

describe("interval", () => {
  /** The first ticks, and what the clock said at each, of a task that is busy for `busyMs` after one. */
  async function ticks(options: IntervalOptions, busyMs: readonly number[], period = 20) {
    const given: { tick: Tick; at: number }[] = [];
    let startMs = 0;
    await withRuntime(async (runtime) => {
      await runtime.run(async (cx) => {
        startMs = cx.now;
        for await (const tick of interval(cx, period, options)) {
          given.push({ tick, at: cx.now });
          const busy = busyMs[given.length - 1];
          if (busy === undefined) break;
          await cx.sleep(busy);
        }
      });
      expectNothingLive(runtime);
    });
    return { given, startMs };
  }

  test("the first tick is due at once, the others stand on its grid, none early", async () => {
    const { given, startMs } = await ticks({ missed: "burst" }, [3, 7, 1, 0]);
    const first = given[0]?.tick.due ?? 0;
    expect(first).toBeGreaterThanOrEqual(startMs);
    expect(given.map(({ tick }) => tick.due - first)).toEqual(
      [0, 20, 40, 60, 80].map((due) => expect.closeTo(due, 6)),
    );
    for (const { tick, at } of given) {
      expect(at).toBeGreaterThanOrEqual(tick.due - 1e-6);
      expect(tick.missed).toBe(0);
    }
  });

  test("skip leaves missed ticks out, says how many, and keeps the grid", async () => {
    const { given } = await ticks({}, [70, 0]);
    const dues = given.map(({ tick }) => tick.due);
    // Any of them may be late on a busy machine; where the next one stands is known all the same.
    const next = given.map(({ tick }) => tick.due + (1 + tick.missed) * 20);
    expect(dues.slice(1)).toEqual(next.slice(0, -1).map((due) => expect.closeTo(due, 6)));
    // The second is asked for 70 ms after the first was given, which is 50 ms after it was due.
    expect(given[1]?.tick.missed).toBeGreaterThanOrEqual(2);
  });

  test("burst gives every missed tick", async () => {
    const { given } = await ticks({ missed: "burst" }, [70, 0, 0, 0]);
    const first = given[0]?.tick.due ?? 0;
    expect(given.map(({ tick }) => tick.due - first)).toEqual(
      [0, 20, 40, 60, 80].map((due) => expect.closeTo(due, 6)),
    );
    // The second to the fourth were due when the task came back.
    expect(given[1]?.at).toBeGreaterThanOrEqual(first + 70);
  });

  test("delay begins a new grid", async () => {
    const { given } = await ticks({ missed: "delay" }, [70, 0]);
    const [first, , third] = given;
    // The second was given 70 ms after the first or later.
    expect((third?.tick.due ?? 0) - (first?.tick.due ?? 0)).toBeGreaterThanOrEqual(90 - 1e-6);
    expect(third?.tick.missed).toBe(0);
  });

  forBothKinds((body) => {
    test("next() is an operation, cancel() ends it, and a cancellation fails the wait", async () => {
      await withRuntime(async (runtime) => {
        const outcome = await runtime.run(
          body(function* (cx) {
            const flow = interval(cx, 1);
            const { done } = yield* flow.next();
            flow.cancel();
            return [done, yield* flow.next()];
          }),
        );
        expect(outcome).toEqual({ kind: "ok", value: [false, { done: true, value: undefined }] });

        const task = runtime.spawn(
          body(function* (cx) {
            const flow = interval(cx, 60_000);
            yield* flow.next();
            yield* flow.next();
          }),
        );
        await idle(runtime);
        task.cancel();
        expect((await task.join()).kind).toBe("cancelled");
        expectNothingLive(runtime);
      });
    });
  });

  test("one wait at a time", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run((cx) => {
        const flow = interval(cx, 1);
        void flow.next();
        return thrown(() => flow.next());
      });
      expect(outcome).toMatchObject({ kind: "ok", value: { code: "WRONG_STATE" } });
    });
  });

  test.each<[unknown, unknown, string]>([
    [0, undefined, "INVALID_NUMBER"],
    [-1, undefined, "INVALID_NUMBER"],
    [Number.NaN, undefined, "INVALID_NUMBER"],
    [Number.POSITIVE_INFINITY, undefined, "INVALID_NUMBER"],
    ["1", undefined, "INVALID_NUMBER"],
    [1, { missed: "queue" }, "INVALID_ARGUMENT"],
    [1, { first: 0 }, "INVALID_ARGUMENT"],
  ])("arguments that are none are refused: %s %s", async (ms, options, code) => {
    await withRuntime(async (runtime) => {
      await runtime.run((cx) => {
        expect(thrown(() => interval(cx, ms as never, options as never))).toMatchObject({ code });
      });
    });
  });
});

describe("nothing is left", () => {
  test("of a thousand waits on one target", async () => {
    await withRuntime(async (runtime) => {
      const target = new EventTarget();
      const counts = countListeners(target);
      const outcome = await runtime.run(async (cx) => {
        for (let use = 0; use < 1_000; use += 1) {
          const waiting = cx.event(target, "step");
          const flow = events(cx, target, "step");
          target.dispatchEvent(step(use));
          await waiting;
          await flow.next();
          flow.cancel();
        }
        return counts.live;
      });
      expect(outcome).toEqual({ kind: "ok", value: 0 });
      expect(counts.most).toBe(2);
      expectNothingLive(runtime);
    });
  });

  test("when the kernel breaks", async () => {
    const target = new EventTarget();
    const counts = countListeners(target);
    const theirs = new AbortController();
    const follower = countListeners(theirs.signal);
    let foreign: AbortSignal | undefined;
    await withRuntime(async (runtime) => {
      runtime.spawn(
        (cx) => {
          void events(cx, target, "step").next();
          void cx.event(target, "step");
          return cx.foreign((signal) => {
            foreign = signal;
            return new Promise(() => undefined);
          });
        },
        { signal: theirs.signal },
      );
      await idle(runtime);
      expect([counts.live, follower.live]).toEqual([2, 1]);
      (await loadKernelModule()).die();
    });
    expect([counts.live, follower.live]).toEqual([0, 0]);
    expect(foreign?.aborted).toBe(true);
  });
});
