/** Owns runtimes as users see them: what one offers, and its options. */
import type { WasmSource } from "@asupersync/browser-core";
import { IS_DEVELOPMENT } from "#environment";
import type { Body } from "./body.js";
import type { Warning } from "./development/warnings.js";
import type { Outcome } from "./outcome.js";
import type { CloseReport } from "./report.js";
import type { Scope } from "./scope.js";
import type { ScopeOptions } from "./scope-options.js";
import { SPAWN_SITES, type SpawnSites } from "./stack.js";
import type { Task, TaskOptions } from "./task.js";
import type { UnobservedFailure } from "./unobserved.js";
import {
  checkDuration,
  checkLabel,
  checkListener,
  checkOptions,
  checkWhole,
  invalidArgument,
} from "./validate.js";

/** How a runtime is set up. Copied when it is created. */
export interface RuntimeOptions extends CoreRuntimeOptions {}

/** The options that are always there. */
export interface CoreRuntimeOptions {
  /** Its name in snapshots; 200 characters are kept. Default `runtime`. */
  readonly label?: string;
  /**
   * Decides `cx.random`, and names the run in its hashes: a whole number from 0 to 2^53 - 1. Drawn at
   * random if left out.
   */
  readonly seed?: number;
  /**
   * Milliseconds that a cancelled body, finalizer or promise has to end before it is revoked. Default
   * 5000.
   */
  readonly drainTimeMs?: number;
  /** Milliseconds that tasks run before the page may paint and take input. Default 5. */
  readonly sliceMs?: number;
  /**
   * Called with each failure that nobody asked about. Default: `reportError`, or `console.error`. An
   * unhandled rejection never stands in for it.
   */
  readonly onFailure?: (failure: UnobservedFailure) => void;
  /**
   * Called with each misuse that a development build finds, once for each place in the code. Default:
   * `console.warn`. A production build looks for none.
   */
  readonly onWarning?: (warning: Warning) => void;
  /**
   * Which kernel to load: `coreMin` of `@asupersync/browser/core-min` or `fullDev` of
   * `@asupersync/browser/full-dev`; or where the wasm is, for those who host it themselves. Left out, it
   * is the kernel with a trace, and is found.
   *
   * The first runtime of a realm (a page, a worker) that loads decides: the others share what it has
   * loaded, and their `wasm` is not looked at.
   */
  readonly wasm?: WasmSource;
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

/**
 * What the options mean that files add, most of it declared by them. A runtime without such a file has none
 * of it.
 */
export interface AddedSetup {
  /** Events that the trace keeps. */
  readonly traceCapacity?: number;
  /** How it is told where tasks are spawned, if that is kept. */
  readonly sites?: SpawnSites | undefined;
}

/** Checks what was given for an option that a file adds, and says what it means. */
export type DecodeOption = (options: RuntimeOptions) => AddedSetup;

/** Adds an option to every runtime. Called when the file is loaded that declares it on {@link RuntimeOptions}. */
export function addOption(
  name: Exclude<keyof RuntimeOptions, keyof CoreRuntimeOptions>,
  decode: DecodeOption,
): void {
  OPTIONS[name] = decode;
}

const isCore: DecodeOption = () => ({});

/**
 * Every option, in the order in which they are named. One whose file was not loaded is refused, since it
 * would have no effect.
 */
const OPTIONS: { -readonly [N in keyof RuntimeOptions]-?: DecodeOption | undefined } = {
  label: isCore,
  seed: isCore,
  trace: undefined,
  drainTimeMs: isCore,
  sliceMs: isCore,
  spawnSites: undefined,
  onFailure: isCore,
  onWarning: isCore,
  allowedOrigins: undefined,
  fetch: undefined,
  wasm: isCore,
  webSocket: undefined,
};

/**
 * Checks the options of a runtime and fills in what was left out.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`.
 */
export function decodeRuntimeOptions(options: RuntimeOptions) {
  const decoders = Object.entries(OPTIONS).filter(([, decode]) => decode !== undefined);
  checkOptions(
    options,
    decoders.map(([name]) => name),
    "runtime options",
  );
  const { label, seed, drainTimeMs, sliceMs, onFailure, onWarning, wasm } = options;
  if (onFailure !== undefined) checkListener(onFailure, "onFailure");
  if (onWarning !== undefined) checkListener(onWarning, "onWarning");
  if (wasm !== undefined) checkWasm(wasm);
  const added: AddedSetup = Object.assign(
    { sites: IS_DEVELOPMENT ? SPAWN_SITES : undefined },
    ...decoders.map(([, decode]) => decode?.(options)),
  );
  return {
    label: checkLabel(label) ?? "runtime",
    onFailure,
    onWarning,
    added,
    config: {
      seed: checkWhole(seed ?? drawSeed(), 0, Number.MAX_SAFE_INTEGER, "seed"),
      drainMs: checkDuration(drainTimeMs ?? DRAIN_TIME_MS, "drainTimeMs"),
      sliceMs: checkDuration(sliceMs ?? SLICE_MS, "sliceMs"),
      traceCapacity: added.traceCapacity ?? 0,
    },
  };
}

/**
 * What a capability is made with, for the options that name an implementation; undefined for the platform's
 * own.
 */
export function decodeCapability<T>(
  capability: { readonly implementation?: T } | undefined,
  name: string,
): T | undefined {
  checkOptions(capability, ["implementation"], name);
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
  "[object AsupersyncKernel]",
];

function checkWasm(wasm: unknown): void {
  if (WASM_TAGS.includes(Object.prototype.toString.call(wasm)) || ArrayBuffer.isView(wasm)) return;
  const expected = "an address, a Response, the bytes or a WebAssembly.Module as wasm";
  throw invalidArgument(wasm, expected, "leave it out to have it found, or await what gives it");
}

function drawSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
