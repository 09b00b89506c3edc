/** `debounce`, `throttle` and `latest`: what is given, what is bounded, and that all of it ends. */
import { describe, expect, test } from "vitest";
import {
  type Cx,
  debounce,
  events,
  type Flow,
  fromReadableStream,
  interval,
  latest,
  type Source,
  type ThrottleOptions,
  throttle,
  toReadableStream,
  type Warning,
  writeTo,
} from "../../src/index.js";
import { deferred, forBothKinds, idle, thrown, withRuntime } from "../support.js";
import { countListeners, expectNothingLive, Log } from "./support.js";

/** A source that gives each value after so many milliseconds, or at once, by a cx of its own. */
const timed = (...steps: readonly (readonly [afterMs: number, value: string])[]) =>
  async function* (cx: Cx): AsyncGenerator<string> {
    for (const [afterMs, value] of steps) {
      if (afterMs > 0) await cx.sleep(afterMs);
      yield value;
    }
  };

async function collect<T>(flow: Flow<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of flow) values.push(value);
  return values;
}

/** What `make` gives in a task of its own, whose runtime is clean afterwards. */
async function collected<T>(make: (cx: Cx) => Flow<T>): Promise<T[] | undefined> {
  let values: T[] | undefined;
  const warnings: Warning[] = [];
  const onWarning = (warning: Warning): void => void warnings.push(warning);
  const { report, failures } = await withRuntime(
    async (runtime) => {
      const outcome = await runtime.run((cx) => collect(make(cx)));
      if (outcome.kind === "err") throw outcome.error;
      if (outcome.kind === "ok") values = outcome.value;
      expectNothingLive(runtime);
    },
    { onWarning },
  );
  expect(warnings).toEqual([]);
  expect(report.outcome).toBe("clean");
  expect(failures).toEqual([]);
  return values;
}

/** Each of the three, on a source, passing its values on. */
const RELAYS: readonly [string, (cx: Cx, source: Source<string>) => Flow<string>][] = [
  ["debounce", (cx, source) => debounce(cx, source, 0)],
  ["throttle", (cx, source) => throttle(cx, source, 0)],
  ["latest", (cx, source) => latest(cx, source, (_, value) => value)],
];

