/** Semaphores, locks, barriers, latches and notifications: who gets in, and what a cancellation leaves. */
import { describe, expect, test } from "vitest";
import {
  barrier,
  type Cx,
  latch,
  type MutexGuard,
  mutex,
  notify,
  type Op,
  type SemaphorePermit,
  semaphore,
} from "../../src/index.js";
import { forBothKinds, idle, thrown, withRuntime } from "../support.js";
import { run } from "./support.js";

forBothKinds((body) => {
  test("a semaphore lends to as many as it has permits, in the order in which they asked", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const two = semaphore(runtime, 2);
      const order: number[] = [];
      let inside = 0;
      const tasks = Array.from({ length: 20 }, (_, n) =>
        runtime.run(
          body(function* (cx) {
            const permit: SemaphorePermit = yield two.acquire(cx);
            order.push(n);
            inside += 1;
            expect(inside).toBeLessThanOrEqual(2);
            yield cx.checkpoint();
            inside -= 1;
            permit.release();
          }),
        ),
      );
      for (const outcome of await Promise.all(tasks)) expect(outcome.kind).toBe("ok");
      expect(order).toEqual(Array.from({ length: 20 }, (_, n) => n));
      expect(two.available).toBe(2);
    });
    expect(report.outcome).toBe("clean");
  });

  test("a lock keeps others out across waits, and the value is theirs in turn", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const total = mutex(runtime, 0);
      const tasks = Array.from({ length: 20 }, () =>
        runtime.run(
          body(function* (cx) {
            const guard: MutexGuard<number> = yield total.lock(cx);
            const before = guard.value;
            yield cx.checkpoint();
            guard.value = before + 1;
            guard.release();
          }),
        ),
      );
      await Promise.all(tasks);
      expect(total.isLocked).toBe(false);
      await run(runtime, (cx) => {
        using guard = total.tryLock(cx);
        expect(guard.value).toBe(20);
      });
    });
    expect(report.outcome).toBe("clean");
  });

  test("a cancelled wait for a lock leaves the line, and a lock that was just granted goes on", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const lock = mutex(runtime, "value");
      const wait = (): ReturnType<typeof runtime.spawn<string>> =>
        runtime.spawn(
          body(function* (cx) {
            const guard: MutexGuard<string> = yield lock.lock(cx);
            const { value } = guard;
            guard.release();
            return value;
          }),
        );
      const [first, second] = await run(runtime, async (cx) => {
        const guard = await lock.lock(cx);
        const waiting = [wait(), wait()] as const;
        await idle(runtime);
        guard.release();
        // Granted, and not told yet.
        waiting[0].cancel();
        return waiting;
      });
      expect((await first.join()).kind).toBe("cancelled");
      expect(await second.join()).toEqual({ kind: "ok", value: "value" });
      expect(lock.isLocked).toBe(false);
    });
    expect(report.outcome).toBe("clean");
  });

  test("at a barrier nobody goes on before all have come, round after round", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const meeting = barrier(runtime, 3);
      const log: string[] = [];
      const tasks = ["a", "b", "c"].map((name) =>
        runtime.run(
          body(function* (cx) {
            let leads = 0;
            for (let round = 0; round < 50; round += 1) {
              log.push(`${round}${name}`);
              const pass: { isLeader: boolean; round: number } = yield meeting.wait(cx);
              expect(pass.round).toBe(round);
              leads += Number(pass.isLeader);
            }
            return leads;
          }),
        ),
      );
      const outcomes = await Promise.all(tasks);
      const leads = outcomes.map((outcome) => (outcome.kind === "ok" ? outcome.value : Number.NaN));
      expect(leads.reduce((sum, one) => sum + one)).toBe(50);
      const rounds = log.map((entry) => Number.parseInt(entry, 10));
      expect(rounds).toEqual([...rounds].sort((a, b) => a - b));
    });
    expect(report.outcome).toBe("clean");
  });

  test("a task that is cancelled at a barrier has not come", async () => {
    await withRuntime(async (runtime) => {
      const meeting = barrier(runtime, 2);
      const wait = body(function* (cx) {
        yield meeting.wait(cx);
      });
      const cancelled = runtime.spawn(wait);
      await idle(runtime);
      cancelled.cancel();
      await cancelled.join();
      const waiting = runtime.spawn(wait);
      await idle(runtime);
      expect(waiting.state).toBe("running");
      expect((await runtime.run(wait)).kind).toBe("ok");
      expect((await waiting.join()).kind).toBe("ok");
    });
  });

  test("a latch lets all pass once it has come to nothing, and stays open", async () => {
    await withRuntime(async (runtime) => {
      const loaded = latch(runtime, 3);
      const wait = body(function* (cx) {
        yield loaded.wait(cx);
      });
      const waiting = [runtime.spawn(wait), runtime.spawn(wait)];
      await idle(runtime);
      loaded.countDown();
      await idle(runtime);
      expect([loaded.count, waiting[0]?.state]).toEqual([2, "running"]);
      loaded.countDown(5);
      loaded.countDown();
      expect(loaded.count).toBe(0);
      for (const task of [...waiting, runtime.spawn(wait)]) {
        expect((await task.join()).kind).toBe("ok");
      }
    });
  });

  test("a notification wakes one, or is remembered once; one of all wakes those who wait", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const changed = notify(runtime);
      const wait = body(function* (cx) {
        yield changed.notified(cx);
      });
      changed.notifyOne();
      changed.notifyOne();
      expect((await runtime.run(wait)).kind).toBe("ok");
      const waiting = [runtime.spawn(wait), runtime.spawn(wait), runtime.spawn(wait)];
      await idle(runtime);
      expect(waiting.map(({ state }) => state)).toEqual(["running", "running", "running"]);
      changed.notifyOne();
      expect((await waiting[0]?.join())?.kind).toBe("ok");
      expect(waiting[1]?.state).toBe("running");
      changed.notifyAll();
      for (const task of waiting) expect((await task.join()).kind).toBe("ok");
      const after = runtime.spawn(wait);
      await idle(runtime);
      expect(after.state).toBe("running");
      after.cancel();
      await after.join();
    });
    expect(report.outcome).toBe("clean");
  });

  test("notifications that cancelled tasks did not take count as one", async () => {
    await withRuntime(async (runtime) => {
      const changed = notify(runtime);
      const wait = body(function* (cx) {
        yield changed.notified(cx);
      });
      const waiting = [runtime.spawn(wait), runtime.spawn(wait)];
      await idle(runtime);
      for (const task of waiting) {
        changed.notifyOne();
        task.cancel();
      }
      for (const task of waiting) expect((await task.join()).kind).toBe("cancelled");
      expect((await runtime.run(wait)).kind).toBe("ok");
      const after = runtime.spawn(wait);
      await idle(runtime);
      expect(after.state).toBe("running");
      after.cancel();
    });
  });
});

