/** Channels as a production build has them, where what is there at once is answered without a record. */
import { expect, test } from "vitest";
import { type Channel, type Cx, channel, type Op, type Runtime } from "../../src/index.js";
import { withRuntime } from "../support.js";
import { okValue, run } from "../sync/support.js";
import "../sync/laws.node.test.js";

/** A channel in which `values` lie. */
async function holding<T>(runtime: Runtime, ...values: readonly T[]): Promise<Channel<T>> {
  const held = channel<T>(runtime, { capacity: values.length });
  await run(runtime, (cx) => {
    for (const value of values) held.trySend(cx, value);
  });
  return held;
}

test("what is there at once can be awaited, also twice, and asked by `then`", async () => {
  await withRuntime(async (runtime) => {
    const values = await holding(runtime, 1, 2, 3);
    const received = await run(runtime, async (cx) => {
      const op = values.receive(cx);
      const again = [await op, await op];
      const next = await values.receive(cx).then((value) => value * 10);
      const sent = [await values.send(cx, 4), await values.send(cx, 5).then(() => "then")];
      return [...again, next, ...sent];
    });
    expect(received).toEqual([1, 1, 20, undefined, "then"]);
  });
});

test("what is there at once can be `yield*`-ed, yielded, and asked by `then`", async () => {
  await withRuntime(async (runtime) => {
    const values = await holding(runtime, 1, 2, 3);
    let then: PromiseLike<number> | undefined;
    const outcome = await runtime.run(function* (cx): Generator<Op<unknown>, unknown[], unknown> {
      const op = values.receive(cx);
      then = values.receive(cx).then((value) => value * 10);
      return [yield* op, yield op, yield values.send(cx, 4), yield* values.send(cx, 5)];
    });
    expect(okValue(outcome)).toEqual([1, 1, undefined, undefined]);
    expect(await then).toBe(20);
  });
});

test("what a function asked for before it made its generator is yielded there as well", async () => {
  await withRuntime(async (runtime) => {
    const values = await holding(runtime, "first", "second");
    const outcome = await runtime.run((cx: Cx) => {
      const [one, other] = [values.receive(cx), values.receive(cx)];
      return (function* (): Generator<Op<unknown>, unknown[], unknown> {
        return [yield one, yield* other];
      })();
    });
    expect(okValue(outcome)).toEqual(["first", "second"]);
  });
});

test("a promise that was sent stays as it was", async () => {
  await withRuntime(async (runtime) => {
    const sent = Promise.resolve("sent");
    const values = await holding(runtime, sent, sent);
    const awaited: unknown = await run(runtime, async (cx) => await values.receive(cx));
    expect(awaited).toBe("sent");
    const outcome = await runtime.run(function* (cx) {
      return { value: yield* values.receive(cx) };
    });
    expect(okValue(outcome).value).toBe(sent);
    expect(Reflect.ownKeys(sent)).toEqual([]);
  });
});
