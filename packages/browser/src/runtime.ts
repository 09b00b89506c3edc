/** Owns runtimes as users see them: what one offers, and its options. */
import type { WasmSource } from "@asupersync/browser-core";
import { IS_DEVELOPMENT } from "#environment";
import type { Body } from "./body.js";
import type { Warning } from "./development/warnings.js";
import type { FetchImplementation } from "./fetch/request.js";
import { decodeOrigins } from "./origins.js";
import type { Outcome } from "./outcome.js";
import type { CloseReport } from "./report.js";
import type { Scope } from "./scope.js";
import type { ScopeOptions } from "./scope-options.js";
import type { WebSocketImplementation } from "./socket/platform.js";
import type { Task, TaskOptions } from "./task.js";
import type { UnobservedFailure } from "./unobserved.js";
import {
  checkDuration,
  checkFlag,
  checkLabel,
  checkListener,
  checkOptions,
  checkWhole,
  invalidArgument,
} from "./validate.js";

/** How a runtime is set up. Copied when it is created. */
export interface RuntimeOptions {
  /** Its name in snapshots; 200 characters are kept. Default `runtime`. */
  readonly label?: string;
  /**
   * Decides `cx.random`, and names the run in its hashes: a whole number from 0 to 2^53 - 1. Drawn at
   * random if left out.
   */
  readonly seed?: number;
  /** Keeps the last `capacity` events (default 4096, at most 2^20) for {@link Runtime.events}. */
  readonly trace?: { readonly capacity?: number };
  /**
   * Milliseconds that a cancelled body, finalizer or promise has to end before it is revoked. Default
   * 5000.
   */
  readonly drainTimeMs?: number;
  /** Milliseconds that tasks run before the page may paint and take input. Default 5. */
  readonly sliceMs?: number;
  /**
   * Keeps where every task was spawned, for reports and snapshots. Costs some microseconds each. Default:
   * in development builds, and with `trace`.
   */
  readonly spawnSites?: boolean;
  /**
   * Called with each failure that nobody asked about. Default: `reportError`, or `console.error`. An
   * unhandled rejection never stands in for it.
   */
  readonly onFailure?: (failure: UnobservedFailure) => void;
  /**
   * The only origins that requests and sockets may go to, such as `["https://api.example.com"]`; list
   * `location.origin` for the page's own. Left out, all are allowed; `[]` allows none. `wss:` goes by the
   * entry with `https:`. What is not allowed fails with `ORIGIN_NOT_ALLOWED`: before anything is sent, and
   * again where a redirect has led elsewhere.
   */
  readonly allowedOrigins?: readonly (string | URL)[];
  /** How `cx.fetch` makes its requests: for tests, and for hosts with a client of their own. */
  readonly fetch?: {
    /** Called with each request in place of the platform's `fetch`. */
    readonly implementation?: FetchImplementation;
  };
  /**
   * Called with each misuse that a development build finds, once for each place in the code. Default:
   * `console.warn`. A production build looks for none.
   */
  readonly onWarning?: (warning: Warning) => void;
  /**
   * Where the kernel's wasm is, for those who host it themselves. Left out, it is found.
   *
   * The first runtime of a realm (a page, a worker) that loads decides: the others share what it has
   * loaded, and their `wasm` is not looked at.
   */
  readonly wasm?: WasmSource;
  /**
   * How `cx.webSocket` connects. `implementation` is a class such as that of the package `ws`, for hosts
   * without a `WebSocket` of their own: Node 20 has none.
   */
  readonly webSocket?: { readonly implementation?: WebSocketImplementation };
}

/**
 * `open → closing → closed`; `poisoned` when the kernel broke: then every task ends `panicked` and every
 * call says so.
 */
export type RuntimeState = "open" | "closing" | "closed" | "poisoned";

/**
 * A kernel and the tree of scopes and tasks that it schedules. Leaving an `await using` runtime closes it.
 *
 * @example
 * ```ts
 * await using runtime = await createRuntime();
 * const outcome = await runtime.run(async (cx) => cx.race([mirrorA, mirrorB]));
 * if (outcome.kind === "ok") show(outcome.value);
 * ```
 */
export interface Runtime extends CoreRuntime {}

