/** Owns how the tests put a tree on a page and leave nothing behind. */
import type { Runtime } from "@asupersync/browser";
import { type ReactNode, StrictMode, useLayoutEffect } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { afterEach, describe } from "vitest";
import { type ClientRuntime, createClientRuntime } from "../src/index.js";

/** Runs the suite twice: what holds without StrictMode must hold under it. */
export function inBothModes(name: string, suite: (mount: Mount) => void): void {
  describe(`${name}, in strict mode`, () => suite((tree) => mountTree(tree, true)));
  describe(`${name}, without strict mode`, () => suite((tree) => mountTree(tree, false)));
}

export type Mount = (tree: ReactNode) => Page;

export interface Page {
  readonly container: HTMLElement;
  render(tree: ReactNode): void;
  unmount(): void;
  text(): string;
}

function mountTree(tree: ReactNode, strict: boolean): Page {
  const container = document.body.appendChild(document.createElement("div"));
  const root = createRoot(container);
  const page: Page = {
    container,
    render: (next) => flushSync(() => root.render(strict ? <StrictMode>{next}</StrictMode> : next)),
    unmount: () => flushSync(() => root.unmount()),
    text: () => container.textContent ?? "",
  };
  atEnd(async () => {
    page.unmount();
    container.remove();
  });
  page.render(tree);
  return page;
}

/** A client runtime that the test's end closes. */
export function openClientRuntime(label: string): ClientRuntime {
  const runtime = createClientRuntime({ label });
  atEnd(async () => void (await runtime.close()));
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

/** Resolves with the store's runtime when it is loaded; told by the store, never by a clock. */
export function whenReady(store: ClientRuntime): Promise<Runtime> {
  return new Promise((resolve) => {
    const check = () => {
      const { runtime } = store.getSnapshot();
      if (runtime === undefined) return;
      unsubscribe();
      resolve(runtime);
    };
    const unsubscribe = store.subscribe(check);
    check();
  });
}

/** Calls `onCommit` at every commit that it is part of. */
export function Commits({ onCommit }: { readonly onCommit: () => unknown }): ReactNode {
  useLayoutEffect(() => {
    onCommit();
  });
  return null;
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

export function deferred<T = void>(): Deferred<T> {
  let settle: ((value: T) => void) | undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  if (settle === undefined) throw new Error("expected the executor to run at once");
  return { promise, resolve: settle };
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