describe.each(RELAYS)("%s", (name, relay) => {
  test("does not ask the source before it is asked", async () => {
    await withRuntime(async (runtime) => {
      let asked = 0;
      const source = {
        [Symbol.asyncIterator]: () => {
          asked += 1;
          return { next: async () => ({ done: true as const, value: undefined }) };
        },
      };
      await runtime.run(async (cx) => {
        relay(cx, source);
        const left = relay(cx, source);
        left.cancel();
        expect(await left.next()).toEqual({ done: true, value: undefined });
        await cx.checkpoint();
        expect(asked).toBe(0);
        expect(await collect(relay(cx, source))).toEqual([]);
      });
      expect(asked).toBe(1);
      expectNothingLive(runtime);
    });
  });

  test("takes arrays, generators, functions of a cx, and flows of the same task", async () => {
    expect(await collected((cx) => relay(cx, []))).toEqual([]);
    expect((await collected((cx) => relay(cx, ["a", "b"])))?.at(-1)).toBe("b");
    expect(await collected((cx) => relay(cx, timed([1, "a"])))).toEqual(["a"]);
    const nested = await collected((cx) => relay(cx, relay(cx, relay(cx, timed([1, "a"])))));
    expect(nested).toEqual(["a"]);
  });

  test("a source that fails fails the flow, which may be caught", async () => {
    const error = new Error("source");
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(async (cx) => {
        const flow = relay(cx, () => {
          throw error;
        });
        const caught = await collect(flow).catch((failure: unknown) => failure);
        await cx.checkpoint();
        return [caught, await flow.next()];
      });
      expect(outcome).toEqual({ kind: "ok", value: [error, { done: true, value: undefined }] });
      expectNothingLive(runtime);
    });
  });

  test("leaving the loop ends the source and waits for it", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const outcome = await runtime.run(async (cx) => {
        async function* source(inner: Cx): AsyncGenerator<string> {
          try {
            yield "first";
            await inner.sleep(60_000);
          } finally {
            await inner.mask((masked) => masked.sleep(5));
            log.push("source ended");
          }
        }
        for await (const value of relay(cx, source)) {
          log.push(value);
          break;
        }
        log.push("left");
      });
      expect(outcome.kind).toBe("ok");
      expect(log).toEqual(["first", "source ended", "left"]);
      expectNothingLive(runtime);
    });
  });

  test("leaving the loop ends a flow of events that is waited for", async () => {
    await withRuntime(async (runtime) => {
      const target = new EventTarget();
      const counts = countListeners(target);
      const run = runtime.run(async (cx) => {
        const source = events(cx, target, "step") as Flow<unknown> as Flow<string>;
        for await (const event of relay(cx, source)) return event;
        return undefined;
      });
      await idle(runtime);
      target.dispatchEvent(new Event("step"));
      expect((await run).kind).toBe("ok");
      expect(counts).toEqual({ live: 0, most: 1 });
      expectNothingLive(runtime);
    });
  });

  test("a cancellation ends the wait, the source and the task", async () => {
    const { report, failures } = await withRuntime(async (runtime) => {
      const log: string[] = [];
      async function* source(cx: Cx): AsyncGenerator<string> {
        try {
          await cx.sleep(60_000);
          yield "never";
        } finally {
          log.push("source ended");
        }
      }
      const task = runtime.spawn((cx) => collect(relay(cx, source)));
      await idle(runtime);
      task.cancel("navigation");
      expect(await task.join()).toMatchObject({
        kind: "cancelled",
        cancel: { kind: "navigation" },
      });
      expect(log).toEqual(["source ended"]);
      expectNothingLive(runtime);
    });
    expect(report.revoked).toEqual([]);
    expect(failures).toEqual([]);
  });

  test("one that is left in the middle ends with its task", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const log: string[] = [];
      async function* source(cx: Cx): AsyncGenerator<string> {
        try {
          yield "first";
          await cx.sleep(60_000);
        } finally {
          log.push("source ended");
        }
      }
      const outcome = await runtime.run(async (cx) => (await relay(cx, source).next()).value);
      expect(outcome).toEqual({ kind: "ok", value: "first" });
      expect(log).toEqual(["source ended"]);
      expectNothingLive(runtime);
    });
    expect(report.outcome).toBe("clean");
  });

  test("a source that cannot be left is waited for, then revoked and named", async () => {
    const { report } = await withRuntime(
      async (runtime) => {
        const task = runtime.spawn((cx) => {
          const source = {
            [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
          };
          return collect(relay(cx, source));
        });
        await idle(runtime);
        task.cancel();
        expect((await task.join()).kind).toBe("cancelled");
      },
      { drainTimeMs: 10 },
    );
    expect(report.outcome).toBe("violations");
    const labels = report.revoked.map(({ label }) => label);
    expect(labels).toContain(`${name} source`);
  });

  test.each([undefined, null, 7, {}])("a source that is none is refused: %s", async (source) => {
    await withRuntime(async (runtime) => {
      await runtime.run((cx) => {
        expect(thrown(() => relay(cx, source as never))).toMatchObject({
          code: "INVALID_ARGUMENT",
          expected: "something that can be iterated over",
        });
      });
      expectNothingLive(runtime);
    });
  });
});

