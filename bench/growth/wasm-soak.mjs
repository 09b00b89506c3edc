/** The soak as wasm: through the whole SDK, with generator bodies, and memory of both heaps. */

import { createRuntime } from "@asupersync/browser";
import { loadKernelModule } from "@asupersync/browser-core/load";

/** Tasks that live at once. */
const WAVE = 10_000;

/** Looks at memory. */
const SAMPLES = 200;

/**
 * Spawns and ends `tasks` tasks in one runtime. A quarter ends at once, a quarter gives the others a
 * turn first, a quarter sleeps first, and a quarter is cancelled in its sleep.
 *
 * @param {number} tasks
 * @returns {Promise<import("./result.mjs").Soak>}
 */
export async function soak(tasks) {
  const runtime = await createRuntime({ label: "soak" });
  const module = await loadKernelModule();
  const waves = Math.ceil(tasks / WAVE);
  const every = Math.ceil(waves / SAMPLES);
  const samples = [];
  const start = performance.now();
  for (let nth = 1; nth <= waves; nth++) {
    const outcome = await runtime.run(wave);
    if (outcome.kind !== "ok" || outcome.value !== WAVE) {
      throw new Error(`expected ${WAVE} ends, got ${JSON.stringify(outcome)}`);
    }
    if (nth % every === 0) samples.push({ tasks: nth * WAVE, ...memory(module) });
  }
  const seconds = Math.round(performance.now() - start) / 1_000;
  const { tasks: live, tasksCompleted } = runtime.counters();
  if (live !== 0) throw new Error(`expected no task to be left, got ${live}`);
  await runtime.close();
  // Each wave has a task of its own that spawns the others.
  return { tasks: tasksCompleted - waves, liveAtOnce: WAVE, seconds, samples };
}

function* wave(cx) {
  const tasks = new Array(WAVE);
  for (let nth = 0; nth < WAVE; nth++) tasks[nth] = cx.spawn((child) => body(child, nth % 4));
  // All have started, those that are to be cancelled sleep.
  yield* cx.checkpoint();
  for (let nth = 3; nth < WAVE; nth += 4) tasks[nth].cancel();
  let ended = 0;
  for (let nth = 0; nth < WAVE; nth++) {
    const { kind } = yield* cx.join(tasks[nth]);
    if (kind === (nth % 4 === 3 ? "cancelled" : "ok")) ended += 1;
  }
  return ended;
}

function* body(cx, what) {
  if (what === 1) yield* cx.checkpoint();
  if (what === 2) yield* cx.sleep(0);
  if (what === 3) yield* cx.sleep(1e6);
  return what;
}

function memory(module) {
  global.gc();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    residentBytes: rss,
    wasmBytes: module.words().buffer.byteLength,
    heapBytes: heapUsed,
  };
}
