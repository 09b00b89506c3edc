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

/** For who waits for a clean close on a busy machine: as long as the default drain time allows. */
export const PATIENT = { closeTimeoutMs: 4_900 } as const;

/** What a test of sockets gets. */
export interface SocketTest {
  readonly runtime: Runtime;
  readonly server: FaultClient;
}

/**
 * Runs `test` with a runtime and a key at the server of its own. When it is over nothing is live: no
 * task, operation, obligation or timer in the runtime, no timer of a socket's own, no connection at the
 * server, no failure that nobody asked about.
 */
export async function withSockets(
  test: (given: SocketTest) => Promise<void>,
  options: RuntimeOptions = {},
): Promise<{ report: CloseReport; failures: UnobservedFailure[]; timersMade: number }> {
  const server = faults();
  const timers = new SocketTimers();
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
      expect(timers.live.size).toBe(0);
    },
    { webSocket: { implementation }, ...options },
  ).finally(() => timers.stop());
  const entries = await server.entries();
  const arrived = entries.filter(({ kind }) => kind === "arrived").length;
  // Waits for those whose end is still on its way to the server.
  if (arrived > 0) await server.until("gone", arrived);
  expect(await server.openSockets()).toBe(0);
  expect(end.failures).toEqual([]);
  expect(end.report).toMatchObject({ outcome: "clean" });
  return { ...end, timersMade: timers.made };
}

/** Follows the host's timers that the code of sockets makes, told by the stack of the call. */
class SocketTimers {
  readonly live = new Set<unknown>();
  made = 0;
  readonly #set = globalThis.setTimeout;
  readonly #clear = globalThis.clearTimeout;

  constructor() {
    const set = ((call: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
      // The line of the caller: the package `ws` has timers of its own behind ours.
      const caller = new Error("set here").stack?.split("\n")[2];
      const isOurs = caller?.includes("/src/socket/") === true;
      if (isOurs) this.made += 1;
      const timer = this.#set.call(
        globalThis,
        () => {
          this.live.delete(timer);
          call(...args);
        },
        ms,
      );
      if (isOurs) this.live.add(timer);
      return timer;
    }) as typeof setTimeout;
    const clear = ((timer: never) => {
      this.live.delete(timer);
      this.#clear.call(globalThis, timer);
    }) as typeof clearTimeout;
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  }

  stop(): void {
    Object.assign(globalThis, { setTimeout: this.#set, clearTimeout: this.#clear });
  }
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
