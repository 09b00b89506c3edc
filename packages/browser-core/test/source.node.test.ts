/** Where the kernel can be taken from by those who host it themselves. */
import { readFile } from "node:fs/promises";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { OwnKernel } from "../src/own-kernel.js";

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

describe("on a server", () => {
  test("the file is read, and the copy not loaded", async () => {
    const inlined = vi.fn();
    const module = await core.loadKernelModule(new OwnKernel(() => FILE, inlined));
    expect(module.createKernel(CONFIG, () => undefined).root()).toBeGreaterThan(0);
    expect(inlined).not.toHaveBeenCalled();
  });

  test.each([
    ["there is no file", () => new URL("nowhere.wasm", FILE), () => process.getBuiltinModule],
    ["Node gives no modules", () => FILE, () => undefined],
  ])("where %s the copy is decoded", async (_, address, builtin) => {
    vi.stubGlobal("process", { ...process, getBuiltinModule: builtin() });
    const inlined = vi.fn(() => import("../wasm/asupersync-inline.js"));
    const module = await core.loadKernelModule(new OwnKernel(address, inlined));
    vi.unstubAllGlobals();
    expect(module.createKernel(CONFIG, () => undefined).root()).toBeGreaterThan(0);
    expect(inlined).toHaveBeenCalledOnce();
  });
});

test("the inlined copy is the file", async () => {
  const { wasmGzipBase64 } = await import("../wasm/asupersync-inline.js");
  const gzip = Buffer.from(wasmGzipBase64, "base64");
  const plain = new Blob([gzip]).stream().pipeThrough(new DecompressionStream("gzip"));
  const inlined = Buffer.from(await new Response(plain).arrayBuffer());
  expect(inlined.equals(await readFile(FILE))).toBe(true);
});
