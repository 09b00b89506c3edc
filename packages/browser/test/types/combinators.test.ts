/**
 * What combinators infer: tuples, unions and constants come through, and wrong uses are errors. Checked
 * by `tsc -p tsconfig.test.json`; nothing in here is called.
 */
import { expectTypeOf, test } from "vitest";
import type { BodyValue, Cx, Op, Outcome } from "../../src/index.js";

declare const cx: Cx;

const text = async () => "text";
const count = () => 2;
const flag = function* (inner: Cx) {
  yield* inner.checkpoint();
  return true;
};

/** The value that awaiting an operation gives. */
type Value<O> = O extends Op<infer T> ? T : never;

test("the value of a body is what it returns, whatever kind it is", () => {
  expectTypeOf<BodyValue<typeof text>>().toEqualTypeOf<string>();
  expectTypeOf<BodyValue<typeof count>>().toEqualTypeOf<number>();
  expectTypeOf<BodyValue<typeof flag>>().toEqualTypeOf<boolean>();
  expectTypeOf<BodyValue<() => Promise<void>>>().toEqualTypeOf<void>();
  expectTypeOf<BodyValue<(inner: Cx) => Op<1>>>().toEqualTypeOf<1>();
  expectTypeOf<BodyValue<string>>().toBeNever();
});

test("cx.all gives a tuple for a tuple, and an array for an array", () => {
  const all = () => cx.all([text, count, flag]);
  expectTypeOf<Value<ReturnType<typeof all>>>().toEqualTypeOf<[string, number, boolean]>();
  const many = () => cx.all([1, 2].map(() => text));
  expectTypeOf<Value<ReturnType<typeof many>>>().toEqualTypeOf<string[]>();
  const none = () => cx.all([]);
  expectTypeOf<Value<ReturnType<typeof none>>>().toEqualTypeOf<[]>();
});

test("cx.settle gives a tuple of outcomes", () => {
  const settled = () => cx.settle([text, count]);
  expectTypeOf<Value<ReturnType<typeof settled>>>().toEqualTypeOf<
    [Outcome<string>, Outcome<number>]
  >();
  const many = () => cx.settle([1, 2].map(() => flag));
  expectTypeOf<Value<ReturnType<typeof many>>>().toEqualTypeOf<Outcome<boolean>[]>();
});

test("cx.race and cx.any give a union", () => {
  const race = () => cx.race([text, count]);
  const any = () => cx.any([text, flag]);
  expectTypeOf<Value<ReturnType<typeof race>>>().toEqualTypeOf<string | number>();
  expectTypeOf<Value<ReturnType<typeof any>>>().toEqualTypeOf<string | boolean>();
});

test("one body gives its value: scope, mask, timeout, retry, hedge, supervise", () => {
  const scope = () => cx.scope(text, { policy: "collect-all", deadlineMs: 1, polls: 2 });
  const mask = () => cx.mask(flag);
  const timeout = () => cx.timeout(1, count);
  const retry = () => cx.retry(text, { attempts: 2, jitter: "half" });
  const hedge = () => cx.hedge(flag, { afterMs: 1 });
  const supervise = () => cx.supervise(text, { restart: { pauseMs: 1 } });
  expectTypeOf<Value<ReturnType<typeof scope>>>().toEqualTypeOf<string>();
  expectTypeOf<Value<ReturnType<typeof mask>>>().toEqualTypeOf<boolean>();
  expectTypeOf<Value<ReturnType<typeof timeout>>>().toEqualTypeOf<number>();
  expectTypeOf<Value<ReturnType<typeof retry>>>().toEqualTypeOf<string>();
  expectTypeOf<Value<ReturnType<typeof hedge>>>().toEqualTypeOf<boolean>();
  expectTypeOf<Value<ReturnType<typeof supervise>>>().toEqualTypeOf<string>();
});

test("cx.supervise of several gives a tuple", () => {
  const supervise = () => cx.supervise([text, flag]);
  expectTypeOf<Value<ReturnType<typeof supervise>>>().toEqualTypeOf<[string, boolean]>();
});

test("retry and hedge tell the attempt, and callbacks are typed", () => {
  void (() => {
    void cx.retry(
      async (inner, attempt) => {
        expectTypeOf(inner).toEqualTypeOf<Cx>();
        expectTypeOf(attempt).toEqualTypeOf<number>();
      },
      {
        retryIf: (error, attempt) => {
          expectTypeOf(error).toBeUnknown();
          expectTypeOf(attempt).toEqualTypeOf<number>();
          return true;
        },
        onRetry: ({ error, pauseMs }) => {
          expectTypeOf(error).toBeUnknown();
          expectTypeOf(pauseMs).toEqualTypeOf<number>();
        },
      },
    );
    void cx.hedge((_, attempt) => attempt.toFixed(), { afterMs: 1, attempts: 3 });
  });
});

