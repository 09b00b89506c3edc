/** What the socket tests share: a runtime that can connect in Node too, and the look for what is left. */
import type { FaultClient } from "@asupersync/fault-server/client";
import { expect } from "vitest";
import type {
  CloseReport,
  Cx,
  Outcome,
  Runtime,
  RuntimeOptions,
  UnobservedFailure,
  WebSocketImplementation,
} from "../../src/index.js";
import { faults, idle, withRuntime } from "../support.js";

/** True in Node, where the sockets are those of the package `ws`. */
export const IS_NODE = typeof document === "undefined";

/** The browser's own, or that of the package `ws`. */
export const implementation = await findImplementation();

async function findImplementation(): Promise<WebSocketImplementation> {
  if (!IS_NODE) return WebSocket;
  // Not to be bundled for the browser, which has one.
  const name = "ws";
  const module = (await import(/* @vite-ignore */ name)) as { default: WebSocketImplementation };
  return module.default;
}

/** What a test of sockets gets. */
export interface SocketTest {
  readonly runtime: Runtime;
  readonly server: FaultClient;
}

/**
 * Runs `test` with a runtime and a key at the server of its own. When it is over nothing is live: no
 * task, operation, obligation or timer in the runtime, no connection at the server, no failure that
 * nobody asked about.
 */
export async function withSockets(
  test: (given: SocketTest) => Promise<void>,
  options: RuntimeOptions = {},
): Promise<{ report: CloseReport; failures: UnobservedFailure[] }> {
  const server = faults();
  const end = await withRuntime(
    async (runtime) => {
      await test({ runtime, server });
      await idle(runtime);
      expect(runtime.counters()).toMatchObject({
        tasks: 0,
        scopes: runtime.state === "open" ? 1 : 0,
        hostOps: 0,
        obligations: 0,
        timers: 0,
      });
    },
    { webSocket: { implementation }, ...options },
  );
  const entries = await server.entries();
  const arrived = entries.filter(({ kind }) => kind === "arrived").length;
  // Waits for those whose end is still on its way to the server.
  if (arrived > 0) await server.until("gone", arrived);
  expect(await server.openSockets()).toBe(0);
  expect(end.failures).toEqual([]);
  expect(end.report).toMatchObject({ outcome: "clean" });
  return end;
}

/** Runs a body and gives its value. */
export async function valueFrom<T>(runtime: Runtime, body: (cx: Cx) => Promise<T>): Promise<T> {
  const outcome: Outcome<T> = await runtime.run(body);
  if (outcome.kind === "ok") return outcome.value;
  throw outcome.kind === "err" ? outcome.error : new Error(outcome.kind);
}

/** What `wait` fails with. */
export async function failureOf(wait: PromiseLike<unknown>): Promise<unknown> {
  try {
    await wait;
  } catch (error) {
    return error;
  }
  throw new Error("expected it to fail");
}
