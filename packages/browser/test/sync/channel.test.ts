/** Channels: order, waiting, closing, permits, overflow, and what a cancellation leaves behind. */
import { describe, expect, test } from "vitest";
import {
  AsupersyncError,
  CancelledError,
  type Channel,
  type Cx,
  channel,
  type SendPermit,
} from "../../src/index.js";
import { forBothKinds, idle, thrown, withRuntime } from "../support.js";
import { okValue, run } from "./support.js";

forBothKinds((body) => {
  test("values come in the order in which they were sent, and the channel then ends", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const numbers = channel<number>(runtime, { capacity: 2 });
      const received: number[] = [];
      const sender = runtime.run(
        body(function* (cx) {
          for (let n = 0; n < 500; n += 1) yield numbers.send(cx, n);
          numbers.close();
        }),
      );
      const receiver = runtime.run(
        body(function* (cx) {
          for (let next = yield numbers.next(cx); !next.done; next = yield numbers.next(cx)) {
            received.push(next.value);
            expect(numbers.length).toBeLessThanOrEqual(2);
          }
        }),
      );
      expect((await sender).kind).toBe("ok");
      expect((await receiver).kind).toBe("ok");
      expect(received).toEqual(Array.from({ length: 500 }, (_, n) => n));
      expect(numbers.isClosed).toBe(true);
      const late = await runtime.run((cx) => numbers.receive(cx));
      expect(late).toMatchObject({ kind: "err", error: { code: "CHANNEL_CLOSED" } });
    });
    expect(report.outcome).toBe("clean");
  });

  test("a loop that always finds a value lets others run, and notices its cancellation", async () => {
    await withRuntime(async (runtime) => {
      const echo = channel<number>(runtime, { capacity: 1 });
      let rounds = 0;
      const busy = runtime.spawn(
        body(function* (cx) {
          for (;;) {
            yield echo.send(cx, rounds);
            yield echo.receive(cx);
            rounds += 1;
          }
        }),
      );
      await idle(runtime);
      expect(rounds).toBeGreaterThan(0);
      busy.cancel();
      expect((await busy.join()).kind).toBe("cancelled");
    });
  });

  test("a cancelled send has not sent, and those behind it move up", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const full = channel<string>(runtime, { capacity: 1 });
      await run(runtime, (cx) => full.trySend(cx, "first"));
      const senders = ["cancelled", "second", "third"].map((value) =>
        runtime.spawn(
          body(function* (cx) {
            yield full.send(cx, value);
          }),
        ),
      );
      await idle(runtime);
      senders[0]?.cancel();
      expect((await senders[0]?.join())?.kind).toBe("cancelled");
      const received = await run(runtime, async (cx) => [
        await full.receive(cx),
        await full.receive(cx),
        await full.receive(cx),
      ]);
      expect(received).toEqual(["first", "second", "third"]);
      expect(full.length).toBe(0);
    });
    expect(report.outcome).toBe("clean");
  });

  test("a cancelled receive loses no value: it goes to the next in line", async () => {
    await withRuntime(async (runtime) => {
      const values = channel<number>(runtime, { capacity: 4 });
      const receive = body(function* (cx) {
        return (yield values.receive(cx)) as number;
      });
      const [first, second] = [runtime.spawn(receive), runtime.spawn(receive)];
      await idle(runtime);
      // The value is granted to the first, which is cancelled before it was told.
      await run(runtime, (cx) => {
        values.trySend(cx, 1);
        first.cancel();
      });
      expect((await first.join()).kind).toBe("cancelled");
      expect(await second.join()).toEqual({ kind: "ok", value: 1 });
    });
  });

  test("a value that comes in the batch in which its receiver loses a race stays in the channel", async () => {
    await withRuntime(async (runtime) => {
      const [one, other] = [0, 0].map(() => channel<string>(runtime, { capacity: 1 }));
      const race = runtime.spawn(
        body(function* (cx) {
          const receive = (from: Channel<string> | undefined) =>
            function* (cx: Cx): Generator<never, string | undefined, string> {
              return from && ((yield from.receive(cx) as never) as string);
            };
          return (yield cx.race([receive(one), receive(other)])) as string;
        }),
      );
      await idle(runtime);
      await run(runtime, (cx) => {
        one?.trySend(cx, "one");
        other?.trySend(cx, "other");
      });
      expect(await race.join()).toEqual({ kind: "ok", value: "one" });
      expect([one?.length, other?.length]).toEqual([0, 1]);
    });
  });
});

