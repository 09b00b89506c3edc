/** Owns stacks as people read them: the frames of their own code, without those of this package. */

/** A function or a class. */
type Callable = { readonly prototype?: unknown } | ((...args: never[]) => unknown);

/** V8's own; elsewhere the first is an ordinary property without effect. */
export const StackTraces = Error as {
  stackTraceLimit?: number | undefined;
  captureStackTrace?(error: Error, above: Callable): void;
};

/** Frames captured. Up to ten of them are this package's own. */
const FRAMES_CAPTURED = 20;
/** Frames told. */
const FRAMES_MAX = 10;
/** Of the captures that a program may ask for without end. More of them would take most of its time. */
const CAPTURES_PER_SECOND = 1_000;

/** Where a frame stands: `at f (URL:3:4)`, `at URL:3:4`, or `f@URL:3:4` outside V8. */
const PLACE = /(?:\(|@|at (?:async )?)([^()@\s][^()]*?)(?:\?[^:]*)?:\d+:\d+\)?$/;
const FUNCTION = /^\s*(?:at (?:async )?(?:new )?([^\s(]+)(?: \[as (\w+)\])? \(|([^@]+)@)/;
/** A package of this project, installed: npm, pnpm and bundlers each spell the slash their way. */
const OWN_PACKAGE = /@asupersync[/+_]/;
const HOST = /^(?:node:|wasm:|<anonymous>|native)/;

let capturesLeft = CAPTURES_PER_SECOND;
let refilledAtMs = Number.NEGATIVE_INFINITY;

/** As {@link captureStack}, but undefined where a thousand stacks were captured within a second. */
export function captureStackSparingly(above?: Callable): Error | undefined {
  if (capturesLeft === 0) {
    const nowMs = performance.now();
    if (nowMs - refilledAtMs < 1_000) return undefined;
    refilledAtMs = nowMs;
    capturesLeft = CAPTURES_PER_SECOND;
  }
  capturesLeft -= 1;
  return captureStack(above);
}

/**
 * The stack of here, to be read by {@link callerFrames}. Captured in tens of microseconds; only reading
 * it costs more. Until then V8 holds what `this` is in each frame.
 *
 * @param above A function on the stack: it, and what it has called, are left out where V8 runs.
 */
export function captureStack(above?: Callable): Error {
  const limit = StackTraces.stackTraceLimit;
  const capturesAbove = above !== undefined && StackTraces.captureStackTrace !== undefined;
  StackTraces.stackTraceLimit = capturesAbove ? 0 : FRAMES_CAPTURED;
  try {
    const captured = new Error();
    if (capturesAbove) {
      StackTraces.stackTraceLimit = FRAMES_CAPTURED;
      StackTraces.captureStackTrace?.(captured, above);
    }
    return captured;
  } finally {
    StackTraces.stackTraceLimit = limit;
  }
}

/** The frames of the caller's code, the innermost first, one a line; undefined if there are none. */
export function callerFrames(captured: Error): string | undefined {
  const frames = framesOf(captured).filter((frame) => isCallers(frame));
  return frames.length === 0 ? undefined : frames.slice(0, FRAMES_MAX).join("\n");
}

/** Where a task was spawned: how it is kept, and how it is told. */
export interface SpawnSites {
  /** Undefined where too many were kept within a second. */
  capture(): Error | undefined;
  framesOf(captured: Error): string | undefined;
}

/** For runtimes that keep them. */
export const SPAWN_SITES: SpawnSites = { capture: captureStackSparingly, framesOf: callerFrames };

/** The name of the function of this package that the caller's code called: `CxRecord.sleep`. */
export function calledFunction(captured: Error): string | undefined {
  const frames = framesOf(captured);
  const first = frames.findIndex((frame) => isCallers(frame));
  const match = FUNCTION.exec(frames[first - 1] ?? "");
  return match?.[2] ?? match?.[1] ?? match?.[3];
}

function framesOf({ stack }: Error): string[] {
  return (stack ?? "").split("\n").filter((line) => PLACE.test(line));
}

function isCallers(frame: string): boolean {
  const place = placeOf(frame);
  if (HOST.test(place) || OWN_PACKAGE.test(place)) return false;
  ownPlace ??= findOwnPlace();
  return ownPlace === "" || !place.startsWith(ownPlace);
}

function placeOf(frame: string): string {
  return PLACE.exec(frame)?.[1] ?? "";
}

/** What the places of this package's frames begin with. Known once it was looked for. */
let ownPlace: string | undefined;

/** The folder of this file where modules are served one by one, else the bundle that it is in. */
function findOwnPlace(): string {
  const [own = ""] = framesOf(captureStack());
  return placeOf(own).replace(/stack\.[jt]s$/, "");
}
