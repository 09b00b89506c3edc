/** Streams both ways: pulled on demand, cancelled with the reason, and over when both sides are. */
import { describe, expect, test } from "vitest";
import { type Cx, fromReadableStream, toReadableStream, writeTo } from "../../src/index.js";
import { deferred, forBothKinds, hostTurn, idle, thrown, withRuntime } from "../support.js";
import { expectNothingLive, Log } from "./support.js";

/** A stream of numbers that says what became of it. */
function counting(end = Number.POSITIVE_INFINITY, cancelling?: Promise<void>) {
  const seen = { pulls: 0, cancelled: undefined as unknown, cancelling: deferred() };
  const stream = new ReadableStream<number>(
    {
      pull(controller) {
        seen.pulls += 1;
        if (seen.pulls > end) controller.close();
        else controller.enqueue(seen.pulls);
      },
      cancel(reason) {
        seen.cancelled = reason;
        seen.cancelling.resolve();
        return cancelling;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, seen };
}

describe("fromReadableStream", () => {
  forBothKinds((body) => {
    test("reads a chunk when it is asked for, to the end, and releases the lock", async () => {
      await withRuntime(async (runtime) => {
        const { stream, seen } = counting(2);
        const outcome = await runtime.run(
          body(function* (cx) {
            const flow = fromReadableStream(cx, stream);
            const steps: unknown[] = [stream.locked, seen.pulls];
            for (let step = 0; step < 4; step += 1) steps.push((yield* flow.next()).value);
            return steps;
          }),
        );
        expect(outcome).toEqual({ kind: "ok", value: [true, 0, 1, 2, undefined, undefined] });
        expect([stream.locked, seen.cancelled]).toEqual([false, undefined]);
        expectNothingLive(runtime);
      });
    });

    test("a cancellation cancels the stream with what a signal would say, and waits for it", async () => {
      await withRuntime(async (runtime) => {
        const gate = deferred();
        const seen: unknown[] = [];
        const stream = new ReadableStream<number>({
          cancel(reason) {
            seen.push(reason);
            return gate.promise;
          },
        });
        const task = runtime.spawn(
          body(function* (cx) {
            yield* fromReadableStream(cx, stream).next();
          }),
        );
        await idle(runtime);
        task.cancel("timeout");
        await idle(runtime);
        expect(seen).toMatchObject([
          { name: "TimeoutError", cause: { cancel: { kind: "timeout" } } },
        ]);
        expect(task.outcome).toBeUndefined();
        gate.resolve();
        expect((await task.join()).kind).toBe("cancelled");
        await hostTurn();
        expect(stream.locked).toBe(false);
        expectNothingLive(runtime);
      });
    });
  });

  test("leaving the loop cancels the stream and waits for it", async () => {
    await withRuntime(async (runtime) => {
      const gate = deferred();
      const { stream, seen } = counting(9, gate.promise);
      const log: string[] = [];
      const run = runtime.run(async (cx) => {
        for await (const value of fromReadableStream(cx, stream)) {
          log.push(`got ${value}`);
          if (value === 2) break;
        }
        log.push("left");
      });
      await seen.cancelling.promise;
      await idle(runtime);
      expect([...log]).toEqual(["got 1", "got 2"]);
      gate.resolve();
      expect((await run).kind).toBe("ok");
      expect(log.at(-1)).toBe("left");
      expect(seen.cancelled).toMatchObject({ name: "AbortError" });
      expect([seen.pulls, stream.locked]).toEqual([2, false]);
      expectNothingLive(runtime);
    });
  });

  test("a stream that fails fails the flow", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("stream");
      const stream = new ReadableStream({ pull: (controller) => controller.error(error) });
      const outcome = await runtime.run((cx) => fromReadableStream(cx, stream).next());
      expect(outcome.kind === "err" && outcome.error).toBe(error);
      expectNothingLive(runtime);
    });
  });

  test("a stream that is never read is cancelled when its task ends", async () => {
    await withRuntime(async (runtime) => {
      const { stream, seen } = counting();
      await runtime.run((cx) => void fromReadableStream(cx, stream));
      expect(seen.cancelled).toMatchObject({ name: "AbortError" });
      expectNothingLive(runtime);
    });
  });

  test("under a cancellation the stream is cancelled at once", async () => {
    await withRuntime(async (runtime) => {
      const { stream, seen } = counting();
      const task = runtime.spawn(async (cx) => {
        await cx.sleep(60_000).then(undefined, () => undefined);
        await fromReadableStream(cx, stream).next();
      });
      await idle(runtime);
      task.cancel("unmount");
      expect((await task.join()).kind).toBe("cancelled");
      expect(seen.cancelled).toMatchObject({ name: "AbortError" });
      expectNothingLive(runtime);
    });
  });

  test("a locked stream and what is no stream are refused", async () => {
    await withRuntime(async (runtime) => {
      const { stream } = counting();
      stream.getReader();
      await runtime.run((cx) => {
        expect(thrown(() => fromReadableStream(cx, stream))).toMatchObject({ code: "WRONG_STATE" });
        for (const other of [undefined, null, {}, new Response("x")]) {
          expect(thrown(() => fromReadableStream(cx, other as never))).toMatchObject({
            code: "INVALID_ARGUMENT",
          });
        }
      });
    });
  });
});