test("a chain of flows and streams of one task is no misuse of its cx", async () => {
  const warnings: Warning[] = [];
  await withRuntime(
    async (runtime) => {
      const outcome = await runtime.run(async (cx) => {
        let count = 0;
        const paced = throttle(cx, interval(cx, 2), 1);
        const worked = latest(cx, paced, async (inner, tick) => {
          await inner.checkpoint();
          return tick.due;
        });
        const stream = toReadableStream(cx, worked);
        for await (const due of fromReadableStream(cx, stream)) {
          expect(due).toBeGreaterThan(0);
          await cx.checkpoint();
          count += 1;
          if (count === 5) break;
        }
        const { readable, writable } = new TransformStream<string>();
        const writing = writeTo(cx, writable, debounce(cx, ["a", "b"], 1_000));
        for await (const value of fromReadableStream(cx, readable)) expect(value).toBe("b");
        await writing;
        return count;
      });
      expect(outcome).toEqual({ kind: "ok", value: 5 });
      expectNothingLive(runtime);
    },
    { onWarning: (warning) => void warnings.push(warning) },
  );
  expect(warnings).toEqual([]);
});

describe("debounce", () => {
  test("gives what was followed by quiet, and at the end what waits", async () => {
    // Ends are far from the quiet time on both sides, so that a slow machine changes nothing.
    const source = timed([0, "a"], [0, "b"], [400, "c"], [0, "d"]);
    const start = performance.now();
    expect(await collected((cx) => debounce(cx, source, 100))).toEqual(["b", "d"]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(400);
  });

  test("a burst arms one timer, and the quiet counts from its last value", async () => {
    await withRuntime(async (runtime) => {
      const target = new EventTarget();
      let lastMs = 0;
      const run = runtime.run(async (cx) => {
        const { value } = await debounce(cx, events(cx, target, "step"), 50).next();
        return { last: (value as CustomEvent).detail, quietMs: cx.now - lastMs };
      });
      await idle(runtime);
      for (let detail = 1; detail <= 20; detail += 1) {
        target.dispatchEvent(new CustomEvent("step", { detail }));
      }
      lastMs = runtime.now();
      await idle(runtime);
      expect(runtime.counters().timers).toBe(1);
      const outcome = await run;
      expect(outcome).toMatchObject({ kind: "ok", value: { last: 20 } });
      if (outcome.kind === "ok") expect(outcome.value.quietMs).toBeGreaterThanOrEqual(50);
    });
  });

  test("a value that comes in the quiet time puts the end off", async () => {
    const values = await collected((cx) =>
      debounce(cx, timed([0, "a"], [30, "b"], [30, "c"], [600, "d"]), 300),
    );
    expect(values).toEqual(["c", "d"]);
  });

  test.each([-1, Number.NaN, "1"])("a time that is none is refused: %s", async (ms) => {
    await withRuntime(async (runtime) => {
      await runtime.run((cx) => {
        expect(thrown(() => debounce(cx, [], ms as never))).toMatchObject({
          code: "INVALID_NUMBER",
        });
      });
    });
  });
});

describe("throttle", () => {
  // The last comes a whole window after the others, whenever these came.
  const burst = timed([0, "a"], [0, "b"], [0, "c"], [201, "d"]);

  test.each<[ThrottleOptions["edge"], string[]]>([
    ["both", ["a", "c", "d"]],
    ["leading", ["a", "d"]],
    ["trailing", ["c", "d"]],
  ])("gives of each window the value at its edge: %s", async (edge, values) => {
    const options = edge === undefined ? {} : { edge };
    expect(await collected((cx) => throttle(cx, burst, 200, options))).toEqual(values);
  });

  test("a value at the trailing edge opens the next window", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(async (cx) => {
        const startMs = cx.now;
        const given: [string, number][] = [];
        const source = timed([0, "a"], [0, "b"], [1, "c"], [1_000, "d"]);
        for await (const value of throttle(cx, source, 200)) {
          given.push([value, cx.now - startMs]);
        }
        return given;
      });
      const given = outcome.kind === "ok" ? outcome.value : [];
      expect(given.map(([value]) => value)).toEqual(["a", "c", "d"]);
      expect(given[1]?.[1]).toBeGreaterThanOrEqual(200);
      expect(given[2]?.[1]).toBeGreaterThanOrEqual(400);
    });
  });

  test.each<[unknown, unknown, string]>([
    [-1, undefined, "INVALID_NUMBER"],
    [1, { edge: "middle" }, "INVALID_ARGUMENT"],
    [1, { leading: true }, "INVALID_ARGUMENT"],
  ])("arguments that are none are refused: %s %s", async (ms, options, code) => {
    await withRuntime(async (runtime) => {
      await runtime.run((cx) => {
        const call = () => throttle(cx, [], ms as never, options as never);
        expect(thrown(call)).toMatchObject({ code });
      });
    });
  });
});