test("every loop over a channel ends when it does, and no value goes to two of them", async () => {
  await withRuntime(async (runtime) => {
    const jobs = channel<number>(runtime, { capacity: 3 });
    const worker = async (cx: Cx): Promise<number[]> => {
      const done: number[] = [];
      for await (const job of jobs.values(cx)) {
        done.push(job);
        await cx.checkpoint();
      }
      return done;
    };
    const workers = [1, 2, 3].map(() => runtime.run(worker));
    await run(runtime, async (cx) => {
      for (let n = 0; n < 100; n += 1) await jobs.send(cx, n);
      jobs.close();
    });
    const done = (await Promise.all(workers)).map(okValue);
    for (const own of done) expect(own).toEqual([...own].sort((a, b) => a - b));
    expect(done.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });
});

test("a loop that is left takes nothing more, and another goes on", async () => {
  await withRuntime(async (runtime) => {
    const values = channel<number>(runtime, { capacity: 8 });
    const seen = await run(runtime, async (cx) => {
      for (const n of [1, 2, 3]) values.trySend(cx, n);
      values.close();
      const seen: number[] = [];
      for await (const n of values.values(cx)) {
        seen.push(n);
        break;
      }
      for await (const n of values.values(cx)) seen.push(n * 10);
      return seen;
    });
    expect(seen).toEqual([1, 20, 30]);
  });
});

describe("closing", () => {
  test("refuses who sends or waits to send, and lets receive what is there", async () => {
    await withRuntime(async (runtime) => {
      const values = channel<string>(runtime, { capacity: 1 });
      await run(runtime, (cx) => values.trySend(cx, "there"));
      const waiting = runtime.spawn((cx) => values.send(cx, "late"));
      await idle(runtime);
      values.close();
      values.close();
      expect(await waiting.join()).toMatchObject({
        kind: "err",
        error: { code: "CHANNEL_CLOSED" },
      });
      await run(runtime, async (cx) => {
        expect(thrown(() => values.send(cx, "x"))).toMatchObject({
          code: "CHANNEL_CLOSED",
          expected: "an open channel",
          received: "a closed channel",
        });
        expect(thrown(() => values.trySend(cx, "x"))).toMatchObject({ code: "CHANNEL_CLOSED" });
        expect(thrown(() => values.tryReserve(cx))).toMatchObject({ code: "CHANNEL_CLOSED" });
        expect(await values.receive(cx)).toBe("there");
        expect(thrown(() => values.receive(cx))).toMatchObject({ code: "CHANNEL_CLOSED" });
        expect(thrown(() => values.tryReceive(cx))).toMatchObject({ code: "CHANNEL_CLOSED" });
        expect(await values.next(cx)).toEqual({ done: true, value: undefined });
      });
    });
  });

  test("ends the wait of receivers, who get what permits that are held still bring", async () => {
    await withRuntime(async (runtime) => {
      const values = channel<number>(runtime, { capacity: 1 });
      const received = runtime.spawn((cx) => values.receive(cx));
      const next = runtime.spawn((cx) => values.next(cx));
      await idle(runtime);
      await run(runtime, async (cx) => {
        const permit = await values.reserve(cx);
        values.close();
        await idle(runtime);
        expect(next.state).toBe("running");
        permit.send(7);
      });
      expect(await received.join()).toEqual({ kind: "ok", value: 7 });
      expect(await next.join()).toEqual({ kind: "ok", value: { done: true, value: undefined } });
    });
  });

  test("comes with the end of its owner: a scope, or the task whose cx it was made with", async () => {
    await withRuntime(async (runtime) => {
      const scope = runtime.openScope();
      const ofScope = channel<number>(scope, { capacity: 1 });
      const waiting = runtime.spawn((cx) => ofScope.receive(cx));
      const looping = runtime.spawn((cx) => ofScope.next(cx));
      await idle(runtime);
      await scope.close();
      expect(await waiting.join()).toMatchObject({
        kind: "err",
        error: { code: "CHANNEL_CLOSED" },
      });
      expect(await looping.join()).toMatchObject({ kind: "ok", value: { done: true } });
      expect(ofScope.isClosed).toBe(true);
      expect(thrown(() => channel(scope, { capacity: 1 }))).toMatchObject({
        code: "CHANNEL_CLOSED",
      });

      const ofTask = await run(runtime, async (cx) => {
        const own = channel<number>(cx, { capacity: 1 });
        const child = cx.spawn((cx) => own.receive(cx));
        await own.send(cx, 1);
        expect(await cx.join(child)).toEqual({ kind: "ok", value: 1 });
        expect(own.isClosed).toBe(false);
        return own;
      });
      expect(ofTask.isClosed).toBe(true);
      await run(runtime, (cx) => {
        expect(thrown(() => ofTask.trySend(cx, 1))).toMatchObject({ code: "CHANNEL_CLOSED" });
      });
    });
  });

  test("leaves nothing in the kernel once the channel is empty", async () => {
    await withRuntime(
      async (runtime) => {
        await run(runtime, async (cx) => {
          const [emptied, sent, aborted] = [1, 2, 3].map(() =>
            channel<number>(runtime, { capacity: 2 }),
          ) as [Channel<number>, Channel<number>, Channel<number>];
          emptied.trySend(cx, 1);
          const [permit, other] = [await sent.reserve(cx), await aborted.reserve(cx)];
          for (const one of [emptied, sent, aborted]) one.close();
          expect(emptied.tryReceive(cx)).toBe(1);
          permit.send(2);
          expect(await sent.receive(cx)).toBe(2);
          other.abort();
        });
        const dropped = runtime.events().filter(({ kind }) => kind === "semaphoreDropped");
        expect(dropped.length).toBe(6);
      },
      { trace: {} },
    );
  });
});

describe("a permit to send", () => {
  test("counts as a value, is used once, and gives its place back when it is not used", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const values = channel<string>(runtime, { capacity: 1 });
      await run(runtime, async (cx) => {
        const permit = await values.reserve(cx);
        expect(thrown(() => values.trySend(cx, "x"))).toMatchObject({ code: "WOULD_WAIT" });
        expect(values.length).toBe(0);
        permit.send("sent");
        expect(values.tryReceive(cx)).toBe("sent");
        expect(thrown(() => permit.send("again"))).toMatchObject({
          code: "STALE_HANDLE",
          received: "one of a channel that was given back",
        });
        permit.abort();
        const unused = values.tryReserve(cx);
        unused.abort();
        unused.abort();
        values.tryReserve(cx)[Symbol.dispose]();
        values.trySend(cx, "room");
      });
    });
    expect(report.outcome).toBe("clean");
  });

  test("that a task leaves behind is a leak, and its place is free again", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const values = channel<string>(runtime, { capacity: 1 });
      const outcome = await runtime.run((cx) => void values.tryReserve(cx), { label: "forgetful" });
      expect(outcome).toMatchObject({
        kind: "panicked",
        panic: { error: { code: "OBLIGATION_LEAKED" } },
      });
      await run(runtime, (cx) => values.trySend(cx, "room"));
    });
    expect(report).toMatchObject({
      outcome: "violations",
      leaked: [{ kind: "send-permit", label: "forgetful" }],
    });
  });

  test("of a cancelled task goes back, and does nothing any more", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const values = channel<string>(runtime, { capacity: 1 });
      let permit: SendPermit<string> | undefined;
      const holder = runtime.spawn(async (cx) => {
        permit = await values.reserve(cx);
        await cx.sleep(60_000);
      });
      await idle(runtime);
      holder.cancel();
      await holder.join();
      expect(thrown(() => permit?.send("late"))).toMatchObject({
        code: "STALE_HANDLE",
        received: "one of a channel that went with its task",
      });
      await run(runtime, (cx) => values.trySend(cx, "room"));
      expect(values.length).toBe(1);
    });
    expect(report.outcome).toBe("clean");
  });

  test("can be handed to another task, which then answers for it", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const values = channel<string>(runtime, { capacity: 1 });
      await run(runtime, async (cx) => {
        const permit = await values.reserve(cx);
        const child = cx.spawn((cx) => {
          permit.transfer(cx);
          permit.send("by the child");
        });
        await cx.join(child);
        expect(await values.receive(cx)).toBe("by the child");
      });
    });
    expect(report.outcome).toBe("clean");
  });

  test("of a channel that went with its owner sends nowhere", async () => {
    await withRuntime(async (runtime) => {
      const scope = runtime.openScope();
      const values = channel<string>(scope, { capacity: 1 });
      await run(runtime, async (cx) => {
        const permit = await values.reserve(cx);
        scope.cancel();
        await cx.checkpoint();
        expect(thrown(() => permit.send("x"))).toMatchObject({ code: "CHANNEL_CLOSED" });
      });
    });
  });
});

