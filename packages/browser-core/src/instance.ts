/** Owns the one wasm instance of a realm: opened once, checked, and made anew after it has died. */
import initialise, {
  __wbg_reset_state,
  abi_version,
  panic_message,
  tier,
  Kernel as WasmKernel,
} from "../wasm/asupersync.js";
import { ABI_VERSION, ConfigField, type TierCode } from "./abi.gen.js";
import { describeThrown, KernelLoadError } from "./errors.js";
import type { Kernel, KernelConfig } from "./kernel.js";

/**
 * The kernel's code, ready to make kernels. All kernels of a realm share one instance and its
 * memory; a trap in one of them ends them all.
 */
export interface KernelModule {
  /** How much the wasm has in it. */
  readonly tier: TierCode;
  /**
   * Makes a kernel. `pump` is called, with nothing of the kernel's on the stack, whenever there may
   * be something to deliver.
   *
   * @throws What the wasm throws; the numbers are expected to be checked by the caller.
   */
  createKernel(config: KernelConfig, pump: () => void): Kernel;
  /** The instance's memory as 32-bit words. Valid until the next call into a kernel. */
  words(): Uint32Array;
  /**
   * Says that a call trapped. The instance's state cannot be trusted any more: every kernel of it is
   * dead, and the next {@link openKernelModule} makes a new instance. Calls each listener once.
   */
  die(): void;
  /** Calls `listener` when the instance dies. Returns what takes the listener back. */
  onDeath(listener: () => void): () => void;
  /** Message and place of the panic behind a trap, if there was one. */
  panicMessage(): string | undefined;
}

let opening: Promise<KernelModule> | undefined;
/** What the glue has instantiated. It keeps the first one for good. */
let compiled: WebAssembly.Module | undefined;

/**
 * Opens the realm's instance, once: every later call gives the same one, until it has died or opening
 * has failed. `compile` is asked for the code the first time that it is needed.
 *
 * @throws {KernelLoadError} What `compile` is rejected with, or `ABI_MISMATCH`. The next call tries again.
 */
export function openKernelModule(
  compile: () => Promise<WebAssembly.Module>,
): Promise<KernelModule> {
  if (opening === undefined) {
    const attempt = open(compile);
    opening = attempt;
    attempt.catch(() => {
      if (opening === attempt) opening = undefined;
    });
  }
  return opening;
}

/** The code of the realm's instance, for another realm to make its own of; undefined before there is one. */
export function compiledKernel(): WebAssembly.Module | undefined {
  return compiled;
}

async function open(compile: () => Promise<WebAssembly.Module>): Promise<KernelModule> {
  if (compiled === undefined) {
    const module = await compile();
    checkExports(module);
    try {
      await initialise({ module_or_path: module });
    } catch (error) {
      // Imports that do not fit the glue are what an older or newer wasm shows first.
      throw new KernelLoadError("ABI_MISMATCH", describeThrown(error), error);
    }
    compiled = module;
  } else {
    __wbg_reset_state();
  }
  const version = abi_version();
  if (version !== ABI_VERSION) {
    throw new KernelLoadError("ABI_MISMATCH", `ABI ${version} instead of ${ABI_VERSION}`);
  }
  // Once instantiated, this gives the present instance's exports.
  const { memory } = await initialise({ module_or_path: compiled });
  return new Instance(memory, tier() as TierCode);
}

/** The glue keeps whatever it instantiates, so what is no kernel at all must not get that far. */
function checkExports(module: WebAssembly.Module): void {
  const names = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  for (const name of ["abi_version", "memory", "tier", "__wbindgen_start"]) {
    if (!names.has(name)) throw new KernelLoadError("ABI_MISMATCH", `wasm without ${name}`);
  }
}

/** What asks for the kernel's default in a configuration. */
const LEFT_OUT = -1;

function numbersOf(config: KernelConfig): Float64Array {
  const fields = Object.entries(ConfigField) as [keyof KernelConfig, number][];
  const numbers = new Float64Array(fields.length);
  for (const [name, place] of fields) numbers[place] = config[name] ?? LEFT_OUT;
  return numbers;
}

class Instance implements KernelModule {
  readonly tier: TierCode;
  readonly #memory: WebAssembly.Memory;
  readonly #listeners = new Set<() => void>();
  #words: Uint32Array;
  #state: "alive" | "dead" = "alive";

  constructor(memory: WebAssembly.Memory, tier: TierCode) {
    this.tier = tier;
    this.#memory = memory;
    this.#words = new Uint32Array(memory.buffer);
  }

  createKernel(config: KernelConfig, pump: () => void): Kernel {
    const kernel: InstanceType<typeof WasmKernel> = new WasmKernel(
      numbersOf(config),
      // A wake or a timer of an instance that is dead may still come.
      (isTimer: unknown) => {
        if (this.#state === "dead") return;
        if (isTimer === true) kernel.note_timer();
        pump();
      },
    );
    return kernel;
  }

  words(): Uint32Array {
    // Growing the memory empties every view of it. To compare buffers would make objects of them.
    if (this.#words.length === 0) this.#words = new Uint32Array(this.#memory.buffer);
    return this.#words;
  }

  die(): void {
    if (this.#state === "dead") return;
    this.#state = "dead";
    opening = undefined;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  onDeath(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  panicMessage(): string | undefined {
    try {
      return panic_message();
    } catch {
      // What trapped was not a panic, or it took the instance's memory with it.
      return undefined;
    }
  }
}