describe("a permit", () => {
  test("of a semaphore may be of many, which a large request waits for before small ones", async () => {
    await withRuntime(async (runtime) => {
      const three = semaphore(runtime, 3);
      await run(runtime, async (cx) => {
        const one = await three.acquire(cx);
        const large = cx.spawn(async (cx) => (await three.acquire(cx, 3)).release());
        await cx.checkpoint();
        expect([three.available, three.waiting]).toEqual([2, 1]);
        expect(thrown(() => three.tryAcquire(cx))).toMatchObject({ code: "WOULD_WAIT" });
        one.release();
        one.release();
        expect((await cx.join(large)).kind).toBe("ok");
        using all = three.tryAcquire(cx, 3);
        expect(all.permits).toBe(3);
        three.add(2);
        expect(three.available).toBe(2);
      });
    });
  });

  test("that a task leaves behind is a leak, and the next in line gets it", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const lock = mutex(runtime, 1);
      const forgetful = runtime.run((cx) => void lock.tryLock(cx), { label: "forgetful" });
      expect(await forgetful).toMatchObject({ kind: "panicked" });
      await run(runtime, async (cx) => (await lock.lock(cx)).release());
    });
    expect(report.leaked).toMatchObject([{ kind: "lease", label: "forgetful" }]);
  });

  test("is given back by leaving a block, and by the end of a cancelled task", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const lock = mutex(runtime, { uses: 0 });
      let kept: MutexGuard<{ uses: number }> | undefined;
      const holder = runtime.spawn(async (cx) => {
        kept = await lock.lock(cx);
        await cx.sleep(60_000);
      });
      await idle(runtime);
      holder.cancel();
      await holder.join();
      expect(thrown(() => kept?.value)).toMatchObject({
        code: "STALE_HANDLE",
        received: "one of a mutex that went with its task",
      });
      kept?.release();
      await run(runtime, async (cx) => {
        {
          using guard = await lock.lock(cx);
          guard.value.uses += 1;
          expect(lock.isLocked).toBe(true);
        }
        expect(lock.isLocked).toBe(false);
        const guard = lock.tryLock(cx);
        guard.release();
        expect(
          thrown(() => {
            guard.value = { uses: 9 };
          }),
        ).toMatchObject({ code: "STALE_HANDLE", received: "one of a mutex that was given back" });
      });
    });
    expect(report.outcome).toBe("clean");
  });

  test("can be handed to another task, which then answers for it", async () => {
    const { report } = await withRuntime(async (runtime) => {
      const lock = mutex(runtime, "value");
      const one = semaphore(runtime, 1);
      const outcome = await runtime.run(async (cx) => {
        const [guard, permit] = [await lock.lock(cx), await one.acquire(cx)];
        runtime.spawn(async (cx) => {
          guard.transfer(cx);
          permit.transfer(cx);
          await cx.checkpoint();
          expect(guard.value).toBe("value");
          guard.release();
          permit.release();
        });
        await cx.checkpoint();
      });
      expect(outcome.kind).toBe("ok");
      await idle(runtime);
      expect([lock.isLocked, one.available]).toEqual([false, 1]);
    });
    expect(report.outcome).toBe("clean");
  });
});

