/** Where the kernel can be taken from by those who host it themselves. */
import { readFile } from "node:fs/promises";
import { beforeEach, expect, test, vi } from "vitest";

const CONFIG = { seed: 1, tag: 1, drainMs: 5_000, sliceMs: 5, traceCapacity: 0 };
const FILE = new URL("../wasm/asupersync.wasm", import.meta.url);

// Each test loads anew: a realm keeps what it has loaded for good.
let core: typeof import("../src/load.js");
beforeEach(async () => {
  vi.resetModules();
  core = await import("../src/load.js");
});

test.each([
  ["a buffer", (bytes: ArrayBuffer) => bytes],
  ["a view of one", (bytes: ArrayBuffer) => new Uint8Array(bytes)],
  ["a response", (bytes: ArrayBuffer) => new Response(bytes)],
  ["a URL", (bytes: ArrayBuffer) => new URL(URL.createObjectURL(new Blob([bytes])))],
  ["a string", (bytes: ArrayBuffer) => URL.createObjectURL(new Blob([bytes]))],
  ["a compiled module", (bytes: ArrayBuffer) => WebAssembly.compile(bytes)],
])("the kernel is taken from %s", async (_, sourceOf) => {
  const source = await sourceOf(new Uint8Array(await readFile(FILE)).buffer);
  const module = await core.loadKernelModule(source);
  expect(module.createKernel(CONFIG, () => undefined).root()).toBeGreaterThan(0);
});

test("the inlined copy is the file", async () => {
  const { wasmGzipBase64 } = await import("../wasm/asupersync-inline.js");
  const gzip = Buffer.from(wasmGzipBase64, "base64");
  const plain = new Blob([gzip]).stream().pipeThrough(new DecompressionStream("gzip"));
  const inlined = Buffer.from(await new Response(plain).arrayBuffer());
  expect(inlined.equals(await readFile(FILE))).toBe(true);
});
