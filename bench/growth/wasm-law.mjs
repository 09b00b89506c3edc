/**
 * The growth law as wasm: the kernel's raw calls, driven as the SDK's pump drives them. Time is
 * virtual, so that sleeps fire when the measurement says so.
 */

import { CancelKindCode, EffectCode, OutcomeCode, PolicyCode } from "@asupersync/browser-core";
import { loadKernelModule } from "@asupersync/browser-core/load";

/** As natively: enough commands in all runs together, and enough runs. */
const COMMANDS_MIN = 1_000_000;
const RUNS_MIN = 3;

/** Longer than any turn, so that no slice ends in the middle of a measurement. */
const FOREVER_MS = 1e12;

/** A prime: deadlines in no order. */
const PRIME = 7_919;

/** Runtime tags are 7 bits; the kernels of one instance are told apart by them. */
const TAGS = 127;

/**
 * @param {number} live
 * @returns {Promise<import("./result.mjs").Point>}
 */
export async function measurePoint(live) {
  const clock = { nowMs: 0 };
  performance.now = () => clock.nowMs;
  const module = await loadKernelModule();
  const point = {
    live,
    samplesNs: { spawn: [], wake: [], sleep: [], cancel: [], close: [] },
    bytesStarted: null,
    bytesAsleep: null,
  };
  const runs = Math.max(Math.floor(COMMANDS_MIN / live), RUNS_MIN);
  for (let nth = 0; nth < runs; nth++) {
    global.gc();
    run(point, new World(module, clock, 1 + (nth % TAGS)));
  }
  return point;
}

function run(point, world) {
  const { live, samplesNs } = point;
  const before = world.bytes();
  const timed = (name, work) => {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    samplesNs[name].push(Math.round(((user + system) * 1e4) / live) / 10);
  };
  let tasks;
  timed("spawn", () => {
    tasks = world.spawn(live);
  });
  point.bytesStarted ??= world.bytesEach(before, live);
  timed("wake", () => world.wake(tasks));
  timed("sleep", () => world.sleep(tasks));
  world.park(tasks);
  point.bytesAsleep ??= world.bytesEach(before, live);
  timed("cancel", () => world.cancel(tasks));
  world.park(world.spawn(live));
  timed("close", () => world.close());
  world.end();
}

class World {
  #module;
  #clock;
  #kernel;
  #region;
  /** Handles by slot, as the SDK keeps its tasks. */
  #bySlot = [];

  constructor(module, clock, tag) {
    this.#module = module;
    this.#clock = clock;
    const config = { seed: 1, tag, drainMs: FOREVER_MS, sliceMs: FOREVER_MS, traceCapacity: 0 };
    // The measurement turns the kernel itself; a wake that comes later finds nothing to do.
    this.#kernel = module.createKernel(config, () => {});
    this.#region = this.#kernel.region_open(this.#kernel.root(), PolicyCode.collectAll);
  }

  spawn(count) {
    const tasks = new Float64Array(count);
    for (let nth = 0; nth < count; nth++) {
      const task = this.#kernel.region_spawn(this.#region);
      this.#bySlot[task % 2 ** 22] = task;
      tasks[nth] = task;
    }
    this.#settle();
    return tasks;
  }

  wake(tasks) {
    for (const task of tasks) expectDone(this.#kernel.task_checkpoint(task));
    this.#settle();
  }

  sleep(tasks) {
    const count = tasks.length;
    for (let nth = 0; nth < count; nth++) {
      const ns = 1 + ((nth * PRIME) % count);
      expectDone(this.#kernel.task_sleep(tasks[nth], ns / 1e6, 1));
    }
    this.#clock.nowMs += count / 1e6 + 1;
    this.#settle();
  }

  park(tasks) {
    for (const task of tasks) expectDone(this.#kernel.task_sleep(task, 1e9, 1));
    this.#settle();
  }

  cancel(tasks) {
    for (const task of tasks) expectDone(this.#kernel.task_cancel(task, CancelKindCode.user, ""));
    this.#settle();
  }

  close() {
    expectDone(this.#kernel.region_cancel(this.#region, CancelKindCode.user, ""));
    this.#settle();
    const live = this.#kernel.count(0);
    if (live !== 0) throw new Error(`expected no task after the close, got ${live}`);
  }

  end() {
    expectDone(this.#kernel.close());
    this.#settle();
    this.#kernel.release();
    this.#kernel.free();
  }

  /** Of wasm's memory and of JavaScript's heap together. */
  bytes() {
    global.gc();
    return this.#module.words().buffer.byteLength + process.memoryUsage().heapUsed;
  }

  bytesEach(before, count) {
    return Math.round(((this.bytes() - before) / count) * 10) / 10;
  }

  #settle() {
    const kernel = this.#kernel;
    for (;;) {
      const batch = kernel.turn() / 4;
      if (batch === 0) return;
      const first = batch + 1;
      const records = this.#module.words()[batch];
      for (let at = first; at < first + records * 4; at += 4) {
        // Made anew when memory has grown, so it is asked for each time.
        const words = this.#module.words();
        if (words[at] === EffectCode.cancel) {
          expectDone(kernel.task_complete(this.#bySlot[words[at + 1]], OutcomeCode.cancelled));
        }
      }
    }
  }
}

function expectDone(status) {
  if (!(status >= 0)) throw new Error(`refused with the error code ${-status}`);
}
