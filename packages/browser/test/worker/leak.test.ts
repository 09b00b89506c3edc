/** What calls leave behind, on both sides: nothing, however many there were and however they ended. */
import { expect, test, vi } from "vitest";
import { withRuntime } from "../support.js";
import { client } from "./support.js";

const CALLS = 1_000;

/** What a call waits for the answer to its cancellation, by default. */
const DRAIN_MS = 2 * 5_000 + 1_000;

/** What lives in the worker beside the task that says so. */
const ALONE = { tasks: 1, hostOps: 0, timers: 0, obligations: 0 };

test("a thousand calls of every end leave nothing on either side", async () => {
  const { worker, failures } = client();
  await worker.start();
  const { report } = await withRuntime(async (runtime) => {
    const arm = vi.spyOn(globalThis, "setTimeout");
    const disarm = vi.spyOn(globalThis, "clearTimeout");
    for (let round = 0; round < CALLS / 100; round += 1) {
      const tasks = Array.from({ length: 100 }, (_, at) =>
        runtime.spawn(async (cx) => {
          switch (at % 5) {
            case 0:
              return worker.call(cx, "add", { a: at, b: 1 });
            case 1:
              return worker.call(cx, "fail", "theirs");
            case 2:
              return worker.call(cx, "hold", 0);
            case 3:
              return worker.stream(cx, "count", 40).result();
            default: {
              for await (const value of worker.stream(cx, "count", 40)) {
                if (value === 20) break;
              }
              return worker.call(cx, "plain", "x");
            }
          }
        }),
      );
      for (let at = 2; at < 100; at += 5) tasks[at]?.cancel();
      const kinds = (await Promise.all(tasks.map((task) => task.join()))).map(({ kind }) => kind);
      expect(kinds.slice(0, 5)).toEqual(["ok", "err", "cancelled", "ok", "ok"]);
    }
    expect(worker.counters()).toEqual({ inFlight: 0, queued: 0, revoked: 0, restarts: 0 });
    expect(runtime.counters()).toMatchObject({
      tasks: 0,
      hostOps: 0,
      timers: 0,
      obligations: 0,
    });
    const disarmed = new Set<unknown>(disarm.mock.calls.map(([timer]) => timer));
    const drains = arm.mock.results.filter((_, at) => arm.mock.calls[at]?.[1] === DRAIN_MS);
    expect(drains.length).toBeGreaterThanOrEqual(CALLS / 5);
    expect(drains.filter(({ value }) => !disarmed.has(value))).toEqual([]);
    arm.mockRestore();
    disarm.mockRestore();
  });
  expect(report.outcome).toBe("clean");
  expect(await worker.run("counters")).toMatchObject({ kind: "ok", value: ALONE });
  expect(failures).toEqual([]);
  expect((await worker.close()).outcome).toBe("clean");
});

test("no listener of ours stays on a worker that is closed", async () => {
  const listening = new Map<string, number>();
  const count = (event: string, by: number): void => {
    listening.set(event, (listening.get(event) ?? 0) + by);
  };
  const { worker } = client(() => {
    const scope = new EventTarget();
    const add = scope.addEventListener.bind(scope);
    const remove = scope.removeEventListener.bind(scope);
    return Object.assign(scope, {
      addEventListener: (event: string, listener: EventListener) => {
        count(event, 1);
        add(event, listener);
      },
      removeEventListener: (event: string, listener: EventListener) => {
        count(event, -1);
        remove(event, listener);
      },
      postMessage: () => undefined,
      terminate: () => undefined,
    });
  });
  const call = worker.run("plain");
  expect(listening.get("message")).toBe(1);
  await worker.close();
  await call;
  expect([...listening.values()].every((left) => left === 0)).toBe(true);
});
