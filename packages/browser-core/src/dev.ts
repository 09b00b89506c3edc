/** Owns the kernel of tier full-dev. A door of its own, so that only who asks for its file has it in a bundle. */
import { OwnKernel } from "./own-kernel.js";

export type { OwnKernel } from "./own-kernel.js";

/**
 * The kernel that checks itself: assertions, checked arithmetic, and its invariants while it runs; its
 * functions have names in stacks and profiles. Pass it as `wasm` where a runtime is made, in development.
 */
export const fullDev: OwnKernel = /* @__PURE__ */ new OwnKernel(
  () => new URL("../wasm/asupersync-dev.wasm", import.meta.url),
  () => import("../wasm/asupersync-dev-inline.js"),
);
