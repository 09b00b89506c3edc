/** Owns the kernel of tier core-min. A door of its own, so that only who asks for its file has it in a bundle. */
import { OwnKernel } from "./own-kernel.js";

export type { OwnKernel } from "./own-kernel.js";

/**
 * The smallest kernel: it schedules as the others do, to the same certificate, but records no trace and
 * has no fingerprint. Pass it as `wasm` where a runtime is made.
 */
export const coreMin: OwnKernel = /* @__PURE__ */ new OwnKernel(
  () => new URL("../wasm/asupersync-min.wasm", import.meta.url),
  () => import("../wasm/asupersync-min-inline.js"),
);
