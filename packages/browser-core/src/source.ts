/** Owns where the wasm comes from: a file beside this package, its inlined copy, or a given source. */
import { describeThrown, KernelLoadError } from "./errors.js";
import { isOwnKernel, OwnKernel } from "./own-kernel.js";

/** A place to take the kernel's wasm from: one of this package's own, or what the app hosts itself. */
export type WasmSource = OwnKernel | URL | string | Response | BufferSource | WebAssembly.Module;

/** The kernel of those who ask for none, tier core-trace. */
const coreTrace = new OwnKernel(
  // The literal is what bundlers look for to emit the file.
  () => new URL("../wasm/asupersync.wasm", import.meta.url),
  // Lazy, so that bundlers give the copy a chunk of its own that most pages never fetch.
  () => import("../wasm/asupersync-inline.js"),
);

/**
 * Compiles the kernel. Of this package's own it fetches or reads the file and, where that is not to be
 * had, decodes the inlined copy; any other source is the only one tried.
 *
 * @throws {KernelLoadError} `WASM_UNAVAILABLE`, `WASM_REFUSED` when the host does not compile it, or
 *   `WASM_INVALID` when it is no wasm.
 */
export function compileKernel(source: WasmSource = coreTrace): Promise<WebAssembly.Module> {
  return isOwnKernel(source) ? compileOwn(source) : compileGiven(source);
}

async function compileOwn(kernel: OwnKernel): Promise<WebAssembly.Module> {
  // Next's stand-in for the address has neither an origin nor a protocol, only the path.
  const url = new URL(kernel.address().href, globalThis.location?.href ?? "file:///");
  // Node's fetch has no file: and a page opened from disk may not read one.
  if (url.protocol === "http:" || url.protocol === "https:") {
    try {
      return await WebAssembly.compileStreaming(fetch(url, { credentials: "same-origin" }));
    } catch {
      // Not served, served as something else, or refused by connect-src: the copy needs no request.
    }
  }
  return compileBytes(fileBytes(url) ?? (await inlinedBytes(kernel)));
}

/** The file, where a server's runtime can read it: to decode the copy there loads all of its `fetch` first. */
function fileBytes(url: URL): Uint8Array<ArrayBuffer> | undefined {
  try {
    return (globalThis as ServerGlobal).process?.getBuiltinModule?.("node:fs").readFileSync(url);
  } catch {
    // No such file beside a bundle, or none to be read: the copy is in the bundle.
    return undefined;
  }
}

/** What there is of Node in some places, and of the least version that this package runs in. */
interface ServerGlobal {
  readonly process?: {
    getBuiltinModule?(name: "node:fs"): {
      readFileSync(file: URL): Uint8Array<ArrayBuffer>;
    };
  };
}

async function compileGiven(source: Exclude<WasmSource, OwnKernel>): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return compileBytes(source);
  let response: Response;
  try {
    response = source instanceof Response ? source : await fetch(source);
  } catch (error) {
    throw new KernelLoadError("WASM_UNAVAILABLE", describeThrown(error), error);
  }
  if (!response.ok) {
    throw new KernelLoadError("WASM_UNAVAILABLE", `HTTP ${response.status} for ${response.url}`);
  }
  return compileBytes(await response.arrayBuffer());
}

async function compileBytes(bytes: BufferSource): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    const code = isInvalidWasm(error) ? "WASM_INVALID" : "WASM_REFUSED";
    throw new KernelLoadError(code, describeThrown(error), error);
  }
}

/**
 * Whether the bytes are at fault. Browsers throw the same `CompileError` when the page's policy does
 * not allow compiling; only its message names the policy.
 */
function isInvalidWasm(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== "CompileError") return false;
  return !/unsafe-eval|content security policy|\bCSP\b/i.test(error.message);
}

async function inlinedBytes(kernel: OwnKernel): Promise<ArrayBuffer> {
  const { wasmGzipBase64 } = await kernel.inlined();
  const gzip = Uint8Array.from(atob(wasmGzipBase64), (character) => character.charCodeAt(0));
  try {
    // Not by way of a Blob: jsdom puts its own in place, which has no stream().
    const packed = new Response(gzip).body as ReadableStream<Uint8Array<ArrayBuffer>>;
    return await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  } catch (error) {
    throw new KernelLoadError("WASM_UNAVAILABLE", describeThrown(error), error);
  }
}