test("a semaphore that is closed refuses everybody, and what is lent stays lent", async () => {
  await withRuntime(async (runtime) => {
    const one = semaphore(runtime, 1);
    await run(runtime, async (cx) => {
      const permit = await one.acquire(cx);
      const waiting = cx.spawn((cx) => one.acquire(cx).then(undefined, (error: unknown) => error));
      await cx.checkpoint();
      one.close();
      expect(await cx.join(waiting)).toMatchObject({ value: { code: "LOCK_CLOSED" } });
      expect(thrown(() => one.acquire(cx))).toMatchObject({ code: "LOCK_CLOSED" });
      expect(thrown(() => one.tryAcquire(cx))).toMatchObject({ code: "LOCK_CLOSED" });
      expect(thrown(() => one.add(1))).toMatchObject({ code: "LOCK_CLOSED" });
      expect([one.available, one.waiting]).toEqual([0, 0]);
      permit.release();
    });
  });
});

test("every lock says that it went with its owner", async () => {
  await withRuntime(async (runtime) => {
    const scope = runtime.openScope();
    const lock = mutex(scope, 1);
    const [meeting, loaded, changed] = [barrier(scope, 2), latch(scope, 1), notify(scope)];
    const waits: readonly ((cx: Cx) => Op<unknown>)[] = [
      (cx) => lock.lock(cx),
      (cx) => meeting.wait(cx),
      (cx) => loaded.wait(cx),
      (cx) => changed.notified(cx),
    ];
    const holder = runtime.spawn(async (cx) => {
      using _guard = await lock.lock(cx);
      await cx.sleep(60_000);
    });
    await idle(runtime);
    const waiting = waits.map((wait) => runtime.spawn(wait));
    await idle(runtime);
    await scope.close();
    for (const task of waiting) {
      expect(await task.join()).toMatchObject({ kind: "err", error: { code: "LOCK_CLOSED" } });
    }
    for (const wait of waits) {
      expect(await runtime.run(wait)).toMatchObject({
        kind: "err",
        error: { code: "LOCK_CLOSED" },
      });
    }
    changed.notifyOne();
    changed.notifyAll();
    loaded.countDown();
    expect((await runtime.run((cx) => loaded.wait(cx))).kind).toBe("ok");
    holder.cancel();
    await holder.join();
  });
});

test("the clean-up of a cancelled task may use a lock of its own and try others", async () => {
  const { report } = await withRuntime(async (runtime) => {
    const shared = mutex(runtime, 0);
    const task = runtime.spawn(async (cx) => {
      cx.defer(async () => undefined);
      try {
        await cx.sleep(60_000);
      } finally {
        using guard = shared.tryLock(cx);
        guard.value += 1;
        using own = mutex(cx, 0).tryLock(cx);
        own.value += 1;
      }
    });
    await idle(runtime);
    task.cancel();
    expect((await task.join()).kind).toBe("cancelled");
    await run(runtime, (cx) => {
      using guard = shared.tryLock(cx);
      expect(guard.value).toBe(1);
    });
  });
  expect(report.outcome).toBe("clean");
});

test("a finalizer of a cancelled task waits for a lock that others hold", async () => {
  const { report } = await withRuntime(async (runtime) => {
    const shared = mutex<string[]>(runtime, []);
    const holder = runtime.spawn(async (cx) => {
      using guard = await shared.lock(cx);
      for (let turn = 0; turn < 5; turn += 1) await cx.checkpoint();
      guard.value.push("holder");
    });
    const task = runtime.spawn(async (cx) => {
      cx.defer(async (cx) => {
        using guard = await shared.lock(cx);
        guard.value.push("finalizer");
      });
      await cx.sleep(60_000);
    });
    await idle(runtime);
    task.cancel();
    expect((await task.join()).kind).toBe("cancelled");
    expect((await holder.join()).kind).toBe("ok");
    await run(runtime, (cx) => {
      using guard = shared.tryLock(cx);
      expect(guard.value.sort()).toEqual(["finalizer", "holder"]);
    });
  });
  expect(report.outcome).toBe("clean");
});

test("numbers that are none are refused", async () => {
  await withRuntime(async (runtime) => {
    const one = semaphore(runtime, 1);
    const loaded = latch(runtime, 1);
    await run(runtime, (cx) => {
      for (const number of [-1, 0.5, Number.NaN, 2 ** 53, "1" as never]) {
        const calls = [
          () => semaphore(runtime, number),
          () => one.acquire(cx, number),
          () => one.tryAcquire(cx, number),
          () => one.add(number),
          () => barrier(runtime, number),
          () => latch(runtime, number),
          () => loaded.countDown(number),
        ];
        for (const call of calls) expect(thrown(call)).toMatchObject({ code: "INVALID_NUMBER" });
      }
      expect(thrown(() => barrier(runtime, 0))).toMatchObject({ code: "INVALID_NUMBER" });
      expect(thrown(() => one.acquire(cx, 0))).toMatchObject({ code: "INVALID_NUMBER" });
      expect(thrown(() => one.add(2 ** 31 - 1))).toMatchObject({ code: "LIMIT_REACHED" });
    });
  });
});