describe("latest", () => {
  forBothKinds((body) => {
    test("a new value cancels the work for the one before, which drains before the next begins", async () => {
      await withRuntime(async (runtime) => {
        const target = new EventTarget();
        const log = new Log<string>();
        const run = runtime.run(async (cx) => {
          const flow = latest(cx, events(cx, target, "step"), (inner, event) => {
            const { detail } = event as CustomEvent<string>;
            return body(function* (work) {
              log.push(`begin ${detail}`);
              try {
                if (detail !== "c") yield* work.sleep(60_000);
                return detail.toUpperCase();
              } finally {
                log.push(`end ${detail}`);
              }
            })(inner) as Promise<string>;
          });
          for await (const value of flow) return value;
          return undefined;
        });
        await idle(runtime);
        target.dispatchEvent(new CustomEvent("step", { detail: "a" }));
        await log.until(1);
        // What comes while it drains supersedes without any work.
        target.dispatchEvent(new CustomEvent("step", { detail: "b" }));
        target.dispatchEvent(new CustomEvent("step", { detail: "c" }));
        expect(await run).toEqual({ kind: "ok", value: "C" });
        expect([...log].filter((line) => line !== "begin b" && line !== "end b")).toEqual([
          "begin a",
          "end a",
          "begin c",
          "end c",
        ]);
        expectNothingLive(runtime);
      });
    });
  });

  test("work that is superseded knows why", async () => {
    const gate = deferred();
    const reasons: unknown[] = [];
    const values = await collected((cx) =>
      latest(
        cx,
        async function* () {
          yield 1;
          await gate.promise;
          yield 2;
        },
        async (inner, value) => {
          if (value === 2) return value;
          try {
            gate.resolve();
            await inner.sleep(60_000);
          } catch (error) {
            reasons.push(inner.cancelled);
            throw error;
          }
          return value;
        },
      ),
    );
    expect(values).toEqual([2]);
    expect(reasons).toMatchObject([{ kind: "user", message: "superseded" }]);
  });

  test("the work for the last value is waited for", async () => {
    const values = await collected((cx) =>
      latest(cx, ["only"], async (inner, value) => {
        await inner.sleep(5);
        return value;
      }),
    );
    expect(values).toEqual(["only"]);
  });

  test("work that fails ends the source and fails the flow, and nobody else", async () => {
    const { failures } = await withRuntime(async (runtime) => {
      const error = new Error("work");
      const target = new EventTarget();
      const counts = countListeners(target);
      const run = runtime.run(async (cx) => {
        const flow = latest(cx, events(cx, target, "step"), () => {
          throw error;
        });
        const caught = await collect(flow).catch((failure: unknown) => failure);
        await cx.sleep(0);
        return caught;
      });
      await idle(runtime);
      target.dispatchEvent(new Event("step"));
      expect(await run).toEqual({ kind: "ok", value: error });
      expect(counts.live).toBe(0);
      expectNothingLive(runtime);
    });
    expect(failures).toEqual([]);
  });

  test("a body that is none is refused", async () => {
    await withRuntime(async (runtime) => {
      await runtime.run((cx) => {
        expect(thrown(() => latest(cx, [], 7 as never))).toMatchObject({
          code: "INVALID_ARGUMENT",
        });
      });
    });
  });
});
