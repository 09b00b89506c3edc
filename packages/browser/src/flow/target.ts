/** Owns what events come from: DOM targets and emitters, their types, and listening to them. */
import { describeReceived, invalidArgument } from "../validate.js";

/** What events come from beside an `EventTarget`: an `EventEmitter` of Node, or the like. */
export interface EmitterLike {
  on(type: string | symbol, listener: EmitterListener): unknown;
  off(type: string | symbol, listener: EmitterListener): unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: emitters say so themselves, and would refuse any other type.
type EmitterListener = (...args: any[]) => void;

/**
 * The event that `Target` dispatches as `Type`, as far as its `on…` property tells; else `Event`. Narrow
 * it by a `filter` that is a type guard.
 */
export type TargetEvent<Target, Type extends string> =
  Target extends Record<`on${Type}`, infer Handler>
    ? NonNullable<Handler> extends (this: never, event: infer E, ...rest: never[]) => unknown
      ? Extract<E, Event>
      : Event
    : Event;

/** Names of events that `Target` is known to dispatch; others are fine too. */
export type EventTypeOf<Target> =
  | (keyof Target extends infer Key ? (Key extends `on${infer Type}` ? Type : never) : never)
  | (string & {});

/** How events are listened to. */
export interface EventOptions<E, Narrow extends E = E> {
  /**
   * Passes over an event that it says false of. It runs while the event is dispatched, so that
   * `preventDefault()` belongs here. What it throws fails the operation.
   */
  readonly filter?: ((event: E) => event is Narrow) | ((event: E) => boolean);
  /** Listens while the event is captured. Of an `EventTarget` only. Default false. */
  readonly capture?: boolean;
  /** Promises not to prevent the default, which lets scrolling go on. Of an `EventTarget` only. */
  readonly passive?: boolean;
}

export const EVENT_OPTIONS = [
  "filter",
  "capture",
  "passive",
] as const satisfies readonly (keyof EventOptions<unknown>)[];

/** Who hears events and what is wrong with where they come from. */
export interface Hearer {
  heard(event: unknown): void;
  failed(error: unknown): void;
}

/**
 * Listens until what it gives is called. Of an emitter the event is the array of arguments, and an
 * `error` is a failure, as it is to `once` of Node.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function listen(
  target: unknown,
  type: unknown,
  options: EventOptions<never> | undefined,
  hearer: Hearer,
): () => void {
  if (isTarget(target)) {
    const listener = (event: Event): void => pass(event, options, hearer);
    const { capture = false, passive } = options ?? {};
    const how = passive === undefined ? { capture } : { capture, passive };
    target.addEventListener(type as string, listener, how);
    return () => target.removeEventListener(type as string, listener, { capture });
  }
  const emitter = target as EmitterLike;
  const name = type as string;
  const listener = (...args: unknown[]): void => pass(args, options, hearer);
  emitter.on(name, listener);
  if (name === "error") return () => void emitter.off(name, listener);
  const failed = (error: unknown): void => hearer.failed(error);
  emitter.on("error", failed);
  return () => {
    emitter.off(name, listener);
    emitter.off("error", failed);
  };
}

/**
 * Checks what is to be listened to.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkTarget(target: unknown, type: unknown): void {
  if (!isTarget(target) && !(hasMethod(target, "on") && hasMethod(target, "off"))) {
    const mend = "pass the element, socket, port or emitter itself";
    throw invalidArgument(target, "an EventTarget or an emitter with on and off", mend);
  }
  if (typeof type === "string" || (typeof type === "symbol" && !isTarget(target))) return;
  throw invalidArgument(type, "the name of an event", 'pass a string, such as "click"');
}

/** `click`, for the label of what listens. */
export function typeName(type: string | symbol): string {
  return typeof type === "symbol" ? describeReceived(type) : type;
}

function pass(event: unknown, options: EventOptions<never> | undefined, hearer: Hearer): void {
  const filter = options?.filter as ((event: unknown) => boolean) | undefined;
  try {
    if (filter !== undefined && !filter(event)) return;
  } catch (error) {
    hearer.failed(error);
    return;
  }
  hearer.heard(event);
}

function isTarget(value: unknown): value is EventTarget {
  return hasMethod(value, "addEventListener") && hasMethod(value, "removeEventListener");
}

function hasMethod(value: unknown, name: string): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Record<string, unknown>)[name] === "function"
  );
}
