/** Owns how the tests put a tree on a page, wait for what it shows, and leave nothing behind. */
import {
  type CancelInfo,
  type Cx,
  createRuntime,
  type Runtime,
  type RuntimeOptions,
  type RuntimeSnapshot,
} from "@asupersync/browser";
import { Component, type ReactNode, StrictMode, useLayoutEffect } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { afterEach, describe, expect } from "vitest";

/** Runs the suite twice: what holds without StrictMode must hold under it. */
export function inBothModes(name: string, suite: (mount: Mount) => void): void {
  describe(`${name}, in strict mode`, () => suite((tree) => mountTree(tree, true)));
  describe(`${name}, without strict mode`, () => suite((tree) => mountTree(tree, false)));
}

export type Mount = (tree: ReactNode) => Page;

/** A React root on the page. Every call returns when React has committed and run its effects. */
export interface Page {
  render(tree: ReactNode): void;
  unmount(): void;
  text(): string;
  /** What React could not give to any error boundary. */
  readonly uncaught: unknown[];
}

function mountTree(tree: ReactNode, strict: boolean): Page {
  const container = document.body.appendChild(document.createElement("div"));
  const uncaught: unknown[] = [];
  const root = createRoot(container, {
    onUncaughtError: (error) => uncaught.push(error),
    onCaughtError: () => undefined,
  });
  const page: Page = {
    render: (next) => flushSync(() => root.render(strict ? <StrictMode>{next}</StrictMode> : next)),
    unmount: () => flushSync(() => root.unmount()),
    text: () => container.textContent ?? "",
    uncaught,
  };
  atEnd(async () => {
    page.unmount();
    container.remove();
  });
  page.render(tree);
  return page;
}

/** A runtime that the test's end closes; it must close clean. */
export async function openRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const runtime = await createRuntime({ label: "test", ...options });
  atEnd(async () => {
    const report = await runtime.close();
    expect(report.revoked).toEqual([]);
  });
  return runtime;
}

const endings: (() => Promise<void>)[] = [];

/** Runs `ending` after the test, the last one given first. */
export function atEnd(ending: () => Promise<void>): void {
  endings.push(ending);
}

afterEach(async () => {
  for (let ending = endings.pop(); ending !== undefined; ending = endings.pop()) await ending();
});

/** Resolves when the runtime's snapshot fits; told by the runtime, never by a clock. */
export function whenRuntime(
  runtime: Runtime,
  fits: (snapshot: RuntimeSnapshot) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!fits(runtime.snapshot())) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = runtime.subscribe(check);
    check();
  });
}

/** Resolves when no task, scope or host operation of a component is left. */
export function whenDrained(runtime: Runtime): Promise<void> {
  return whenRuntime(runtime, ({ root }) => root.children.length === 0);
}

/** Everything that a component showed, commit by commit. */
export class Probe<S> {
  readonly seen: S[] = [];
  readonly #waiting = new Set<(value: S) => void>();

  note(value: S): void {
    this.seen.push(value);
    for (const check of [...this.#waiting]) check(value);
  }

  get last(): S {
    if (this.seen.length === 0) throw new Error("expected a commit, got none yet");
    return this.seen.at(-1) as S;
  }

  /** The last commit if it fits, else the next one that does. */
  when<Fit extends S>(fits: (value: S) => value is Fit): Promise<Fit>;
  when(fits: (value: S) => boolean): Promise<S>;
  when(fits: (value: S) => boolean): Promise<S> {
    return new Promise((resolve) => {
      const check = (value: S) => {
        if (!fits(value)) return;
        this.#waiting.delete(check);
        resolve(value);
      };
      this.#waiting.add(check);
      if (this.seen.length > 0) check(this.last);
    });
  }
}

/** Notes `value` at every commit. */
export function useProbe<S>(probe: Probe<S>, value: S): void {
  useLayoutEffect(() => probe.note(value));
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export function deferred<T = void>(): Deferred<T> {
  let settle: Omit<Deferred<T>, "promise"> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  if (settle === undefined) throw new Error("expected the executor to run at once");
  return { promise, ...settle };
}

/** One turn of the event loop: every microtask that is queued by then has run. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Why it all began: what was asked of the scope or task at the top. */
export function firstCause(cancel: CancelInfo | undefined): CancelInfo | undefined {
  return cancel?.cause === undefined ? cancel : firstCause(cancel.cause);
}

/** A body that waits until it is cancelled, and says how that was. */
export function waiter() {
  const started = deferred();
  const ended = deferred<CancelInfo | undefined>();
  const calls: Cx[] = [];
  const body = async (cx: Cx): Promise<never> => {
    calls.push(cx);
    cx.defer(() => ended.resolve(cx.cancelled));
    started.resolve();
    return cx.foreign(untilAborted, { label: "for ever" });
  };
  return { body, started: started.promise, ended: ended.promise, calls };
}

/** Foreign work that never succeeds and stops when it is told to. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

/** Shows its children, or what they threw; `reset` tries them again. */
export class Boundary extends Component<
  { readonly children: ReactNode; readonly onCaught: (error: unknown) => void },
  { readonly state: "fine" | "caught" }
> {
  override state: { readonly state: "fine" | "caught" } = { state: "fine" };

  static getDerivedStateFromError() {
    return { state: "caught" };
  }

  override componentDidCatch(error: unknown): void {
    this.props.onCaught(error);
  }

  reset(): void {
    flushSync(() => this.setState({ state: "fine" }));
  }

  override render(): ReactNode {
    return this.state.state === "caught" ? "caught" : this.props.children;
  }
}
