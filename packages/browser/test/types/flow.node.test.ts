/** What is inferred of signals, events, flows and streams; checked by the compiler, run for the file's sake. */
import { EventEmitter } from "node:events";
import { expectTypeOf, test } from "vitest";
import {
  type CancelInfo,
  type Cx,
  debounce,
  type EventFlow,
  events,
  type Flow,
  fromReadableStream,
  type IdleTime,
  interval,
  latest,
  type Op,
  type Runtime,
  type Tick,
  throttle,
  toReadableStream,
  writeTo,
} from "../../src/index.js";

test("types", () => {
  // Never called: only its types are looked at.
  expectTypeOf(types).toBeFunction();
});

async function types(cx: Cx, runtime: Runtime, emitter: EventEmitter): Promise<void> {
  expectTypeOf(runtime.root.signal).toEqualTypeOf<AbortSignal>();
  expectTypeOf(runtime.spawn(() => 1).signal).toEqualTypeOf<AbortSignal>();
  runtime.spawn(() => 1, { signal: cx.signal });
  // @ts-expect-error A controller is no signal.
  runtime.openScope({ signal: new AbortController() });

  expectTypeOf(cx.foreign(async () => 1)).toEqualTypeOf<Op<number>>();
  void cx.foreign(async () => 1, {
    onCancel: (reason) => expectTypeOf(reason).toEqualTypeOf<CancelInfo>(),
  });
  expectTypeOf(cx.callback<string>((resolve) => resolve("x"))).toEqualTypeOf<Op<string>>();
  // @ts-expect-error The value is no number.
  cx.callback<number>((resolve) => resolve("x"));
  // @ts-expect-error A clean-up is a function.
  cx.callback<number>(() => 7);

  expectTypeOf(cx.event(window, "keydown")).toEqualTypeOf<Op<KeyboardEvent>>();
  expectTypeOf(cx.event(window, "error")).toEqualTypeOf<Op<Event>>();
  expectTypeOf(cx.event(new AbortController().signal, "abort")).toEqualTypeOf<Op<Event>>();
  expectTypeOf(cx.event(new MessageChannel().port1, "message")).toEqualTypeOf<Op<MessageEvent>>();
  expectTypeOf(cx.event(new EventTarget(), "mine")).toEqualTypeOf<Op<Event>>();
  const isMine = (event: Event): event is CustomEvent<string> => event instanceof CustomEvent;
  expectTypeOf(cx.event(new EventTarget(), "mine", { filter: isMine })).toEqualTypeOf<
    Op<CustomEvent<string>>
  >();
  cx.event(window, "click", { filter: ({ button }) => button === 0 });
  // @ts-expect-error No such option.
  cx.event(window, "click", { once: true });
  expectTypeOf(cx.event(emitter, "data")).toEqualTypeOf<Op<readonly unknown[]>>();
  expectTypeOf(cx.event<[number]>(emitter, "data")).toEqualTypeOf<Op<[number]>>();
  cx.event<[number]>(emitter, "data", { filter: ([size]) => size > 1 });
  expectTypeOf(cx.event(new EventEmitter<{ data: [string] }>(), "data")).toExtend<Op<unknown>>();

  const clicks = events(cx, window, "click");
  expectTypeOf(clicks).toExtend<EventFlow<MouseEvent>>();
  expectTypeOf(events(cx, window, "x", { filter: isMine })).toEqualTypeOf<
    EventFlow<CustomEvent<string>>
  >();
  expectTypeOf(events<[number]>(cx, emitter, "data")).toEqualTypeOf<EventFlow<[number]>>();
  for await (const event of clicks) expectTypeOf(event).toExtend<MouseEvent>();

  expectTypeOf(cx.frame()).toEqualTypeOf<Op<number>>();
  expectTypeOf(cx.idle()).toEqualTypeOf<Op<IdleTime>>();
  expectTypeOf(interval(cx, 1)).toEqualTypeOf<Flow<Tick>>();
  // @ts-expect-error The policy has three names.
  interval(cx, 1, { missed: "queue" });

  expectTypeOf(debounce(cx, ["a"], 1)).toEqualTypeOf<Flow<string>>();
  expectTypeOf(throttle(cx, interval(cx, 1), 1)).toEqualTypeOf<Flow<Tick>>();
  const upper = latest(cx, ["a"], async (_, value) => value.length);
  expectTypeOf(upper).toEqualTypeOf<Flow<number>>();
  const stepped = latest(cx, ["a"], function* (inner, value) {
    yield* inner.sleep(1);
    return [value];
  });
  expectTypeOf(stepped).toEqualTypeOf<Flow<string[]>>();
  expectTypeOf(
    latest(
      cx,
      async function* (inner) {
        yield inner.label;
      },
      (_, value) => value,
    ),
  ).toEqualTypeOf<Flow<string>>();

  const bytes = fromReadableStream(cx, new Blob([]).stream());
  expectTypeOf(bytes).toExtend<Flow<Uint8Array>>();
  expectTypeOf(toReadableStream(cx, ["a"])).toEqualTypeOf<ReadableStream<string>>();
  expectTypeOf(toReadableStream(runtime.root, upper)).toEqualTypeOf<ReadableStream<number>>();
  const texts = new WritableStream<string>();
  expectTypeOf(writeTo(cx, texts, ["a"])).toEqualTypeOf<Op<void>>();
  // @ts-expect-error The stream takes no numbers.
  void writeTo(cx, texts, [1]);
}
