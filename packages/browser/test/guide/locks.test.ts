/** What docs/guide/locks.md shows, run. */
import { expect, test } from "vitest";
import { barrier, latch, mutex, notify, semaphore } from "../../src/index.js";
import { idle, withRuntime } from "../support.js";

test("a semaphore bounds how many do something at once", async () => {
  await withRuntime(async (runtime) => {
    let inside = 0;
    let most = 0;
    const upload = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await Promise.resolve();
      inside -= 1;
    };
    const uploads = semaphore(runtime, 3);
    const outcome = await runtime.run(async (cx) => {
      for (let n = 0; n < 10; n += 1) {
        cx.spawn(async (cx) => {
          using _permit = await uploads.acquire(cx);
          await upload(); // three at once, first come first served
        });
      }
    });
    expect(outcome.kind).toBe("ok");
    expect(most).toBe(3);
  });
});

test("a mutex is held across waits", async () => {
  const { report } = await withRuntime(async (runtime) => {
    const account = mutex(runtime, { balance: 100 });
    const transfer = (amount: number) =>
      runtime.run(async (cx) => {
        using guard = await account.lock(cx);
        const { balance } = guard.value;
        await cx.checkpoint(); // others run, and none of them gets in
        guard.value = { balance: balance + amount };
      });
    await Promise.all([transfer(10), transfer(-30), transfer(5)]);
    await runtime.run((cx) => {
      using guard = account.tryLock(cx);
      expect(guard.value.balance).toBe(85);
    });
  });
  expect(report.leaked).toEqual([]);
});

test("where there is no using, finally gives it back", async () => {
  await withRuntime(async (runtime) => {
    const account = mutex(runtime, 1);
    await runtime.run(async (cx) => {
      const guard = await account.lock(cx);
      try {
        guard.value += 1;
      } finally {
        guard.release();
      }
    });
    expect(account.isLocked).toBe(false);
  });
});

test("a barrier lets all start together", async () => {
  await withRuntime(async (runtime) => {
    const log: string[] = [];
    const outcome = await runtime.run(async (cx) => {
      const start = barrier(cx, 2);
      for (const player of ["a", "b"]) {
        cx.spawn(async (cx) => {
          log.push(`${player} is ready`);
          const { isLeader } = await start.wait(cx);
          log.push(isLeader ? "the last one came" : "and off");
        });
      }
    });
    expect(outcome.kind).toBe("ok");
    expect(log.slice(0, 2)).toEqual(["a is ready", "b is ready"]);
    expect(log.slice(2).sort()).toEqual(["and off", "the last one came"]);
  });
});

test("a latch opens once", async () => {
  await withRuntime(async (runtime) => {
    const images = [new EventTarget(), new EventTarget()];
    const loaded = latch(runtime, images.length);
    for (const image of images) {
      image.addEventListener("load", () => loaded.countDown(), { once: true });
    }
    const shown = runtime.run((cx) => loaded.wait(cx));
    for (const image of images) image.dispatchEvent(new Event("load"));
    expect((await shown).kind).toBe("ok");
  });
});

test("a notification says that something has happened", async () => {
  await withRuntime(async (runtime) => {
    const saved: string[] = [];
    const dirty = new Set<string>();
    const changed = notify(runtime);
    const saver = runtime.spawn(async (cx) => {
      for (;;) {
        for (const name of dirty) saved.push(name);
        dirty.clear();
        await changed.notified(cx); // one that came meanwhile is remembered
      }
    });
    dirty.add("settings");
    changed.notifyOne(); // from anywhere
    await idle(runtime);
    expect(saved).toEqual(["settings"]);
    saver.cancel();
    await saver.join();
  });
});
