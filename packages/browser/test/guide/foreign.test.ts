/** The examples of the guide's page on foreign work; IndexedDB is a browser's. */
import { describe, expect, test } from "vitest";
import { type Cx, events, type Op, type Task } from "../../src/index.js";
import { countListeners, expectNothingLive } from "../flow/support.js";
import { idle, withRuntime } from "../support.js";

// A legacy library, as there are many.
interface Query {
  run(): Promise<string[]>;
  stop(): void;
}
interface Sensor {
  watch(onValue: (value: number) => void, onError: (error: Error) => void): number;
  unwatch(id: number): void;
}

async function legacy(cx: Cx, query: Query, sensor: Sensor): Promise<[string[], number]> {
  const rows = await cx.foreign(() => query.run(), { onCancel: () => query.stop() });
  const value = await cx.callback<number>((resolve, reject) => {
    const id = sensor.watch(resolve, reject);
    return () => sensor.unwatch(id); // once: after the first call, or when cancelled
  });
  return [rows, value];
}

/** The result of one request. In a plain promise, since a transaction is over once nothing is asked of it. */
function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Commits what `work` did when it has ended well; rolls it back when it failed or the task is cancelled. */
function transaction<T>(
  cx: Cx,
  database: IDBDatabase,
  stores: string[],
  work: (tx: IDBTransaction) => Promise<T>,
): Op<T> {
  const tx = database.transaction(stores, "readwrite");
  let isOpen = true;
  const ended = new Promise<void>((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(tx.error ?? new DOMException("rolled back", "AbortError"));
  }).finally(() => {
    isOpen = false;
  });
  ended.catch(() => undefined); // `run` tells of it
  const rollBack = (): void => {
    if (isOpen) tx.abort();
    isOpen = false;
  };
  const run = async (): Promise<T> => {
    try {
      const value = await work(tx);
      await ended;
      return value;
    } catch (error) {
      rollBack();
      await ended.catch(() => undefined);
      throw error;
    }
  };
  return cx.foreign(run, { label: "transaction", onCancel: rollBack });
}

/** Sends requests over a port; each is answered by the reply with its id. */
function requester(cx: Cx, port: MessagePort, pendingMax = 64) {
  const pending = new Map<number, { ok(value: unknown): void; failed(error: unknown): void }>();
  let lastId = 0;
  const answered = ({ data }: MessageEvent): void => {
    const request = pending.get(data.id);
    pending.delete(data.id);
    if ("error" in data) request?.failed(new Error(data.error));
    else request?.ok(data.value);
  };
  port.addEventListener("message", answered);
  cx.defer(() => port.removeEventListener("message", answered));
  port.start();
  return <T>(caller: Cx, message: unknown): Op<T> =>
    caller.callback<T>(
      (resolve, reject) => {
        if (pending.size >= pendingMax) throw new RangeError("too many requests are unanswered");
        lastId += 1;
        const id = lastId;
        pending.set(id, { ok: (value) => resolve(value as T), failed: reject });
        port.postMessage({ id, message });
        return () => {
          if (pending.delete(id)) port.postMessage({ id, cancel: true });
        };
      },
      { label: "port request" },
    );
}

/** Answers such requests, each in a task of its own, until the other side says `end`. */
async function serve(
  cx: Cx,
  port: MessagePort,
  answer: (cx: Cx, message: string) => Promise<string>,
) {
  const running = new Map<number, Task<void>>();
  const requests = events(cx, port, "message", { capacity: 1_024 });
  port.start();
  for await (const { data } of requests) {
    if (data.end) break;
    if (data.cancel) {
      running.get(data.id)?.cancel();
      continue;
    }
    const task = cx.spawn(async (inner) => {
      inner.defer(() => void running.delete(data.id));
      try {
        port.postMessage({ id: data.id, value: await answer(inner, data.message) });
      } catch (error) {
        if (inner.cancelled) throw error;
        port.postMessage({ id: data.id, error: String(error) });
      }
    });
    running.set(data.id, task);
  }
}

test("a query that takes no signal, and a sensor that calls back", async () => {
  await withRuntime(async (runtime) => {
    const log: string[] = [];
    const sensor: Sensor = {
      watch: (onValue) => {
        onValue(20);
        return 7;
      },
      unwatch: (id) => void log.push(`unwatched ${id}`),
    };
    const query: Query = { run: async () => ["row"], stop: () => void log.push("stopped") };
    const outcome = await runtime.run((cx) => legacy(cx, query, sensor));
    expect(outcome).toEqual({ kind: "ok", value: [["row"], 20] });
    expect(log).toEqual(["unwatched 7"]);

    let stopped: (rows: string[]) => void = () => undefined;
    const stubborn: Query = {
      run: () =>
        new Promise((resolve) => {
          stopped = resolve;
        }),
      stop: () => stopped([]),
    };
    const task = runtime.spawn((cx) => legacy(cx, stubborn, sensor));
    await idle(runtime);
    task.cancel();
    expect((await task.join()).kind).toBe("cancelled");
    expectNothingLive(runtime);
  });
});

