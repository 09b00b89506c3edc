/** The parity corpus on the kernel in wasm: every run is the one that the native kernel gave. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { KernelModule } from "../src/index.js";
import { loadKernelModule } from "../src/load.js";
import { golden, scenarios } from "./parity/scenario.js";
import { type Clock, run } from "./parity/world.js";

/** No virtual clock starts at zero, natively it does: only what has passed may count. */
const START_MS = 1_234.5;

let clock: Clock;
let module: KernelModule;

beforeEach(async () => {
  module = await loadKernelModule();
  clock = { ms: START_MS };
  vi.spyOn(performance, "now").mockImplementation(() => clock.ms);
});

afterEach(() => {
  vi.restoreAllMocks();
});

test("there is a golden file for every scenario and none is left over", () => {
  expect(scenarios.size).toBeGreaterThanOrEqual(40);
  expect([...golden.keys()].sort()).toEqual([...scenarios.keys()].sort());
});

test.each([...scenarios])("%s", (name, scenario) => {
  const runs = (scenario.seeds ?? [1]).map((seed) => run(module, clock, scenario, seed));
  for (const { outcomes, counts, quiescent } of runs) {
    expect(outcomes).toMatchObject(scenario.expect.outcomes ?? {});
    expect(counts).toMatchObject(scenario.expect.counts ?? {});
    expect(quiescent).toBe(true);
  }
  expect(runs).toEqual(golden.get(name)?.runs);
});
