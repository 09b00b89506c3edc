/**
 * Owns loading the kernel from wherever its wasm is. A door of its own, `@asupersync/browser-core/load`:
 * the address and the chunk that it names must not get into the bundle of a worker, which is sent the
 * compiled wasm.
 */
import { compiledKernel, type KernelModule, openKernelModule } from "./instance.js";
import { compileKernel, type WasmSource } from "./source.js";

export type { WasmSource } from "./source.js";

/**
 * Loads the kernel, once in a realm: every later call gives the same module, whatever its `source`,
 * until that module has died or loading has failed.
 *
 * @param source For those who host the wasm themselves. Left out, it is found unconfigured.
 * @throws {KernelLoadError} `WASM_UNAVAILABLE`, `WASM_REFUSED`, `WASM_INVALID` or `ABI_MISMATCH`;
 *   see its `mend`. The next call tries again.
 */
export function loadKernelModule(source?: WasmSource): Promise<KernelModule> {
  return openKernelModule(() => compileKernel(source));
}

/**
 * The kernel's compiled wasm, to be posted to a worker. Loads the kernel here if it was not.
 *
 * @throws {KernelLoadError} As {@link loadKernelModule}.
 */
export async function loadKernelWasm(source?: WasmSource): Promise<WebAssembly.Module> {
  await loadKernelModule(source);
  return compiledKernel() as WebAssembly.Module;
}
