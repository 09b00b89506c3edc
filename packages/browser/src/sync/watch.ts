/** Owns the watch: the latest value, and that it has changed. */
import { ObligationKindCode, PermitFlowCode } from "@asupersync/browser-core";
import type { Cx } from "../cx.js";
import { DISPOSE } from "../dispose.js";
import type { Op } from "../op.js";
import { checkListener } from "../validate.js";
import { Line, type LineUse } from "./line.js";
import { lookOp, NOTHING } from "./look.js";
import { type Owner, scopeOf, userOf } from "./owner.js";
import { ENDED, type Values, ValuesOf } from "./values.js";

/**
 * Opens a watch on a value that is `initial` to begin with. It goes with `owner`. Whoever is slow sees
 * the latest value, and not each one.
 *
 * @throws {AsupersyncError} `FORGED_HANDLE`; `LIMIT_REACHED` at 2^20 semaphores of a runtime;
 *   `CHANNEL_CLOSED` if the owner has closed.
 * @example
 * ```ts
 * const status = watch<Status>(runtime, "starting");
 * runtime.spawn(async (cx) => {
 *   for await (const latest of status.subscribe().values(cx)) show(latest);
 * });
 * status.set("ready");
 * ```
 */
export function watch<T>(owner: Owner, initial: T): Watch<T> {
  return new Watch(Line.open(scopeOf(owner), 0, PermitFlowCode.spent, WATCH), initial);
}

/** A watch; see {@link watch}. Whoever has it may set the value, and watch it. */
export class Watch<T> implements Disposable {
  readonly #state: State<T>;

  /** @internal */
  constructor(line: Line, initial: T) {
    this.#state = { line, value: initial, version: 0 };
  }

  /** The value now. */
  get value(): T {
    return this.#state.value;
  }

  /** Whether the value can change no more: it was closed, or its owner has. */
  get isClosed(): boolean {
    return this.#state.line.available < 0;
  }

  /**
   * Sets the value, from anywhere and without waiting, whether or not anybody watches. An equal value is
   * a change, too. O(watchers that wait).
   *
   * @throws {AsupersyncError} `CHANNEL_CLOSED`, `POISONED`; the value stays as it was.
   */
  set(value: T): void {
    const { line } = this.#state;
    const answer = line.wake();
    if (answer < 0) throw line.refusal(answer);
    this.#state.value = value;
    this.#state.version += 1;
  }

  /**
   * Sets the value to what `change` makes of the one that is there.
   *
   * @throws {AsupersyncError} As {@link Watch.set}. What `change` throws goes through, and nothing has
   *   changed.
   */
  update(change: (value: T) => T): void {
    checkListener(change, "change");
    this.set(change(this.#state.value));
  }

  /** A new watcher, which has seen the value that is there now. It need not be closed. */
  subscribe(): Watcher<T> {
    return new Watcher(this.#state);
  }

  /** Ends it: watchers see the last value, and then its end. Again, it changes nothing. */
  close(): void {
    this.#state.line.drop();
  }

  /** As {@link Watch.close}. */
  [DISPOSE](): void {
    this.close();
  }
}

/** One who sees that the value of a watch has changed. */
export class Watcher<T> {
  readonly #view: View<T>;

  /** @internal */
  constructor(state: State<T>) {
    this.#view = { state, seen: state.version };
  }

  /** The value now, seen or not; it does not count as seen by this. */
  get value(): T {
    return this.#view.state.value;
  }

  /** Whether there is a value that this watcher has not seen. */
  get hasChanged(): boolean {
    return this.#view.seen !== this.#view.state.version;
  }

  /**
   * Waits for a value that this watcher has not seen, and gives the latest. Cancel-safe: one that fails
   * has seen nothing.
   *
   * @throws {CancelledError} When the task is cancelled, also where a new value is there.
   * @throws {AsupersyncError} `CHANNEL_CLOSED` once it is closed and its last value was seen; and what
   *   is wrong with the `cx`.
   */
  changed(cx: Cx): Op<T> {
    const { line } = this.#view.state;
    return lookOp(userOf(cx, line.runtime), line, this.#view, lookForChange<T>);
  }

  /** Waits as {@link Watcher.changed} does, for loops: at the end it gives `{ done: true }`. */
  next(cx: Cx): Op<IteratorResult<T, undefined>> {
    const { line } = this.#view.state;
    return lookOp(userOf(cx, line.runtime), line, this.#view, lookForNext<T>, ENDED);
  }

  /** The changes from now on, for `for await`: each time the latest value. */
  values(cx: Cx): Values<T> {
    return new ValuesOf(() => this.next(cx));
  }

  /**
   * Waits until `isIt` says so of the value, which may be the one that is there, and gives it.
   * Cancel-safe; values that it has looked at count as seen.
   *
   * @throws What `isIt` throws.
   * @throws {CancelledError} @throws {AsupersyncError} As {@link Watcher.changed}.
   */
  waitFor<S extends T>(cx: Cx, isIt: (value: T) => value is S): Op<S>;
  waitFor(cx: Cx, isIt: (value: T) => boolean): Op<T>;
  waitFor(cx: Cx, isIt: (value: T) => boolean): Op<T> {
    checkListener(isIt, "condition");
    const { line } = this.#view.state;
    const search: Search<T> = { view: this.#view, isIt, hasLooked: false };
    return lookOp(userOf(cx, line.runtime), line, search, lookForIt<T>);
  }
}

interface State<T> {
  readonly line: Line;
  value: T;
  /** Values before this one. */
  version: number;
}

/** A value as one watcher sees it. */
interface View<T> {
  readonly state: State<T>;
  /** The version that it has seen. */
  seen: number;
}

interface Search<T> {
  readonly view: View<T>;
  readonly isIt: (value: T) => boolean;
  hasLooked: boolean;
}

function lookForChange<T>(view: View<T>): T | typeof NOTHING {
  const { state } = view;
  if (view.seen === state.version) return NOTHING;
  view.seen = state.version;
  return state.value;
}

function lookForNext<T>(view: View<T>): IteratorResult<T, undefined> | typeof NOTHING {
  const value = lookForChange(view);
  return value === NOTHING ? NOTHING : { done: false, value: value as T };
}

function lookForIt<T>(search: Search<T>): T | typeof NOTHING {
  const { view, isIt, hasLooked } = search;
  if (hasLooked && view.seen === view.state.version) return NOTHING;
  search.hasLooked = true;
  const { value, version } = view.state;
  view.seen = version;
  return isIt(value) ? value : NOTHING;
}

const WATCH: LineUse = { code: "CHANNEL_CLOSED", name: "watch", kind: ObligationKindCode.ack };
