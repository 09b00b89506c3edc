// What each artefact may weigh. A change that needs more says in its commit what it bought.

/**
 * @typedef {object} Budget
 * @property {string} name
 * @property {string} file
 * @property {readonly string[]} [imports] Names that the app takes from it; without it the file as it is.
 * @property {RegExp[]} [external] What is not counted here.
 * @property {number} bytesMax
 * @property {number} [bar] What the design asks for.
 */

/** @type {readonly Budget[]} */
export const BUDGETS = [
  {
    name: "kernel, with trace (asupersync.wasm)",
    file: "packages/browser-core/wasm/asupersync.wasm",
    bytesMax: 60_000,
    bar: 60_000,
  },
  {
    name: "@asupersync/browser-core (loader and glue)",
    file: "packages/browser-core/dist/index.js",
    imports: ["loadKernelModule"],
    external: [/asupersync-inline/],
    bytesMax: 10_000,
  },
  {
    name: "@asupersync/browser, createRuntime",
    file: "packages/browser/dist/index.js",
    imports: ["createRuntime"],
    external: [/^@asupersync\//],
    bytesMax: 17_000,
    bar: 12_000,
  },
  {
    name: "@asupersync/react, all hooks",
    file: "packages/react/dist/index.js",
    imports: [
      "AsupersyncProvider",
      "createRuntimeStore",
      "useAsupersyncCancellationTree",
      "useAsupersyncRuntime",
      "useAsupersyncScope",
      "useAsupersyncTask",
    ],
    external: [/^react/, /^@asupersync\//],
    bytesMax: 3_000,
    bar: 3_000,
  },
];
