/** The door `@asupersync/browser/core-min`: the kernel of that tier, for the option `wasm`. */
export { coreMin } from "@asupersync/browser-core/min";
