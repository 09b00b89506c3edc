/** `cx.map`: a body for each item, so many at a time; values in order, and no item taken too early. */
import { describe, expect, test } from "vitest";
import { type Cx, channel } from "../src/index.js";
import { deferred, forBothKinds, idle, thrown, withRuntime } from "./support.js";

/** Iterates as it says, and logs what it is asked. */
class Items<I> implements Iterable<I>, AsyncIterable<I> {
  readonly log: string[] = [];
  readonly #items: readonly I[];

  constructor(...items: I[]) {
    this.#items = items;
  }

  /** Only the synchronous way, or only the other one. */
  as(kind: "sync" | "async"): Iterable<I> | AsyncIterable<I> {
    if (kind === "sync") return { [Symbol.iterator]: () => this[Symbol.iterator]() };
    return { [Symbol.asyncIterator]: () => this[Symbol.asyncIterator]() };
  }

  *[Symbol.iterator](): Generator<I> {
    try {
      for (const item of this.#items) {
        this.log.push(`take ${item}`);
        yield item;
      }
      this.log.push("exhausted");
    } finally {
      this.log.push("let go");
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<I> {
    await undefined;
    yield* this[Symbol.iterator]();
  }
}

const KINDS = ["sync", "async"] as const;

forBothKinds((body) => {
  test.each([1, 2, 3, 100, Number.POSITIVE_INFINITY])(
    "keeps the order of the items, and at most %s at a time",
    async (concurrency) => {
      await withRuntime(async (runtime) => {
        for (const kind of KINDS) {
          const bound = Math.min(concurrency, 6);
          const full = deferred();
          let busy = 0;
          let most = 0;
          const outcome = await runtime.run(
            body(function* (cx) {
              const items = new Items(6, 1, 4, 2, 5, 3).as(kind);
              return yield* cx.map(items, { concurrency }, (inner, ms, index) =>
                body(function* (own) {
                  busy += 1;
                  most = Math.max(most, busy);
                  if (busy === bound) full.resolve();
                  yield* own.foreign(() => full.promise);
                  yield* own.sleep(ms);
                  busy -= 1;
                  return `${index}: ${ms}`;
                })(inner),
              );
            }),
          );
          expect(outcome).toEqual({
            kind: "ok",
            value: ["0: 6", "1: 1", "2: 4", "3: 2", "4: 5", "5: 3"],
          });
          expect(most).toBe(bound);
        }
        expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, hostOps: 0, timers: 0 });
      });
    },
  );

  test.each(KINDS)("takes an item only when it can begin: %s", async (kind) => {
    await withRuntime(async (runtime) => {
      const items = new Items(0, 1, 2, 3);
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.map(items.as(kind), { concurrency: 1 }, (inner, item) =>
            body(function* (own) {
              items.log.push(`begin ${item}`);
              yield* own.checkpoint();
              own.spawn(
                body(function* (child) {
                  yield* child.sleep(1);
                  items.log.push(`child ${item}`);
                }),
              );
            })(inner),
          );
        }),
      );
      expect(outcome.kind).toBe("ok");
      const each = (item: number) => [`take ${item}`, `begin ${item}`, `child ${item}`];
      expect(items.log).toEqual([0, 1, 2, 3].flatMap(each).concat("exhausted", "let go"));
    });
  });

  test.each(KINDS)(
    "the first failure cancels the others, takes nothing more and lets the iterator go: %s",
    async (kind) => {
      const { failures, report } = await withRuntime(async (runtime) => {
        const error = new Error("broken");
        const items = new Items(60_000, 1, 2, 3);
        const outcome = await runtime.run(
          body(function* (cx) {
            try {
              return yield* cx.map(items.as(kind), { concurrency: 2 }, (inner, ms) =>
                body(function* (own) {
                  try {
                    yield* own.sleep(ms);
                  } finally {
                    if (own.cancelled !== undefined) items.log.push(`drained ${ms}`);
                  }
                  throw error;
                })(inner),
              );
            } finally {
              items.log.push("settled");
            }
          }),
        );
        expect(outcome.kind === "err" && outcome.error).toBe(error);
        expect([...items.log].sort()).toEqual(
          ["take 60000", "take 1", "let go", "drained 60000", "settled"].sort(),
        );
        expect(items.log.at(-1)).toBe("settled");
        expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, hostOps: 0, timers: 0 });
      });
      expect(failures).toEqual([]);
      expect(report.outcome).toBe("clean");
    },
  );

  test.each(KINDS)("of nothing it is nothing: %s", async (kind) => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.map(new Items().as(kind), { concurrency: 4 }, () => 1);
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: [] });
    });
  });

  test.each(KINDS)(
    "what the iterator throws is the failure, and it is not let go again: %s",
    async (kind) => {
      const { failures } = await withRuntime(async (runtime) => {
        const log: string[] = [];
        let asked = 0;
        const iterator = {
          next() {
            asked += 1;
            if (asked < 2) return { value: asked, done: false };
            throw undefined;
          },
          return: () => log.push("return"),
        };
        const items =
          kind === "sync"
            ? { [Symbol.iterator]: () => iterator }
            : { [Symbol.asyncIterator]: () => iterator };
        const outcome = await runtime.run(
          body(function* (cx) {
            return yield* cx.map(items as never, { concurrency: 2 }, (inner) =>
              body(function* (own) {
                try {
                  yield* own.sleep(60_000);
                } finally {
                  log.push("drained");
                }
              })(inner),
            );
          }),
        );
        expect(outcome).toEqual({ kind: "err", error: undefined });
        expect(log).not.toContain("return");
        expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, hostOps: 0, timers: 0 });
      });
      expect(failures).toEqual([]);
    },
  );

  test.each(KINDS)("an iterator that gives no result at all is a TypeError: %s", async (kind) => {
    await withRuntime(async (runtime) => {
      const iterator = { next: () => undefined };
      const items =
        kind === "sync"
          ? { [Symbol.iterator]: () => iterator }
          : { [Symbol.asyncIterator]: () => iterator };
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.map(items as never, { concurrency: 1 }, () => 1);
        }),
      );
      expect(outcome.kind === "err" && outcome.error).toBeInstanceOf(TypeError);
      expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, hostOps: 0 });
    });
  });

  test("an iterator that cannot be made is the failure", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("no iterator");
      const items = {
        [Symbol.iterator]: (): Iterator<number> => {
          throw error;
        },
      };
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.map(items, { concurrency: 1 }, () => 1);
        }),
      );
      expect(outcome.kind === "err" && outcome.error).toBe(error);
      expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1 });
    });
  });

  test("an iterator that fails to let go is told of, and the failure before it stands", async () => {
    for (const kind of KINDS) {
      const broken = new Error("cannot let go");
      const { failures } = await withRuntime(async (runtime) => {
        const iterator = {
          next: () => ({ value: 1, done: false }),
          return: () => {
            throw broken;
          },
        };
        const items =
          kind === "sync"
            ? { [Symbol.iterator]: () => iterator }
            : { [Symbol.asyncIterator]: () => iterator };
        const outcome = await runtime.run(
          body(function* (cx) {
            return yield* cx.map(items as never, { concurrency: 1 }, () => {
              throw "first";
            });
          }),
        );
        expect(outcome).toEqual({ kind: "err", error: "first" });
      });
      expect(failures).toMatchObject([{ kind: "clean-up", error: broken }]);
    }
  });

  test("a sequence that waits by its own cx is cancelled with the rest", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      async function* ticks(cx: Cx): AsyncGenerator<number> {
        try {
          yield 1;
          await cx.sleep(60_000);
        } finally {
          log.push("let go");
        }
      }
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.map(ticks, { concurrency: 2 }, () => {
            throw "broken";
          });
        }),
      );
      expect(outcome).toEqual({ kind: "err", error: "broken" });
      expect(log).toEqual(["let go"]);
      expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, hostOps: 0, timers: 0 });
    });
  });

  test("the values of a channel come by the cx of the map, and a failure does not wait for more", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          const jobs = channel<number>(cx, { capacity: 4 });
          yield* jobs.send(cx, 1);
          yield* jobs.send(cx, 2);
          try {
            return yield* cx.map(
              (own) => jobs.values(own),
              { concurrency: 2 },
              (inner, job) =>
                body(function* (own) {
                  yield* own.checkpoint();
                  if (job === 2) throw "broken";
                  yield* own.sleep(60_000);
                })(inner),
            );
          } catch (error) {
            return error;
          }
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: "broken" });
      expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, hostOps: 0, timers: 0 });
    });
    expect(report.outcome).toBe("clean");
  });

  test("those that wait by the cx around it are refused before any is taken", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          const jobs = channel<number>(cx, { capacity: 4 });
          yield* jobs.send(cx, 1);
          const [refused] = yield* cx.settle([
            (inner) => inner.map(jobs.values(inner), { concurrency: 2 }, () => "began"),
          ]);
          return [refused, yield* jobs.receive(cx)];
        }),
      );
      expect(outcome).toMatchObject({
        kind: "ok",
        value: [{ kind: "err", error: { code: "CX_FOREIGN" } }, 1],
      });
    });
  });

  test("a sequence may wait by the cx of the caller", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          async function* ticks(): AsyncGenerator<number> {
            for (const tick of [1, 2, 3]) {
              await cx.sleep(1);
              yield tick;
            }
          }
          return yield* cx.map(ticks(), { concurrency: 2 }, (inner, tick) =>
            body(function* (own) {
              yield* own.sleep(1);
              return tick * 2;
            })(inner),
          );
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: [2, 4, 6] });
    });
  });

  describe("cancelled", () => {
    test("before, nothing is taken", async () => {
      await withRuntime(async (runtime) => {
        const items = new Items(1, 2);
        const task = runtime.spawn(
          body(function* (cx) {
            task.cancel();
            yield* cx.map(items, { concurrency: 2 }, () => items.log.push("began"));
          }),
        );
        expect((await task.join()).kind).toBe("cancelled");
        expect(items.log).toEqual([]);
      });
    });

    test.each(KINDS)(
      "with items under way, these drain and the iterator is let go: %s",
      async (kind) => {
        await withRuntime(async (runtime) => {
          const items = new Items(1, 2, 3);
          const task = runtime.spawn(
            body(function* (cx) {
              yield* cx.map(items.as(kind), { concurrency: 2 }, (inner, item) =>
                body(function* (own) {
                  try {
                    yield* own.sleep(60_000);
                  } finally {
                    items.log.push(`drained ${item}`);
                  }
                })(inner),
              );
            }),
          );
          await idle(runtime);
          task.cancel("unmount");
          expect(await task.join()).toMatchObject({
            kind: "cancelled",
            cancel: { kind: "unmount" },
          });
          const all = ["take 1", "take 2", "let go", "drained 1", "drained 2"];
          expect([...items.log].sort()).toEqual(all.sort());
          expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, hostOps: 0, timers: 0 });
        });
      },
    );

    test("while it waits for an item, the iterator is let go at once", async () => {
      await withRuntime(async (runtime) => {
        const log: string[] = [];
        const asked = deferred();
        const next = deferred<IteratorResult<number>>();
        const items = {
          [Symbol.asyncIterator]: () => ({
            next: () => {
              asked.resolve();
              return next.promise;
            },
            return: async () => {
              log.push("return");
              next.resolve({ value: undefined, done: true });
              return { value: undefined, done: true as const };
            },
          }),
        };
        const task = runtime.spawn(
          body(function* (cx) {
            yield* cx.map(items, { concurrency: 2 }, () => log.push("began"));
          }),
        );
        await asked.promise;
        task.cancel();
        expect((await task.join()).kind).toBe("cancelled");
        expect(log).toEqual(["return"]);
        expect(runtime.counters().hostOps).toBe(0);
      });
    });

    test("values that all came meanwhile are not lost", async () => {
      await withRuntime(async (runtime) => {
        let values: unknown;
        const task = runtime.spawn(
          body(function* (cx) {
            values = yield* cx.map([1, 2], { concurrency: 2 }, (inner, item) =>
              body(function* (own) {
                yield* own.checkpoint();
                if (item === 2) task.cancel();
                return item;
              })(inner),
            );
            yield* cx.checkpoint();
          }),
        );
        expect((await task.join()).kind).toBe("cancelled");
        expect(values).toEqual([1, 2]);
      });
    });
  });

  test("nested", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.map([1, 2, 3], { concurrency: 2 }, (inner, row) =>
            body(function* (own) {
              return yield* own.map([1, 2], { concurrency: 2 }, (_, column) => row * column);
            })(inner),
          );
        }),
      );
      expect(outcome).toEqual({
        kind: "ok",
        value: [
          [1, 2],
          [2, 4],
          [3, 6],
        ],
      });
    });
  });
});

