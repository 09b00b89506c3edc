/** The door `@asupersync/browser/full-dev`: the kernel of that tier, for the option `wasm`. */
export { fullDev } from "@asupersync/browser-core/dev";
