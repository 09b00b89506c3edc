/** Loading the kernel unconfigured, what is said when it cannot be had, and a new start after its death. */
import { expect, test, vi } from "vitest";
import { EffectCode, type Kernel } from "../src/index.js";
import { loadKernelModule } from "../src/load.js";

const CONFIG = { seed: 1, tag: 1, drainMs: 5_000, sliceMs: 5, traceCapacity: 0 };

/** The smallest valid module: magic number and version. */
const EMPTY_WASM = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

// A realm loads the kernel once and for good, so the refusals come first.

test.each([
  ["a response that is not ok", () => new Response("nothing here", { status: 404 })],
  ["an address that cannot be fetched", () => "http://127.0.0.1:1/kernel.wasm"],
])("%s is WASM_UNAVAILABLE", async (_, sourceOf) => {
  await expect(loadKernelModule(sourceOf())).rejects.toMatchObject({
    name: "KernelLoadError",
    code: "WASM_UNAVAILABLE",
  });
});

test.each([
  ["a page instead of the file", new TextEncoder().encode("<!doctype html>")],
  ["nothing", new Uint8Array()],
  ["a module that was cut short", Uint8Array.of(...EMPTY_WASM, 1)],
])("bytes that are no wasm are WASM_INVALID: %s", async (_, bytes) => {
  await expect(loadKernelModule(bytes)).rejects.toMatchObject({
    code: "WASM_INVALID",
    expected: "the bytes of a WebAssembly module",
    received: expect.stringMatching(/^CompileError: /),
    mend: "serve kernel.wasm as it is; a page for a missing file, or half a file, is none",
  });
});

test.each([
  [
    "Chromium",
    "WebAssembly.compile(): Compiling or instantiating WebAssembly module violates the following Content Security policy directive because neither 'wasm-unsafe-eval' nor 'unsafe-eval' is an allowed source of script",
  ],
  ["Firefox", "call to WebAssembly.compile() blocked by CSP"],
  [
    "Safari",
    "Refused to create a WebAssembly object because 'unsafe-eval' or 'wasm-unsafe-eval' is not an allowed source of script",
  ],
])("a refusal by the page's policy is WASM_REFUSED: %s", async (_, message) => {
  await expectRefused(new WebAssembly.CompileError(message));
});

test("a host without WebAssembly is WASM_REFUSED", async () => {
  await expectRefused(new ReferenceError("WebAssembly is not defined"));
});

test.runIf(typeof document === "object")(
  "a policy refuses as is taken for granted here",
  async () => {
    const [name, message] = await refusalOfThisBrowser();
    expect(name).toBe("CompileError");
    await expectRefused(new WebAssembly.CompileError(message));
  },
);

/** Loads where compiling fails with `error`. */
async function expectRefused(error: Error): Promise<void> {
  const compile = vi.spyOn(WebAssembly, "compile").mockRejectedValueOnce(error);
  await expect(loadKernelModule(EMPTY_WASM)).rejects.toMatchObject({
    code: "WASM_REFUSED",
    received: `${error.name}: ${error.message}`,
    mend: "allow 'wasm-unsafe-eval' in script-src of the Content-Security-Policy",
    cause: error,
  });
  compile.mockRestore();
}

/** Name and message of what compiling fails with in a page whose policy does not allow it. */
function refusalOfThisBrowser(): Promise<[string, string]> {
  const frame = document.createElement("iframe");
  frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="script-src 'unsafe-inline'">
    <script>
      WebAssembly.compile(Uint8Array.of(${EMPTY_WASM})).catch((error) => {
        parent.postMessage([error.name, error.message], "*");
      });
    </script>`;
  return new Promise((resolve) => {
    addEventListener("message", function listen(event) {
      if (event.source !== frame.contentWindow) return;
      removeEventListener("message", listen);
      frame.remove();
      resolve(event.data);
    });
    document.body.append(frame);
  });
}

test("another module's wasm is ABI_MISMATCH", async () => {
  await expect(loadKernelModule(EMPTY_WASM)).rejects.toMatchObject({ code: "ABI_MISMATCH" });
});

test("the kernel is found unconfigured after all that, once, and makes kernels", async () => {
  const loading = loadKernelModule();
  expect(loadKernelModule()).toBe(loading);
  const kernel = (await loading).createKernel(CONFIG, () => undefined);
  expect(kernel.root()).toBeGreaterThan(0);
  expect(kernel.turn()).toBe(0);
});

test.runIf(typeof document === "object")("a page fetches the file and not the copy", () => {
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  expect(loaded.some((name) => name.includes("asupersync.wasm"))).toBe(true);
  expect(loaded.some((name) => name.includes("asupersync-inline"))).toBe(false);
});

test("a batch is read through a view that survives the memory's growth", async () => {
  const module = await loadKernelModule();
  const kernel = module.createKernel(CONFIG, () => undefined);
  const before = module.words();
  const root = kernel.root();
  for (let count = 0; count < 50_000; count += 1) kernel.region_spawn(root);
  const batch = kernel.turn() / Uint32Array.BYTES_PER_ELEMENT;
  // Growing the memory detached the buffer of the first view.
  expect(before.length).toBe(0);
  const [records, code] = module.words().subarray(batch);
  expect(records).toBeGreaterThan(0);
  expect(code).toBe(EffectCode.start);
});

test("an instance that died tells its listeners once, and the next load makes a new one", async () => {
  const module = await loadKernelModule();
  const stale = module.createKernel(CONFIG, () => undefined);
  const listener = vi.fn();
  const silenced = vi.fn();
  module.onDeath(listener);
  module.onDeath(silenced)();
  module.die();
  module.die();
  expect(listener).toHaveBeenCalledTimes(1);
  expect(silenced).not.toHaveBeenCalled();

  const next = await loadKernelModule();
  expect(next).not.toBe(module);
  expect(next.createKernel(CONFIG, () => undefined).root()).toBeGreaterThan(0);
  expect(() => stale.root()).toThrow();
});

test("a timer that a dead instance armed comes to nothing, and harms no later instance", async () => {
  const dead = await loadKernelModule();
  const stalePump = vi.fn();
  armTimer(dead.createKernel(CONFIG, stalePump), 10);
  stalePump.mockClear();
  dead.die();

  const alive = await loadKernelModule();
  await new Promise<void>((fired) => {
    const kernel = alive.createKernel(CONFIG, () => {
      if (kernel.turn() > 0) fired();
    });
    armTimer(kernel, 50);
  });
  expect(stalePump).not.toHaveBeenCalled();
});

/** Spawns a task that sleeps for `ms`, and turns until the kernel waits for its timer. */
function armTimer(kernel: Kernel, ms: number): void {
  const task = kernel.region_spawn(kernel.root());
  while (kernel.turn() > 0);
  kernel.task_sleep(task, ms, 1);
  while (kernel.turn() > 0);
}
