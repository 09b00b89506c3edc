/** Obligations that bodies of operations return: whose they are then, and what becomes of the others. */
import { describe, expect, test } from "vitest";
import {
  type Body,
  type Cx,
  channel,
  mutex,
  type Op,
  type Runtime,
  type SemaphorePermit,
  semaphore,
} from "../../src/index.js";
import { forBothKinds, idle, withRuntime } from "../support.js";
import { okValue } from "./support.js";

type Acquire = (cx: Cx) => Op<SemaphorePermit>;

/** What gets one permit of a semaphore in a body of an operation, by the operation's name. */
const GETTING = {
  timeout: (cx: Cx, acquire: Acquire) => cx.timeout(1_000, acquire),
  race: (cx: Cx, acquire: Acquire) => cx.race([acquire, (c) => c.sleep(1_000)]),
  any: (cx: Cx, acquire: Acquire) => cx.any([acquire, (c) => c.sleep(1_000)]),
  scope: (cx: Cx, acquire: Acquire) => cx.scope(acquire),
  mask: (cx: Cx, acquire: Acquire) => cx.mask(acquire),
  hedge: (cx: Cx, acquire: Acquire) => cx.hedge(acquire, { afterMs: 1_000 }),
  retry: (cx: Cx, acquire: Acquire) => cx.retry(acquire, { attempts: 2 }),
  supervise: (cx: Cx, acquire: Acquire) => cx.supervise(acquire, { maxRestarts: 1 }),
  "timeout in a race": (cx: Cx, acquire: Acquire) => cx.race([(c) => c.timeout(1_000, acquire)]),
  use: (cx: Cx, acquire: Acquire) =>
    cx.use({ acquire, release: (_, permit) => (permit as SemaphorePermit).release() }),
} as const;

async function runAll(runtime: Runtime, body: Body<void>): Promise<void> {
  okValue(await runtime.run(body));
}

/** Expects that the one permit of a semaphore is there again after `body`, and nothing leaked. */
async function expectGivenBack(
  body: (runtime: Runtime, one: ReturnType<typeof semaphore>) => Promise<void>,
): Promise<void> {
  const { report } = await withRuntime(async (runtime) => {
    const one = semaphore(runtime, 1);
    await body(runtime, one);
    expect(one.available).toBe(1);
  });
  expect(report.outcome).toBe("clean");
}

forBothKinds((body) => {
  describe.each(Object.entries(GETTING))("what a body of cx.%s returns", (_, get) => {
    test("is the task's that called, until it gives it back", () =>
      expectGivenBack(async (runtime, one) => {
        await runAll(
          runtime,
          body(function* (cx) {
            const permit = (yield get(cx, (c) => one.acquire(c)) as Op<unknown>) as SemaphorePermit;
            expect(one.available).toBe(0);
            yield cx.checkpoint();
            permit.release();
            expect(one.available).toBe(1);
          }),
        );
      }));

    test("goes back with the task that called, if that is cancelled", () =>
      expectGivenBack(async (runtime, one) => {
        const task = runtime.spawn(
          body(function* (cx) {
            yield get(cx, (c) => one.acquire(c)) as Op<unknown>;
            yield cx.sleep(60_000);
          }),
        );
        await idle(runtime);
        expect(one.available).toBe(0);
        task.cancel();
        expect((await task.join()).kind).toBe("cancelled");
      }));
  });

  test("each of what the bodies of cx.all and cx.settle return comes to the task", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const values = channel<string>(runtime, { capacity: 1 });
      const lock = mutex(runtime, 1);
      await runAll(
        runtime,
        body(function* (cx) {
          const [place, guard] = yield cx.all([(c) => values.reserve(c), (c) => lock.lock(c)]);
          guard.value += 1;
          guard.release();
          place.send("a");
          const [failed, settled] = yield cx.settle([
            () => {
              throw new Error("refused");
            },
            (c) => lock.lock(c),
          ]);
          expect(failed.kind).toBe("err");
          expect(settled.value.value).toBe(2);
          settled.value.release();
        }),
      );
      expect(lock.isLocked).toBe(false);
    });
    expect(report.outcome).toBe("clean");
  });

  test("what a losing body returns goes back", () =>
    expectGivenBack(async (runtime, one) => {
      await runAll(
        runtime,
        body(function* (cx) {
          const first = yield cx.race([() => "first", (c) => one.acquire(c)]);
          expect(first).toBe("first");
          yield cx.checkpoint();
          expect(one.available).toBe(1);
        }),
      );
    }));

  test("what a body returns after its time goes back", () =>
    expectGivenBack(async (runtime, one) => {
      await runAll(
        runtime,
        body(function* (cx) {
          const permit = one.tryAcquire(cx);
          const late = body(function* (c) {
            permit.transfer(c);
            try {
              yield c.sleep(60_000);
            } catch {
              // Its time is up, and it returns what it holds all the same.
            }
            return permit;
          });
          let error: unknown;
          try {
            // Long enough that it has begun, on the slowest machine.
            yield cx.timeout(1_000, late);
          } catch (thrown) {
            error = thrown;
          }
          expect(error).toMatchObject({ code: "TIMEOUT" });
          expect(one.available).toBe(1);
        }),
      );
    }));

  test("what a body returns beside one that fails goes back", () =>
    expectGivenBack(async (runtime, one) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          yield cx.all([
            (c) => one.acquire(c),
            body(function* (c) {
              yield c.sleep(1);
              throw new Error("the other one");
            }),
          ]);
        }),
      );
      expect(outcome).toMatchObject({ kind: "err", error: { message: "the other one" } });
    }));

  test("what nobody waits for any more goes back", () =>
    expectGivenBack(async (runtime, one) => {
      const outcome = await runtime.run((cx) => {
        void cx
          .scope(
            body(function* (c) {
              yield c.sleep(1);
              return yield one.acquire(c);
            }),
          )
          .then();
      });
      expect(outcome.kind).toBe("ok");
    }));
});

test("a task that leaves a handed over permit behind has leaked it", async () => {
  const { report } = await withRuntime(async (runtime) => {
    const one = semaphore(runtime, 1);
    const outcome = await runtime.run(
      async (cx) => void (await cx.timeout(1_000, (c) => one.acquire(c))),
      { label: "forgetful" },
    );
    expect(outcome).toMatchObject({ panic: { error: { code: "OBLIGATION_LEAKED" } } });
    expect(one.available).toBe(1);
  });
  expect(report).toMatchObject({ outcome: "violations", leaked: [{ label: "forgetful" }] });
});