describe("toReadableStream", () => {
  /** A source that says what it has made, and that it ended. */
  const made = (log: string[], end = 9) =>
    async function* (cx: Cx): AsyncGenerator<string> {
      try {
        for (let index = 1; index <= end; index += 1) {
          await cx.checkpoint();
          log.push(`made ${index}`);
          yield `${index}`;
        }
      } finally {
        await cx.mask((masked) => masked.sleep(2));
        log.push("ended");
      }
    };

  test("makes a chunk when the reader wants one, and no more", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const scope = runtime.openScope();
      const reader = toReadableStream(scope, made(log, 2)).getReader();
      await idle(runtime);
      expect([...log]).toEqual([]);
      expect(await reader.read()).toEqual({ done: false, value: "1" });
      await idle(runtime);
      expect([...log]).toEqual(["made 1"]);
      expect(await reader.read()).toEqual({ done: false, value: "2" });
      expect(await reader.read()).toEqual({ done: true, value: undefined });
      expect([...log]).toEqual(["made 1", "made 2", "ended"]);
      expect((await scope.close()).kind).toBe("ok");
      expectNothingLive(runtime);
    });
  });

  test("cancelling it cancels its task for the reason, and waits until that has drained", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const scope = runtime.openScope();
      const reasons: unknown[] = [];
      const stream = toReadableStream(scope, async function* (cx) {
        cx.defer(() => void reasons.push(cx.cancelled));
        yield* made(log)(cx);
      });
      const reader = stream.getReader();
      await reader.read();
      await reader.cancel("navigation");
      expect([...log]).toEqual(["made 1", "ended"]);
      expect(reasons).toMatchObject([{ kind: "navigation" }]);
      expectNothingLive(runtime);
    });
  });

  test("a cancelled scope fails the stream with what a signal would say, read or not", async () => {
    await withRuntime(async (runtime) => {
      const scope = runtime.openScope();
      const [early, late] = [toReadableStream(scope, made([])), toReadableStream(scope, ["x"])];
      const reader = early.getReader();
      await reader.read();
      const pending = reader.read().catch((error: unknown) => error);
      scope.cancel("timeout");
      await scope.close();
      const expected = { name: "TimeoutError", cause: { code: "CANCELLED" } };
      expect(await pending).toMatchObject(expected);
      const unread = late.getReader().read();
      expect(await unread.catch((error: unknown) => error)).toMatchObject(expected);
      expectNothingLive(runtime);
    });
  });

  test("a source that fails fails the stream, and nobody else", async () => {
    const { failures } = await withRuntime(async (runtime) => {
      const error = new Error("source");
      const scope = runtime.openScope();
      const sibling = scope.spawn((cx) => cx.sleep(1));
      const reader = toReadableStream(scope, () => {
        throw error;
      }).getReader();
      expect(await reader.read().catch((caught: unknown) => caught)).toBe(error);
      expect((await sibling.join()).kind).toBe("ok");
      expect((await scope.close()).kind).toBe("ok");
    });
    expect(failures).toEqual([]);
  });

  test("of a cx it is a child, and goes through the platform's transforms and back", async () => {
    await withRuntime(async (runtime) => {
      const text = "what a stream says ".repeat(100);
      const outcome = await runtime.run(async (cx) => {
        const zipped = toReadableStream(cx, [text, text])
          .pipeThrough(new TextEncoderStream())
          .pipeThrough(
            new CompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>,
          )
          .pipeThrough(
            new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>,
          )
          .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>);
        let all = "";
        for await (const part of fromReadableStream(cx, zipped)) all += part;
        return all;
      });
      expect(outcome).toEqual({ kind: "ok", value: text + text });
      expectNothingLive(runtime);
    });
  });

  test("leaving a pipe in the middle ends the task at its beginning", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const outcome = await runtime.run(async (cx) => {
        const upper = new TransformStream<string, string>({
          transform: (chunk, controller) => controller.enqueue(`<${chunk}>`),
        });
        for await (const part of fromReadableStream(
          cx,
          toReadableStream(cx, made(log)).pipeThrough(upper),
        )) {
          return part;
        }
        return undefined;
      });
      expect(outcome).toEqual({ kind: "ok", value: "<1>" });
      expect(log.at(-1)).toBe("ended");
      expectNothingLive(runtime);
    });
  });

  test("what is no owner and what is no source are refused", async () => {
    await withRuntime(async (runtime) => {
      expect(thrown(() => toReadableStream({} as Cx, []))).toMatchObject({ code: "FORGED_HANDLE" });
      expect(thrown(() => toReadableStream(runtime.root, 7 as never))).toMatchObject({
        code: "INVALID_ARGUMENT",
      });
      const scope = runtime.openScope();
      await scope.close();
      expect(thrown(() => toReadableStream(scope, []))).toMatchObject({ code: "SCOPE_CLOSED" });
    });
  });
});

