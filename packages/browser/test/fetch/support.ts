/** What the tests of `cx.fetch` share: a task on a runtime of its own, which leaves nothing behind. */
import type { FaultClient } from "@asupersync/fault-server/client";
import { expect } from "vitest";
import type { Body, Cx, Runtime, RuntimeOptions } from "../../src/index.js";
import { faults, idle, withRuntime } from "../support.js";

/** What a test of a request has. */
export interface Bench {
  readonly runtime: Runtime;
  readonly server: FaultClient;
}

/** Runs `test` with a runtime and a key of its own, and checks that nothing is left after it. */
export async function withFetch(
  test: (bench: Bench) => Promise<void>,
  options: RuntimeOptions = {},
): Promise<void> {
  const server = faults();
  const { report, failures } = await withRuntime(async (runtime) => {
    await test({ runtime, server });
    await idle(runtime);
    const { tasks, scopes, hostOps, timers, obligations } = runtime.counters();
    expect({ tasks, scopes, hostOps, timers, obligations }).toEqual({
      tasks: 0,
      scopes: 1,
      hostOps: 0,
      timers: 0,
      obligations: 0,
    });
  }, options);
  expect(report).toMatchObject({ outcome: "clean", revoked: [], leaked: [] });
  expect(failures).toEqual([]);
}

/** Runs `test` as the body of a task, in {@link withFetch}; what it throws fails the test. */
export async function inTask(
  test: (cx: Cx, bench: Bench) => PromiseLike<unknown>,
  options: RuntimeOptions = {},
): Promise<void> {
  await withFetch(async (bench) => {
    await resultOf(bench, (cx) => test(cx, bench));
  }, options);
}

/** What a body gives; throws what it throws. */
export async function resultOf<T>({ runtime }: Bench, body: Body<T>): Promise<T> {
  return runtime.spawn(body).result();
}

/** What a body fails with. */
export async function failureOf({ runtime }: Bench, body: Body<unknown>): Promise<unknown> {
  const outcome = await runtime.run(body);
  if (outcome.kind !== "err") throw new Error(`expected a failure, got ${outcome.kind}`);
  return outcome.error;
}

/** What a promise or operation rejects with. */
export async function rejection(pending: PromiseLike<unknown>): Promise<unknown> {
  try {
    await pending;
  } catch (error) {
    return error;
  }
  throw new Error("expected it to fail");
}

/** The kinds of what the server has seen. */
export async function kindsAt(server: FaultClient): Promise<string[]> {
  return (await server.entries()).map(({ kind }) => kind);
}

/** A signal that counts its listeners. */
export function countedSignal(): { controller: AbortController; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  const live = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: EventListenerOrEventListenerObject) => {
    live.add(listener);
    add(type, listener);
  };
  signal.removeEventListener = (type: string, listener: EventListenerOrEventListenerObject) => {
    live.delete(listener);
    remove(type, listener);
  };
  return { controller, listeners: () => live.size };
}

/** Whether the tests run in a page. */
export const isPage = typeof document !== "undefined";

/** An address that was let pass by the platform but that nobody answers. */
export const NOBODY = "http://127.0.0.1:1/";
