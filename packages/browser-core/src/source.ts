/** Owns where the wasm comes from: the file beside this package, the inlined copy, or a given source. */
import { describeThrown, KernelLoadError } from "./errors.js";

/** A place to take the kernel's wasm from, for those who host it themselves. */
export type WasmSource = URL | string | Response | BufferSource | WebAssembly.Module;

/**
 * Compiles the kernel. Without a source it fetches the file beside this package and, where that is
 * not to be had, decodes the inlined copy; a given source is the only one tried.
 *
 * @throws {KernelLoadError} `WASM_UNAVAILABLE`, `WASM_REFUSED` when the host does not compile it, or
 *   `WASM_INVALID` when it is no wasm.
 */
export function compileKernel(source: WasmSource | undefined): Promise<WebAssembly.Module> {
  return source === undefined ? compileOwn() : compileGiven(source);
}

async function compileOwn(): Promise<WebAssembly.Module> {
  // The literal is what bundlers look for to emit the file. Next's put something in its place that has
  // neither an origin nor a protocol, only the path.
  const { href } = new URL("../wasm/asupersync.wasm", import.meta.url);
  const url = new URL(href, globalThis.location?.href ?? "file:///");
  // Node's fetch has no file: and a page opened from disk may not read one.
  if (url.protocol === "http:" || url.protocol === "https:") {
    try {
      return await WebAssembly.compileStreaming(fetch(url, { credentials: "same-origin" }));
    } catch {
      // Not served, served as something else, or refused by connect-src: the copy needs no request.
    }
  }
  return compileBytes(await inlinedBytes());
}

async function compileGiven(source: WasmSource): Promise<WebAssembly.Module> {
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

async function inlinedBytes(): Promise<ArrayBuffer> {
  // Lazy, so that bundlers give the copy a chunk of its own that most pages never fetch.
  const { wasmGzipBase64 } = await import("../wasm/asupersync-inline.js");
  const gzip = Uint8Array.from(atob(wasmGzipBase64), (character) => character.charCodeAt(0));
  try {
    // Not by way of a Blob: jsdom puts its own in place, which has no stream().
    const packed = new Response(gzip).body as ReadableStream<Uint8Array<ArrayBuffer>>;
    return await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  } catch (error) {
    throw new KernelLoadError("WASM_UNAVAILABLE", describeThrown(error), error);
  }
}