describe("overflow", () => {
  test.each([
    ["drop-oldest", [3, 4], 2],
    ["drop-newest", [1, 2], 2],
  ] as const)("%s never waits, and counts what it lets fall", async (overflow, kept, dropped) => {
    await withRuntime(async (runtime) => {
      const values = channel<number>(runtime, { capacity: 2, overflow });
      const received = await run(runtime, async (cx) => {
        await values.send(cx, 1);
        values.trySend(cx, 2);
        await values.send(cx, 3);
        values.trySend(cx, 4);
        return [values.tryReceive(cx), values.tryReceive(cx)];
      });
      expect(received).toEqual(kept);
      expect(values.dropped).toBe(dropped);
    });
  });

  test("that drops still lets others run, and notices a cancellation", async () => {
    await withRuntime(async (runtime) => {
      const latest = channel<number>(runtime, { capacity: 1, overflow: "drop-oldest" });
      const busy = runtime.spawn(function* (cx) {
        for (let n = 0; ; n += 1) yield* latest.send(cx, n);
      });
      await idle(runtime);
      busy.cancel();
      expect((await busy.join()).kind).toBe("cancelled");
      expect(latest.length).toBe(1);
    });
  });

  test("drops the value itself where permits hold every place", async () => {
    await withRuntime(async (runtime) => {
      const values = channel<number>(runtime, { capacity: 1, overflow: "drop-oldest" });
      await run(runtime, async (cx) => {
        const permit = await values.reserve(cx);
        values.trySend(cx, 1);
        expect([values.length, values.dropped]).toEqual([0, 1]);
        permit.send(2);
        expect(values.tryReceive(cx)).toBe(2);
        values.close();
        expect(thrown(() => values.trySend(cx, 3))).toMatchObject({ code: "CHANNEL_CLOSED" });
      });
    });
  });
});

