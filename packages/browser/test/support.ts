/** What the tests share: a runtime for one test, both kinds of bodies, and the host's own turns. */
import { FaultClient } from "@asupersync/fault-server/client";
import { describe, inject } from "vitest";
import {
  type Body,
  type CloseReport,
  type Cx,
  createRuntime,
  type Op,
  type Runtime,
  type RuntimeOptions,
  type UnobservedFailure,
  type Warning,
} from "../src/index.js";

/**
 * Runs `test` with a runtime of its own, closes it, and gives the report, what nobody asked about, and
 * what a development build warned of.
 */
export async function withRuntime(
  test: (runtime: Runtime) => Promise<void>,
  options: RuntimeOptions = {},
): Promise<{ report: CloseReport; failures: UnobservedFailure[]; warnings: Warning[] }> {
  const failures: UnobservedFailure[] = [];
  const warnings: Warning[] = [];
  const onFailure = (failure: UnobservedFailure): void => void failures.push(failure);
  const onWarning = (warning: Warning): void => void warnings.push(warning);
  const runtime = await createRuntime({ seed: 1, onFailure, onWarning, ...options });
  try {
    await test(runtime);
  } finally {
    await runtime.close();
  }
  return { report: await runtime.close(), failures, warnings };
}

/** A body as the tests write it, once for both kinds. What a `yield*` gives is taken as it comes. */
// biome-ignore lint/suspicious/noExplicitAny: the type of a yield is that of the operation before it.
export type Script<T> = (cx: Cx) => Generator<Op<unknown>, T, any>;

/** Makes a body of one kind out of a script. */
export type BodyKind = <T>(script: Script<T>) => Body<T>;

/** Runs the tests once with generator bodies and once with `async` bodies made of the same scripts. */
export function forBothKinds(tests: (body: BodyKind) => void): void {
  describe("generator bodies", () => tests((script) => script));
  describe("async bodies", () => tests(asAsync));
}

/** An `async` body that awaits what the script yields. */
export const asAsync: BodyKind = (script) => async (cx) => {
  const steps = script(cx);
  let step = steps.next();
  while (step.done !== true) {
    let value: unknown;
    try {
      value = await step.value;
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(value);
  }
  return step.value;
};

/** Gives everything that can run now enough turns to come to where it waits. */
export async function idle(runtime: Runtime): Promise<void> {
  await runtime.run(async (cx) => {
    for (let turn = 0; turn < 10; turn += 1) await cx.checkpoint();
  });
}

/** The fault server, under a key that is this test's own. */
export function faults(): FaultClient {
  return new FaultClient(inject("faultServer"));
}

/** A promise and what settles it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let settle: Omit<Deferred<T>, "promise"> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...(settle as Omit<Deferred<T>, "promise">) };
}

/** Lets the host take one turn: timers, messages, and its look for unhandled rejections. */
export function hostTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/** What `call` throws. */
export function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("expected it to throw");
}