test("an item that used up its budget takes the others with it, which go on to their ends", async () => {
  await withRuntime(async (runtime) => {
    const items = new Items(1, 1_000, 3, 4);
    const ended: number[] = [];
    const usedUp = deferred();
    const outcome = await runtime.run((cx) =>
      cx.scope(
        (scoped) =>
          scoped.map(items, { concurrency: 2 }, async (inner, item) => {
            if (item === 3) await inner.foreign(() => usedUp.promise);
            try {
              for (let polls = 0; polls < item; polls += 1) await inner.checkpoint();
            } finally {
              if (inner.cancelled !== undefined) usedUp.resolve();
            }
            ended.push(item);
          }),
        { polls: 100 },
      ),
    );
    expect(outcome).toMatchObject({ kind: "err", error: { cancel: { kind: "poll-quota" } } });
    expect(items.log).toEqual(["take 1", "take 1000", "take 3", "let go"]);
    expect(ended).toEqual([1, 3]);
    expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, timers: 0 });
  });
});

test("an item that comes when another has ended without value does not begin", async () => {
  await withRuntime(async (runtime) => {
    const log: unknown[] = [];
    const next = deferred<IteratorResult<number>>();
    const ended = deferred();
    let asked = 0;
    const iterator = {
      next: async () => {
        asked += 1;
        return asked === 1 ? { value: 1, done: false as const } : next.promise;
      },
      return: async () => {
        log.push("let go");
        return { value: undefined, done: true as const };
      },
    };
    const run = runtime.run((cx) =>
      cx.scope(
        (scoped) =>
          scoped.map(
            { [Symbol.asyncIterator]: () => iterator },
            { concurrency: 2 },
            async (own, item) => {
              log.push(item);
              try {
                for (;;) await own.checkpoint();
              } finally {
                ended.resolve();
              }
            },
          ),
        { polls: 20 },
      ),
    );
    await ended.promise;
    await idle(runtime);
    next.resolve({ value: 2, done: false });
    expect(await run).toMatchObject({ kind: "err", error: { cancel: { kind: "poll-quota" } } });
    expect(log).toEqual([1, "let go"]);
  });
});

