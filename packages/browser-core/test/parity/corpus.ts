/** The parity corpus on one tier of the wasm: every run is the one that the native kernel gave. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type KernelModule, TierCode, type WasmSource } from "../../src/index.js";
import { loadKernelModule } from "../../src/load.js";
import { golden, type Run, scenarios } from "./scenario.js";
import { digest, hex } from "./text.js";
import { type Clock, run } from "./world.js";

/** No virtual clock starts at zero, natively it does: only what has passed may count. */
const START_MS = 1_234.5;

/** What a kernel without a trace answers. */
const NO_FINGERPRINT = hex(0n);
const TRACE_OF_NO_EVENTS = hex(digest(new Float64Array()));

/** Makes the tests of a tier. A realm has one kernel for good, so each tier has a file of its own. */
export function testCorpus(tier: TierCode, source?: WasmSource): void {
  let clock: Clock;
  let module: KernelModule;

  beforeEach(async () => {
    module = await loadKernelModule(source);
    clock = { ms: START_MS };
    vi.spyOn(performance, "now").mockImplementation(() => clock.ms);
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  test("the tier is the one that was asked for", () => {
    expect(module.tier).toBe(tier);
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
    const expected = golden.get(name)?.runs;
    expect(runs).toEqual(tier === TierCode.coreMin ? expected?.map(withoutTrace) : expected);
  });
}

/** The same run as a kernel without a trace has it: the same schedule, and no event that is kept. */
function withoutTrace(run: Run): Run {
  const { events = 0 } = run.counts;
  const counts = { ...run.counts, eventsDropped: events };
  return { ...run, counts, fingerprint: NO_FINGERPRINT, trace: TRACE_OF_NO_EVENTS };
}
