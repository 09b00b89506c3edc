/** Time slices: tasks that are always runnable leave the host its turns. */
import { expect, test } from "vitest";
import { forBothKinds, hostTurn, withRuntime } from "./support.js";

forBothKinds((body) => {
  test("the host gets its turns while a body runs from checkpoint to checkpoint", async () => {
    await withRuntime(async (runtime) => {
      let isStopped = false;
      let rounds = 0;
      const busy = runtime.spawn(
        body(function* (cx) {
          while (!isStopped) {
            rounds += 1;
            yield* cx.checkpoint();
          }
        }),
      );
      for (let turn = 0; turn < 5; turn += 1) await hostTurn();
      isStopped = true;
      expect((await busy.join()).kind).toBe("ok");
      expect(rounds).toBeGreaterThan(5);
    });
  });

  test("a higher priority goes first, a lower one is not forgotten", async () => {
    await withRuntime(async (runtime) => {
      const log: number[] = [];
      const spawn = (priority: number) =>
        runtime.spawn(
          body(function* (cx) {
            yield* cx.checkpoint();
            log.push(priority);
          }),
          { priority },
        );
      const tasks = [0, 3, 7, 5].map(spawn);
      for (const task of tasks) await task.join();
      expect(log).toEqual([7, 5, 3, 0]);
    });
  });
});

test("a timer of the host's is served while 20,000 tasks are runnable", async () => {
  await withRuntime(async (runtime) => {
    let served = 0;
    const timer = setInterval(() => {
      served += 1;
    }, 1);
    await runtime.run(async (cx) => {
      await cx.scope((inner) => {
        for (let count = 0; count < 20_000; count += 1) {
          inner.spawn(function* (child) {
            for (let step = 0; step < 5; step += 1) yield* child.checkpoint();
          });
        }
      });
    });
    clearInterval(timer);
    expect(served).toBeGreaterThan(0);
  });
});
