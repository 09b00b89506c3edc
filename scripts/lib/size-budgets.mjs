// What each artefact may weigh. A change that needs more says in its commit what it bought.

/**
 * @typedef {object} Budget
 * @property {string} name
 * @property {string} file
 * @property {readonly string[]} [imports] Names that the app takes from it; without it the file as it is.
 * @property {string[]} [beside] What the app loads by a line of its own.
 * @property {RegExp[]} [external] What is not counted here.
 * @property {number} bytesMax
 * @property {number} [bar] What the design asks for.
 */

/** What a page that makes a runtime has anyway, as its files name it from the folder of the workers. */
const OUTSIDE_WORKER = /^\.\.\//;

/** @type {readonly Budget[]} */
export const BUDGETS = [
  {
    name: "kernel, with trace (asupersync.wasm)",
    file: "packages/browser-core/wasm/asupersync.wasm",
    bytesMax: 53_200,
    bar: 60_000,
  },
  {
    name: "kernel, without trace (asupersync-min.wasm)",
    file: "packages/browser-core/wasm/asupersync-min.wasm",
    bytesMax: 41_000,
    bar: 35_000,
  },
  {
    name: "kernel that checks itself (asupersync-dev.wasm)",
    file: "packages/browser-core/wasm/asupersync-dev.wasm",
    bytesMax: 100_000,
  },
  {
    name: "@asupersync/browser-core (loader and glue)",
    file: "packages/browser-core/dist/load.js",
    imports: ["loadKernelModule"],
    external: [/asupersync-inline/],
    bytesMax: 5_000,
  },
  {
    name: "@asupersync/browser/core, createRuntime",
    file: "packages/browser/dist/core.js",
    imports: ["createRuntime"],
    external: [/^@asupersync\//],
    bytesMax: 12_000,
    bar: 12_000,
  },
  {
    name: "@asupersync/browser/core, with scope, all, race, timeout and fetch",
    file: "packages/browser/dist/core.js",
    imports: ["createRuntime"],
    beside: [
      "packages/browser/dist/combinators/scope-op.js",
      "packages/browser/dist/combinators/all.js",
      "packages/browser/dist/combinators/race.js",
      "packages/browser/dist/combinators/timeout.js",
      "packages/browser/dist/fetch/fetch.js",
    ],
    external: [/^@asupersync\//],
    bytesMax: 19_700,
  },
  {
    name: "@asupersync/browser, createRuntime with every operation",
    file: "packages/browser/dist/index.js",
    imports: ["createRuntime"],
    external: [/^@asupersync\//],
    bytesMax: 32_200,
    bar: 12_000,
  },
  {
    name: "@asupersync/browser/worker-client, beside createRuntime",
    file: "packages/browser/dist/worker/worker-client.js",
    imports: ["createWorker", "transfer"],
    external: [/^@asupersync\//, OUTSIDE_WORKER],
    bytesMax: 7_900,
  },
  {
    name: "@asupersync/browser/worker, a worker's bundle without the task",
    file: "packages/browser/dist/worker/worker.js",
    imports: ["defineTasks"],
    external: [/^@asupersync\//],
    bytesMax: 35_000,
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