test("2,000 items, 100 at a time, leave nothing behind", async () => {
  await withRuntime(async (runtime) => {
    const items = Array.from({ length: 2_000 }, (_, index) => index);
    const outcome = await runtime.run((cx) =>
      cx.map(items, { concurrency: 100 }, function* (inner, item) {
        yield* inner.checkpoint();
        return item;
      }),
    );
    expect(outcome).toEqual({ kind: "ok", value: items });
    expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, timers: 0 });
  });
});

test("hostile arguments are refused before anything is taken", async () => {
  await withRuntime(async (runtime) => {
    await runtime.run((cx) => {
      const one = { concurrency: 1 };
      const items = new Items(1);
      const body = () => 1;
      for (const call of [
        () => cx.map(7 as never, one, body),
        () => cx.map(null as never, one, body),
        () => cx.map({} as never, one, body),
        () => cx.map(items, undefined as never, body),
        () => cx.map(items, body as never, one as never),
        () => cx.map(items, { concurrency: 1, width: 2 } as never, body),
        () => cx.map(items, one, 7 as never),
      ]) {
        expect(thrown(call)).toMatchObject({ code: "INVALID_ARGUMENT" });
      }
      for (const concurrency of [0, -1, 1.5, Number.NaN, "2", undefined]) {
        const call = () => cx.map(items, { concurrency } as never, body);
        expect(thrown(call)).toMatchObject({ code: "INVALID_NUMBER" });
      }
      expect(items.log).toEqual([]);
    });
    expect(runtime.counters().scopes).toBe(1);
    const outcome = await runtime.run((cx) =>
      cx.map((() => 7) as never, { concurrency: 1 }, () => 1),
    );
    expect(outcome).toMatchObject({ kind: "err", error: { code: "INVALID_ARGUMENT" } });
  });
});