describe("writeTo", () => {
  /** A sink that takes one chunk at a time, each when it is let, and says what it has seen. */
  function sink(write: (chunk: number) => void | Promise<void> = () => undefined) {
    const log = new Log();
    const stream = new WritableStream<number>({
      write(chunk) {
        log.push(chunk);
        return write(chunk);
      },
      close: () => void log.push("closed"),
      abort: (reason) => void log.push(reason),
    });
    return { stream, log };
  }

  forBothKinds((body) => {
    test("writes all, closes, and releases the lock", async () => {
      await withRuntime(async (runtime) => {
        const { stream, log } = sink();
        const outcome = await runtime.run(
          body(function* (cx) {
            yield* writeTo(cx, stream, [1, 2, 3]);
            return stream.locked;
          }),
        );
        expect(outcome).toEqual({ kind: "ok", value: false });
        expect([...log]).toEqual([1, 2, 3, "closed"]);
        expectNothingLive(runtime);
      });
    });

    test("a cancellation aborts the stream with what a signal would say, and ends the source", async () => {
      await withRuntime(async (runtime) => {
        const { stream, log } = sink();
        const task = runtime.spawn(
          body(function* (cx) {
            yield* writeTo(cx, stream, async function* (inner) {
              try {
                yield 1;
                await inner.sleep(60_000);
              } finally {
                log.push("source ended");
              }
            });
          }),
        );
        await log.until(1);
        task.cancel("unmount");
        expect((await task.join()).kind).toBe("cancelled");
        expect([...log]).toMatchObject([1, "source ended", { name: "AbortError" }]);
        expect(stream.locked).toBe(false);
        expectNothingLive(runtime);
      });
    });
  });

  test("asks for the next value when the stream is ready for one", async () => {
    await withRuntime(async (runtime) => {
      const gate = deferred();
      const { stream, log } = sink(() => gate.promise);
      let asked = 0;
      const run = runtime.run((cx) =>
        writeTo(cx, stream, function* () {
          for (let value = 1; value <= 3; value += 1) {
            asked = value;
            yield value;
          }
        }),
      );
      await log.until(1);
      await idle(runtime);
      expect(asked).toBe(1);
      gate.resolve();
      expect((await run).kind).toBe("ok");
      expect([...log]).toEqual([1, 2, 3, "closed"]);
    });
  });

  test("a stream that is stuck is left when the task is cancelled", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const stuck = deferred();
      const { stream, log } = sink(() => stuck.promise);
      const task = runtime.spawn((cx) => writeTo(cx, stream, [1, 2, 3]));
      await log.until(1);
      task.cancel();
      await idle(runtime);
      stuck.resolve();
      expect((await task.join()).kind).toBe("cancelled");
      expectNothingLive(runtime);
    });
    expect(report.revoked).toEqual([]);
  });

  test("a stream that fails ends the source, and fails the operation", async () => {
    const { failures } = await withRuntime(async (runtime) => {
      const error = new Error("sink");
      const { stream, log } = sink((chunk) => {
        if (chunk === 2) throw error;
      });
      const outcome = await runtime.run((cx) =>
        writeTo(cx, stream, function* () {
          try {
            for (let value = 1; ; value += 1) yield value;
          } finally {
            log.push("source ended");
          }
        }),
      );
      expect(outcome.kind === "err" && outcome.error).toBe(error);
      expect([...log]).toEqual([1, 2, "source ended"]);
      expectNothingLive(runtime);
    });
    expect(failures).toEqual([]);
  });

  test("a source that fails aborts the stream with that failure, unless told not to", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("source");
      const failing = function* (): Generator<number> {
        yield 1;
        throw error;
      };
      const aborted = sink();
      const left = sink();
      const outcome = await runtime.run((cx) => writeTo(cx, aborted.stream, failing));
      expect(outcome.kind === "err" && outcome.error).toBe(error);
      expect(aborted.log).toEqual([1, error]);
      await runtime.run((cx) => writeTo(cx, left.stream, failing, { preventAbort: true }));
      await runtime.run((cx) => writeTo(cx, left.stream, [2], { preventClose: true }));
      expect(left.log).toEqual([1, 2]);
    });
  });

  test("an abort that fails is told, and the failure stays the source's", async () => {
    const errors = [new Error("source"), new Error("abort")];
    const { failures } = await withRuntime(async (runtime) => {
      const stream = new WritableStream({
        abort: () => {
          throw errors[1];
        },
      });
      const outcome = await runtime.run((cx) =>
        writeTo(cx, stream, () => {
          throw errors[0];
        }),
      );
      expect(outcome.kind === "err" && outcome.error).toBe(errors[0]);
    });
    expect(failures).toMatchObject([{ kind: "clean-up", error: errors[1] }]);
  });

  test.each<[unknown, unknown, unknown, string]>([
    [{}, [], undefined, "INVALID_ARGUMENT"],
    [new WritableStream(), 7, undefined, "INVALID_ARGUMENT"],
    [new WritableStream(), [], { preventClose: 1 }, "INVALID_ARGUMENT"],
    [new WritableStream(), [], { close: false }, "INVALID_ARGUMENT"],
  ])("arguments that are none are refused: %s %s %s", async (stream, source, options, code) => {
    await withRuntime(async (runtime) => {
      const locked = new WritableStream();
      locked.getWriter();
      await runtime.run((cx) => {
        const call = () => writeTo(cx, stream as never, source as never, options as never);
        expect(thrown(call)).toMatchObject({ code });
        expect(thrown(() => writeTo(cx, locked, []))).toMatchObject({ code: "WRONG_STATE" });
      });
    });
  });
});