/** The part of {@link Runtime} that is always there. */
export interface CoreRuntime extends AsyncDisposable {
  /** The scope of everything. Its policy is `collect-all`: one failed task leaves the others alone. */
  readonly root: Scope;
  readonly state: RuntimeState;
  /** Runs a task in {@link Runtime.root}. Never throws or rejects; see {@link Scope.run}. */
  run<T>(body: Body<T>, options?: TaskOptions): Promise<Outcome<T>>;
  /** Spawns a task in {@link Runtime.root}; see {@link Scope.spawn}. */
  spawn<T>(body: Body<T>, options?: TaskOptions): Task<T>;
  /** Opens a scope in {@link Runtime.root}; see {@link Scope.openScope}. */
  openScope(options?: ScopeOptions): Scope;
  /** Milliseconds since the runtime was made; monotonic. */
  now(): number;
  /**
   * Cancels everything with `shutdown`, waits until it has drained or been revoked, and reports. The same
   * promise every time; never rejects.
   */
  close(): Promise<CloseReport>;
}

const DRAIN_TIME_MS = 5_000;
const SLICE_MS = 5;
const TRACE_CAPACITY = 4_096;
const TRACE_CAPACITY_MAX = 2 ** 20;

const RUNTIME_OPTIONS = [
  "label",
  "seed",
  "trace",
  "drainTimeMs",
  "sliceMs",
  "spawnSites",
  "onFailure",
  "onWarning",
  "allowedOrigins",
  "fetch",
  "wasm",
  "webSocket",
] as const satisfies readonly (keyof RuntimeOptions)[];

const TRACE_OPTIONS = ["capacity"] as const;
const CAPABILITY_OPTIONS = ["implementation"] as const;

/**
 * Checks the options of a runtime and fills in what was left out.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`.
 */
export function decodeRuntimeOptions(options: RuntimeOptions) {
  checkOptions(options, RUNTIME_OPTIONS, "runtime options");
  const { label, seed, trace, drainTimeMs, sliceMs, spawnSites, onFailure, onWarning, wasm } =
    options;
  checkOptions(trace, TRACE_OPTIONS, "trace");
  checkFlag(spawnSites, "spawnSites");
  if (onFailure !== undefined) checkListener(onFailure, "onFailure");
  if (onWarning !== undefined) checkListener(onWarning, "onWarning");
  if (wasm !== undefined) checkWasm(wasm);
  const capacity = trace === undefined ? 0 : (trace.capacity ?? TRACE_CAPACITY);
  return {
    label: checkLabel(label) ?? "runtime",
    keepsSpawnSites: spawnSites ?? (IS_DEVELOPMENT || trace !== undefined),
    onFailure,
    origins: decodeOrigins(options.allowedOrigins),
    fetch: decodeCapability(options.fetch, "fetch"),
    webSocket: decodeCapability(options.webSocket, "webSocket"),
    onWarning,
    config: {
      seed: checkWhole(seed ?? drawSeed(), 0, Number.MAX_SAFE_INTEGER, "seed"),
      drainMs: checkDuration(drainTimeMs ?? DRAIN_TIME_MS, "drainTimeMs"),
      sliceMs: checkDuration(sliceMs ?? SLICE_MS, "sliceMs"),
      traceCapacity: checkWhole(capacity, 0, TRACE_CAPACITY_MAX, "trace capacity"),
    },
  };
}

/** What a capability is made with; undefined for the platform's own. */
function decodeCapability<T>(
  capability: { readonly implementation?: T } | undefined,
  name: string,
): T | undefined {
  checkOptions(capability, CAPABILITY_OPTIONS, name);
  const implementation = capability?.implementation;
  if (implementation !== undefined) checkListener(implementation, `${name}.implementation`);
  return implementation;
}

/** What `Object.prototype.toString` says of what wasm is taken from; in every realm the same. */
const WASM_TAGS: readonly string[] = [
  "[object String]",
  "[object URL]",
  "[object Response]",
  "[object ArrayBuffer]",
  "[object WebAssembly.Module]",
];

function checkWasm(wasm: unknown): void {
  if (WASM_TAGS.includes(Object.prototype.toString.call(wasm)) || ArrayBuffer.isView(wasm)) return;
  const expected = "an address, a Response, the bytes or a WebAssembly.Module as wasm";
  throw invalidArgument(wasm, expected, "leave it out to have it found, or await what gives it");
}

function drawSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
