/** Owns the options `trace` and `spawnSites`: what a runtime keeps for those who look inside. */
import { IS_DEVELOPMENT } from "#environment";
import { type AddedSetup, addOption, type RuntimeOptions } from "../runtime.js";
import { SPAWN_SITES } from "../stack.js";
import { checkFlag, checkOptions, checkWhole } from "../validate.js";

addOption("trace", decodeTrace);
addOption("spawnSites", decodeSpawnSites);

declare module "../runtime.js" {
  interface RuntimeOptions {
    /**
     * Keeps the last `capacity` events (default 4096, at most 2^20) for {@link Runtime.events}. The kernel
     * `coreMin` keeps none: with it `createRuntime` throws `TRACE_ABSENT`.
     */
    readonly trace?: { readonly capacity?: number };
    /**
     * Keeps where tasks were spawned, for reports and snapshots: of a thousand tasks a second at most, as
     * each costs tens of microseconds. Default: in development builds, and with `trace`.
     */
    readonly spawnSites?: boolean;
  }
}

const CAPACITY = 4_096;
const CAPACITY_MAX = 2 ** 20;
const TRACE_OPTIONS = ["capacity"] as const;

function decodeTrace({ trace }: RuntimeOptions): AddedSetup {
  checkOptions(trace, TRACE_OPTIONS, "trace");
  const capacity = trace === undefined ? 0 : (trace.capacity ?? CAPACITY);
  return { traceCapacity: checkWhole(capacity, 0, CAPACITY_MAX, "trace capacity") };
}

function decodeSpawnSites({ trace, spawnSites }: RuntimeOptions): AddedSetup {
  checkFlag(spawnSites, "spawnSites");
  const isKept = spawnSites ?? (IS_DEVELOPMENT || trace !== undefined);
  return { sites: isKept ? SPAWN_SITES : undefined };
}
