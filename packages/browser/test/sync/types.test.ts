/** What the compiler knows of channels and locks. The calls are typed, and not made. */
import { expectTypeOf, test } from "vitest";
import {
  type BarrierPass,
  barrier,
  broadcast,
  type Channel,
  type Cx,
  channel,
  eventBus,
  type LaggedError,
  type MutexGuard,
  mutex,
  type Op,
  type Owner,
  oneshot,
  type Runtime,
  type Scope,
  type SemaphorePermit,
  type SendPermit,
  type Subscription,
  semaphore,
  watch,
} from "../../src/index.js";

declare const cx: Cx;
declare const runtime: Runtime;

type Events =
  | { readonly type: "moved"; readonly x: number; readonly y: number }
  | { readonly type: "renamed"; readonly name: string }
  | { readonly type: "closed" };

const neverMade = {
  async channels() {
    const values = channel<string>(runtime, { capacity: 1, overflow: "drop-oldest" });
    expectTypeOf(values).toEqualTypeOf<Channel<string>>();
    expectTypeOf(values.send(cx, "x")).toEqualTypeOf<Op<void>>();
    expectTypeOf(values.reserve(cx)).toEqualTypeOf<Op<SendPermit<string>>>();
    expectTypeOf(values.receive(cx)).toEqualTypeOf<Op<string>>();
    expectTypeOf(await values.receive(cx)).toEqualTypeOf<string>();
    expectTypeOf(values.tryReceive(cx)).toEqualTypeOf<string>();
    for await (const value of values.values(cx)) expectTypeOf(value).toEqualTypeOf<string>();
    const next = await values.next(cx);
    if (next.done) expectTypeOf(next.value).toEqualTypeOf<undefined>();
    else expectTypeOf(next.value).toEqualTypeOf<string>();
    // @ts-expect-error the values are strings
    void values.send(cx, 1);
    // @ts-expect-error nothing is unbounded unasked
    channel<string>(runtime);
    // @ts-expect-error there is no such policy
    channel<string>(runtime, { capacity: 1, overflow: "drop" });
    expectTypeOf(oneshot<number>(cx).receive(cx)).toEqualTypeOf<Op<number>>();
  },

  *generators(): Generator<Op<unknown>, void, unknown> {
    const values = channel<string>(runtime, { capacity: 1 });
    expectTypeOf(yield* values.receive(cx)).toEqualTypeOf<string>();
    const loop = values.values(cx);
    for (let next = yield* loop.next(); !next.done; next = yield* loop.next()) {
      expectTypeOf(next.value).toEqualTypeOf<string>();
    }
    using guard = yield* mutex(runtime, 1).lock(cx);
    expectTypeOf(guard).toEqualTypeOf<MutexGuard<number>>();
  },

  async watches() {
    const size = watch<number | undefined>(runtime, undefined);
    const isThere = (value: number | undefined): value is number => value !== undefined;
    expectTypeOf(size.value).toEqualTypeOf<number | undefined>();
    expectTypeOf(await size.subscribe().changed(cx)).toEqualTypeOf<number | undefined>();
    expectTypeOf(await size.subscribe().waitFor(cx, isThere)).toEqualTypeOf<number>();
  },

  locks() {
    expectTypeOf(semaphore(runtime, 1).acquire(cx)).toEqualTypeOf<Op<SemaphorePermit>>();
    expectTypeOf(barrier(runtime, 1).wait(cx)).toEqualTypeOf<Op<BarrierPass>>();
    expectTypeOf<Owner>().toEqualTypeOf<Runtime | Scope | Cx>();
  },

  async events() {
    const bus = eventBus<Events>(runtime, { capacity: 8 });
    type Moved = Extract<Events, { type: "moved" }>;
    expectTypeOf(bus.on("moved")).toEqualTypeOf<Subscription<Moved>>();
    expectTypeOf(bus.all()).toEqualTypeOf<Subscription<Events>>();
    expectTypeOf((await bus.on("renamed").receive(cx)).name).toEqualTypeOf<string>();
    for await (const event of bus.all().values(cx)) {
      if (event.type === "moved") expectTypeOf(event.x).toEqualTypeOf<number>();
    }
    bus.publish({ type: "closed" });
    // @ts-expect-error there is no such event
    bus.on("deleted");
    // @ts-expect-error what goes with it is missing
    bus.publish({ type: "moved", x: 1 });
    // @ts-expect-error events are told apart by their type
    eventBus<{ name: string }>(runtime, { capacity: 1 });
    expectTypeOf<LaggedError["missed"]>().toEqualTypeOf<number>();
    expectTypeOf(broadcast<number>(cx, { capacity: 1 }).send(1)).toEqualTypeOf<number>();
  },
};

test("channels, locks and events have the types of what is in them", () => {
  expectTypeOf(neverMade).toBeObject();
});
