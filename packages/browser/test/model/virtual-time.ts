/** Time of the tests' own making: the kernel's clock and timer stand still until nothing more can run. */
import { vi } from "vitest";
import type { Runtime } from "../../src/index.js";

/** Turns of the host without a dispatch after which a runtime only waits for time. */
const QUIET_TURNS = 3;

/** Runs `test` with virtual time, which begins at 0. */
export async function withVirtualTime<T>(test: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"], now: 0 });
  try {
    return await test();
  } finally {
    vi.useRealTimers();
  }
}

/** Lets `runtime` run and time pass, from timer to timer, until `promise` has settled. */
export async function elapse<T>(runtime: Runtime, promise: Promise<T>): Promise<T> {
  let isPending = true;
  const settled = promise.finally(() => {
    isPending = false;
  });
  while (isPending) {
    await untilQuiet(runtime);
    if (isPending && vi.getTimerCount() === 0) throw new Error("nothing to wait for, and no end");
    if (isPending) vi.advanceTimersToNextTimer();
  }
  return settled;
}

async function untilQuiet(runtime: Runtime): Promise<void> {
  let dispatches = -1;
  for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
    await hostTurn();
    const now = runtime.counters().dispatches;
    if (now !== dispatches) quiet = 0;
    dispatches = now;
  }
}

/** A turn of the host that no virtual clock holds up. */
function hostTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