test("a wait that is left open when its task ends is no leak, and takes nothing", async () => {
  const { report } = await withRuntime(async (runtime) => {
    const values = channel<number>(runtime, { capacity: 1 });
    expect((await runtime.run((cx) => void values.receive(cx))).kind).toBe("ok");
    await run(runtime, (cx) => values.trySend(cx, 1));
    expect((await runtime.run((cx) => void values.send(cx, 2))).kind).toBe("ok");
    expect(await run(runtime, (cx) => values.tryReceive(cx))).toBe(1);
    expect(values.length).toBe(0);
  });
  expect(report.outcome).toBe("clean");
});

test("what never waits is there for the clean-up of a cancelled task", async () => {
  await withRuntime(async (runtime) => {
    const log = channel<string>(runtime, { capacity: 2 });
    const task = runtime.spawn(async (cx) => {
      cx.defer(async () => undefined);
      try {
        await cx.sleep(60_000);
      } catch (error) {
        expect(error).toBeInstanceOf(CancelledError);
        log.trySend(cx, "cleaned up");
        await log.send(cx, "never").then(undefined, (again: unknown) => expect(again).toBe(error));
        throw error;
      }
    });
    await idle(runtime);
    task.cancel();
    expect((await task.join()).kind).toBe("cancelled");
    expect(await run(runtime, (cx) => log.tryReceive(cx))).toBe("cleaned up");
    expect(log.length).toBe(0);
  });
});

