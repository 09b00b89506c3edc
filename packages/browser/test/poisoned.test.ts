/**
 * A kernel that was stopped in the middle of a command: nothing of it can be trusted, so every call
 * says so, whatever it is given, and none of them traps. The stop is a clock that throws, which
 * leaves the command where a panic leaves it.
 */
import { ErrorKindCode, type Kernel, type KernelModule } from "@asupersync/browser-core";
import { loadKernelModule } from "@asupersync/browser-core/load";
import { afterAll, beforeAll, expect, test } from "vitest";

const CONFIG = { seed: 1, tag: 9, drainMs: 5_000, sliceMs: 600_000, traceCapacity: 0 };
const ROUNDS = 20_000;
const POISONED = -ErrorKindCode.poisoned;

/** The calls that change something. */
const COMMANDS = [
  "region_open",
  "region_open_in",
  "region_spawn",
  "region_join",
  "region_close",
  "region_cancel",
  "region_timeout",
  "region_defer",
  "region_finalizer_spawn",
  "task_budget",
  "task_cancel",
  "task_checkpoint",
  "task_sleep",
  "task_join",
  "task_defer",
  "task_finalized",
  "task_complete",
  "host_open",
  "host_wait",
  "host_notify",
  "host_complete",
  "semaphore_open",
  "semaphore_acquire",
  "semaphore_add",
  "semaphore_close",
  "semaphore_drop",
  "semaphore_count",
  "close",
] as const satisfies readonly (keyof Kernel)[];

/** What each query answers when there is nobody to ask. */
const QUERIES: readonly [keyof Kernel, unknown][] = [
  ["turn", 0],
  ["root", 0],
  ["now", 0],
  ["random", 0],
  ["task_at", 0],
  ["task_reason", 0],
  ["task_polls", -1],
  ["region_reason", 0],
  ["reason_facts", 0],
  ["reason_at_ms", 0],
  ["reason_message", undefined],
  ["snapshot", 0],
  ["revision", -1],
  ["count", Number.NaN],
  ["certificate", 0n],
  ["fingerprint", 0n],
];

const TEXTS = new Set<string>(["region_cancel", "task_cancel"]);

let module: KernelModule;
beforeAll(async () => {
  module = await loadKernelModule();
});
// The instance is shared by the realm; who comes next is to have one that is sound.
afterAll(() => module.die());

test("a kernel that was stopped in a command answers every other one with poisoned", () => {
  const kernel = module.createKernel(CONFIG, () => undefined);
  const region = kernel.region_open(kernel.root(), 0);
  const task = kernel.region_spawn(region);
  kernel.turn();
  stopIn(() => kernel.task_sleep(task, 1, 1));

  const numbers = [region, task, Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 0, 1, 3, 2 ** 53];
  for (let round = 0; round < ROUNDS; round += 1) {
    const name = COMMANDS[round % COMMANDS.length] ?? "close";
    const at = (nth: number): number => numbers[(round * 7 + nth * 3) % numbers.length] ?? 0;
    const third = TEXTS.has(name) ? "because" : at(2);
    const answer = call(kernel, name, at(0), at(1), third, at(3));
    if (answer !== POISONED) throw new Error(`round ${round}: ${name} answered ${answer}`);
  }
  for (const [name, nothing] of QUERIES)
    expect([name, call(kernel, name, 1)]).toEqual([name, nothing]);
  expect(kernel.events(0)).toHaveLength(0);
  kernel.pause();
  kernel.release();
});

function call(kernel: Kernel, name: keyof Kernel, ...args: unknown[]): unknown {
  const method = kernel[name] as (...args: unknown[]) => unknown;
  return method.apply(kernel, args);
}

/** Stops `command` where it asks for the time. */
function stopIn(command: () => unknown): void {
  const now = Object.getOwnPropertyDescriptor(performance, "now");
  Object.defineProperty(performance, "now", {
    configurable: true,
    value: () => {
      throw new Error("the clock is broken");
    },
  });
  try {
    expect(command).toThrow("the clock is broken");
  } finally {
    if (now === undefined) Reflect.deleteProperty(performance, "now");
    else Object.defineProperty(performance, "now", now);
  }
}