describe("requests over a port", () => {
  test("are answered by id, fail by id, and are cancelled at the other side", async () => {
    await withRuntime(async (runtime) => {
      const { port1, port2 } = new MessageChannel();
      const counts = [countListeners(port1), countListeners(port2)];
      const log: string[] = [];
      const server = runtime.spawn((cx) =>
        serve(cx, port2, async (inner, message) => {
          if (message === "bad") throw new Error("no such thing");
          if (message === "slow") {
            inner.defer(() => void log.push("slow was cancelled"));
            await inner.sleep(60_000);
          }
          return message.toUpperCase();
        }),
      );
      const outcome = await runtime.run(async (cx) => {
        const ask = requester(cx, port1, 2);
        const both = await cx.all([(a) => ask(a, "one"), (b) => ask(b, "two")]);
        const failed = await ask(cx, "bad").then(undefined, (error: Error) => error.message);
        const late = await cx
          .timeout(5, (inner) => ask(inner, "slow"))
          .then(undefined, (error: Error) => error.name);
        const many = await cx
          .all([1, 2, 3].map(() => (inner: Cx) => ask(inner, "slow")))
          .then(undefined, (error: Error) => error.message);
        port1.postMessage({ end: true });
        return [both, failed, late, many];
      });
      expect(outcome).toEqual({
        kind: "ok",
        value: [
          ["ONE", "TWO"],
          "Error: no such thing",
          "TimeoutError",
          "too many requests are unanswered",
        ],
      });
      expect((await server.join()).kind).toBe("ok");
      expect(log.every((line) => line === "slow was cancelled")).toBe(true);
      expect(counts).toMatchObject([{ live: 0 }, { live: 0 }]);
      expectNothingLive(runtime);
      port1.close();
    });
  });
});

if (typeof indexedDB !== "undefined") {
  describe("a transaction of IndexedDB", () => {
    const NAME = "guide";

    async function withDatabase(use: (database: IDBDatabase) => Promise<void>): Promise<void> {
      const opening = indexedDB.open(NAME);
      opening.onupgradeneeded = () => opening.result.createObjectStore("notes");
      const database = await resultOf(opening);
      try {
        await use(database);
      } finally {
        database.close();
        await resultOf(indexedDB.deleteDatabase(NAME));
      }
    }

    const stored = (database: IDBDatabase): Promise<unknown[]> =>
      resultOf(database.transaction("notes").objectStore("notes").getAll());

    test("commits when the work has ended well", async () => {
      await withDatabase(async (database) => {
        await withRuntime(async (runtime) => {
          const outcome = await runtime.run((cx) =>
            transaction(cx, database, ["notes"], async (tx) => {
              const notes = tx.objectStore("notes");
              await resultOf(notes.put("milk", 1));
              const first = await resultOf(notes.get(1));
              await resultOf(notes.put(`${first} and bread`, 2));
              return resultOf(notes.count());
            }),
          );
          expect(outcome).toEqual({ kind: "ok", value: 2 });
          expect(await stored(database)).toEqual(["milk", "milk and bread"]);
          expectNothingLive(runtime);
        });
      });
    });

    test("rolls back when the work fails, with that failure", async () => {
      await withDatabase(async (database) => {
        await withRuntime(async (runtime) => {
          const error = new Error("changed my mind");
          const outcome = await runtime.run((cx) =>
            transaction(cx, database, ["notes"], async (tx) => {
              await resultOf(tx.objectStore("notes").put("milk", 1));
              throw error;
            }),
          );
          expect(outcome.kind === "err" && outcome.error).toBe(error);
          expect(await stored(database)).toEqual([]);
        });
      });
    });

    test("rolls back when the task is cancelled, before the task has ended", async () => {
      await withDatabase(async (database) => {
        const { failures } = await withRuntime(async (runtime) => {
          let began: () => void = () => undefined;
          const writing = new Promise<void>((resolve) => {
            began = resolve;
          });
          const task = runtime.spawn((cx) =>
            transaction(cx, database, ["notes"], async (tx) => {
              const notes = tx.objectStore("notes");
              // Asking on and on keeps it open.
              for (let key = 1; ; key += 1) {
                await resultOf(notes.put("milk", key));
                began();
              }
            }),
          );
          await writing;
          task.cancel("navigation");
          expect((await task.join()).kind).toBe("cancelled");
          expect(await stored(database)).toEqual([]);
          expectNothingLive(runtime);
        });
        expect(failures).toEqual([]);
      });
    });
  });
}