test("a full channel and an empty one say so at once", async () => {
  await withRuntime(async (runtime) => {
    const values = channel<number>(runtime, { capacity: 1 });
    await run(runtime, (cx) => {
      expect(thrown(() => values.tryReceive(cx))).toMatchObject({ code: "WOULD_WAIT" });
      values.trySend(cx, 1);
      const full = thrown(() => values.trySend(cx, 2));
      expect(full).toBeInstanceOf(AsupersyncError);
      expect(full).toMatchObject({ code: "WOULD_WAIT", received: "a wait for a channel" });
    });
  });
});

test("a wait in line is told from a refusal in the runtime of every tag", async () => {
  for (let nth = 0; nth < 128; nth += 1) {
    await withRuntime(async (runtime) => {
      const values = channel<number>(runtime, { capacity: 1 });
      const receiving = runtime.spawn((cx) => values.receive(cx));
      await run(runtime, async (cx) => values.send(cx, nth));
      expect(await receiving.join()).toEqual({ kind: "ok", value: nth });
    });
  }
});

test("a channel of another runtime is refused", async () => {
  await withRuntime(async (runtime) => {
    await withRuntime(async (other) => {
      const foreign = channel<number>(other, { capacity: 1 });
      await run(runtime, (cx) => {
        expect(thrown(() => foreign.send(cx, 1))).toMatchObject({ code: "FOREIGN_HANDLE" });
        expect(thrown(() => foreign.receive(cx))).toMatchObject({ code: "FOREIGN_HANDLE" });
        expect(thrown(() => foreign.values(cx).next())).toMatchObject({ code: "FOREIGN_HANDLE" });
      });
    });
  });
});

test("a cx is for its own body, while that runs", async () => {
  await withRuntime(async (runtime) => {
    const values = channel<number>(runtime, { capacity: 1 });
    let kept: Cx | undefined;
    await run(runtime, (cx) => {
      kept = cx;
    });
    const ended = kept as Cx;
    expect(thrown(() => values.trySend(ended, 1))).toMatchObject({ code: "CX_ENDED" });
    expect(thrown(() => channel(ended, { capacity: 1 }))).toMatchObject({ code: "CX_ENDED" });
    const forged = {} as Cx;
    expect(thrown(() => values.send(forged, 1))).toMatchObject({ code: "FORGED_HANDLE" });
    expect(thrown(() => channel(forged, { capacity: 1 }))).toMatchObject({ code: "FORGED_HANDLE" });
  });
});

test("options that are none are refused with what to do", async () => {
  await withRuntime(async (runtime) => {
    const open = (options: unknown) => thrown(() => channel(runtime, options as never));
    for (const capacity of [0, -1, 1.5, Number.NaN, 2 ** 31, "16", undefined]) {
      expect(open({ capacity })).toMatchObject({ code: "INVALID_NUMBER" });
    }
    for (const options of [undefined, null, 16, [], { capacity: 1, size: 2 }]) {
      expect(open(options)).toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    expect(open({ capacity: 1, overflow: "drop" })).toMatchObject({
      code: "INVALID_ARGUMENT",
      expected: 'the overflow policy "wait", "drop-oldest" or "drop-newest"',
    });
  });
});
