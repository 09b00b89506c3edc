/** Owns the package's one error type: why the kernel could not be loaded. */

/** Every way in which loading can fail. */
export type KernelLoadErrorCode =
  | "WASM_UNAVAILABLE"
  | "WASM_REFUSED"
  | "WASM_INVALID"
  | "ABI_MISMATCH";

/** Loading failed: what was expected, what came, and what to do about it. */
export class KernelLoadError extends Error {
  override readonly name = "KernelLoadError";
  readonly code: KernelLoadErrorCode;
  readonly expected: string;
  readonly received: string;
  readonly mend: string;

  constructor(code: KernelLoadErrorCode, received: string, cause?: unknown) {
    const { expected, mend } = FACTS[code];
    super(`${code}: expected ${expected}, got ${received}: ${mend}`, { cause });
    this.code = code;
    this.expected = expected;
    this.received = received;
    this.mend = mend;
  }
}

const FACTS: Record<KernelLoadErrorCode, { readonly expected: string; readonly mend: string }> = {
  WASM_UNAVAILABLE: {
    expected: "the kernel's wasm",
    mend: "serve the file where the source points, or leave the source out to use the inlined copy",
  },
  WASM_REFUSED: {
    expected: "a host that compiles WebAssembly",
    mend: "allow 'wasm-unsafe-eval' in script-src of the Content-Security-Policy",
  },
  WASM_INVALID: {
    expected: "the bytes of a WebAssembly module",
    mend: "serve kernel.wasm as it is; a page for a missing file, or half a file, is none",
  },
  ABI_MISMATCH: {
    expected: "the wasm that was built with this package",
    mend: "install one version of @asupersync/browser-core, serve its own kernel.wasm, and reload",
  },
};

/** One line about a value that was thrown. */
export function describeThrown(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}
