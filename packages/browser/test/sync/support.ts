/** What the tests of channels and locks share: a body run to its value. */
import { expect } from "vitest";
import type { Cx, Outcome, Runtime } from "../../src/index.js";

/** The value of an outcome that must have one. */
export function okValue<T>(outcome: Outcome<T>): T {
  expect(outcome).toMatchObject({ kind: "ok" });
  return (outcome as Outcome<T> & { kind: "ok" }).value;
}

/** Runs `body` to its value. */
export async function run<T>(runtime: Runtime, body: (cx: Cx) => Promise<T> | T): Promise<T> {
  return okValue(await runtime.run(body));
}