test("cx.map knows the item, from whatever iterates, and gives an array of values", () => {
  const fromArray = () =>
    cx.map([1, 2], { concurrency: 2 }, async (inner, item, index) => {
      expectTypeOf(inner).toEqualTypeOf<Cx>();
      expectTypeOf(item).toEqualTypeOf<number>();
      expectTypeOf(index).toEqualTypeOf<number>();
      return `${item}`;
    });
  expectTypeOf<Value<ReturnType<typeof fromArray>>>().toEqualTypeOf<string[]>();
  const fromStream = (stream: AsyncIterable<Uint8Array>) =>
    cx.map(stream, { concurrency: Number.POSITIVE_INFINITY }, function* (inner, chunk) {
      yield* inner.checkpoint();
      expectTypeOf(chunk).toEqualTypeOf<Uint8Array>();
      return chunk.length;
    });
  expectTypeOf<Value<ReturnType<typeof fromStream>>>().toEqualTypeOf<number[]>();
  const fromFunction = () =>
    cx.map(
      async function* (inner) {
        await inner.sleep(1);
        yield "a";
      },
      { concurrency: 1 },
      (_, letter) => {
        expectTypeOf(letter).toEqualTypeOf<string>();
        return letter.length;
      },
    );
  expectTypeOf<Value<ReturnType<typeof fromFunction>>>().toEqualTypeOf<number[]>();
});

test("cx.use gives the resource, and hands it to release", () => {
  class Lock {
    [Symbol.dispose](): void {}
  }
  const disposable = () => cx.use(new Lock());
  expectTypeOf<Value<ReturnType<typeof disposable>>>().toEqualTypeOf<Lock>();
  const acquired = () =>
    cx.use({
      acquire: text,
      release: (inner, resource, outcome) => {
        expectTypeOf(inner).toEqualTypeOf<Cx>();
        expectTypeOf(resource).toEqualTypeOf<string>();
        expectTypeOf(outcome).toEqualTypeOf<Outcome<unknown>>();
      },
    });
  expectTypeOf<Value<ReturnType<typeof acquired>>>().toEqualTypeOf<string>();
});

test("an operation gives its value to await and to yield* alike", () => {
  void (async () => {
    expectTypeOf(await cx.retry(text)).toEqualTypeOf<string>();
    expectTypeOf(await cx.settle([count])).toEqualTypeOf<[Outcome<number>]>();
  });
  void function* () {
    expectTypeOf(yield* cx.retry(text)).toEqualTypeOf<string>();
    expectTypeOf(yield* cx.settle([count])).toEqualTypeOf<[Outcome<number>]>();
  };
});

test("constants stay constants where they are asked for", () => {
  const kind = () => cx.race([() => "a" as const, async () => "b" as const]);
  expectTypeOf<Value<ReturnType<typeof kind>>>().toEqualTypeOf<"a" | "b">();
});

test("wrong uses are errors", () => {
  void (() => {
    // @ts-expect-error: a promise is no body.
    void cx.all([text()]);
    // @ts-expect-error: the bodies stand in an array.
    void cx.race(text, count);
    // @ts-expect-error: a body takes no more than its cx.
    void cx.settle([(_: Cx, attempt: number) => attempt]);
    // @ts-expect-error: the milliseconds come first.
    void cx.timeout(text, 5);
    // @ts-expect-error: there is no such jitter.
    void cx.retry(text, { jitter: "equal" });
    // @ts-expect-error: there is no such option.
    void cx.retry(text, { retries: 3 });
    // @ts-expect-error: an answer that comes later is always true.
    void cx.retry(text, { retryIf: async () => false });
    // @ts-expect-error: when to begin once more has no default.
    void cx.hedge(text);
    // @ts-expect-error: how many at a time has no default.
    void cx.map([1], text);
    // @ts-expect-error: a number is nothing to iterate.
    void cx.map(7, { concurrency: 1 }, text);
    // @ts-expect-error: the items are numbers.
    void cx.map([1], { concurrency: 1 }, (_, item: string) => item);
    // @ts-expect-error: what is acquired is released.
    void cx.use({ acquire: text });
    // @ts-expect-error: a resource that cannot be disposed of says how it is released.
    void cx.use("text");
    // @ts-expect-error: attempts without end are no supervision.
    void cx.supervise(text, { restart: { attempts: 3 } });
    // @ts-expect-error: there is no such policy.
    void cx.scope(text, { policy: "race" });
  });
});
