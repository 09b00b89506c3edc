/**
 * Owns how a runtime is made where the kernel has to be found first. Apart from the runtime itself, for a
 * worker's bundle must not get hold of the loader.
 */
import { KernelLoadError } from "@asupersync/browser-core";
import { loadKernelModule } from "@asupersync/browser-core/load";
import { AsupersyncError } from "./errors.js";
import { decodeRuntimeOptions, type Runtime, type RuntimeOptions } from "./runtime.js";
import { RuntimeRecord } from "./runtime-record.js";
import { takeTag } from "./tag.js";

/**
 * Makes a runtime, loading the kernel if this is the first. It keeps to the clock that `performance` is by then:
 * fake timers have to be in place before.
 *
 * @throws {AsupersyncError} `WASM_UNAVAILABLE`, `WASM_REFUSED`, `WASM_INVALID` or `ABI_MISMATCH` when the
 *   kernel cannot be loaded, `INVALID_ARGUMENT` or `INVALID_NUMBER` for hostile options, `TRACE_ABSENT` for a
 *   trace with the kernel `coreMin`, `LIMIT_REACHED` past 127 open runtimes in one realm.
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const setup = decodeRuntimeOptions(options);
  const module = await loadKernelModule(options.wasm).catch(rethrowLoadError);
  return new RuntimeRecord({ ...setup, module, tag: takeTag() });
}

/** Throws what loading was rejected with as this package's own error. */
export function rethrowLoadError(error: unknown): never {
  if (!(error instanceof KernelLoadError)) throw error;
  throw new AsupersyncError(error.code, error.received, { cause: error });
}
