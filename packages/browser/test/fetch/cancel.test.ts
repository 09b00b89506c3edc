/** A request lives as long as its task wants it: what the server sees of the end is what counts. */
import { describe, expect, test } from "vitest";
import { type FetchResponse, TimeoutError } from "../../src/index.js";
import { deferred, faults, forBothKinds, idle, withRuntime } from "../support.js";
import { failureOf, inTask, kindsAt, rejection, resultOf, withFetch } from "./support.js";

forBothKinds((body) => {
  test("a response is read by its task", async () => {
    await withFetch(async (bench) => {
      const { runtime, server } = bench;
      const value = await resultOf(
        bench,
        body(function* (cx) {
          const response: FetchResponse = yield* cx.fetch(server.http("/json"));
          expect(response).toMatchObject({ ok: true, status: 200, bodyUsed: false });
          expect(response.headers.get("content-type")).toBe("application/json");
          return yield* response.json();
        }),
      );
      expect(value).toEqual({ answer: 42 });
      expect(runtime.counters().hostOps).toBe(0);
      await server.until("finished");
    });
  });

  test("a cancellation before the headers aborts the request at the server", async () => {
    await withFetch(async ({ runtime, server }) => {
      const task = runtime.spawn(
        body(function* (cx) {
          yield* cx.fetch(new URL(server.http("/hang")));
        }),
      );
      await server.until("arrived");
      task.cancel("navigation");
      expect(await task.join()).toMatchObject({
        kind: "cancelled",
        cancel: { kind: "navigation" },
      });
      await server.until("aborted");
    });
  });

  test("a cancellation while the body is read aborts the request at the server", async () => {
    await withFetch(async ({ runtime, server }) => {
      const reading = deferred();
      const task = runtime.spawn(
        body(function* (cx) {
          const response: FetchResponse = yield* cx.fetch(server.http("/endless"));
          reading.resolve();
          yield* response.text();
        }),
      );
      await reading.promise;
      await idle(runtime);
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
      await server.until("aborted");
    });
  });

  test("a body that is not read is let go with its task, and the connection with it", async () => {
    await withFetch(async (bench) => {
      const { server } = bench;
      const status = await resultOf(
        bench,
        body(function* (cx) {
          const response: FetchResponse = yield* cx.fetch(server.http("/endless"));
          return response.status;
        }),
      );
      expect(status).toBe(200);
      await server.until("aborted");
    });
  });

  test("a task that is cancelled already sends nothing", async () => {
    await withFetch(async ({ runtime, server }) => {
      const started = deferred();
      const caught = deferred<unknown>();
      const task = runtime.spawn(
        body(function* (cx) {
          started.resolve();
          try {
            yield* cx.sleep(60_000);
          } catch {
            // The clean-up of a body that did not think of it.
          }
          try {
            yield* cx.fetch(server.http("/json"));
          } catch (error) {
            caught.resolve(error);
          }
        }),
      );
      await started.promise;
      task.cancel("unmount");
      expect((await task.join()).kind).toBe("cancelled");
      expect(await caught.promise).toMatchObject({
        code: "CANCELLED",
        cancel: { kind: "unmount" },
      });
      // Had it been sent, this later one would come after it.
      await runtime.run((cx) => cx.fetch(server.http("/status/204")));
      const entries = await server.until("arrived");
      expect(entries[0]).toMatchObject({ kind: "arrived", detail: { path: "/status/204" } });
    });
  });

  test("the loser of a race is aborted at the server", async () => {
    await withFetch(async (bench) => {
      const { server } = bench;
      const value = await resultOf(
        bench,
        body(function* (cx) {
          return yield* cx.race([
            body(function* (branch) {
              const response: FetchResponse = yield* branch.fetch(server.http("/hang"));
              return response.status;
            }),
            body(function* (branch) {
              yield* branch.foreign(() => server.until("arrived"));
              const response: FetchResponse = yield* branch.fetch(server.http("/json"));
              return yield* response.text();
            }),
          ]);
        }),
      );
      expect(value).toBe('{"answer":42}');
      await server.until("aborted");
    });
  });
});

describe("branches", () => {
  test("a response that a branch leaves unread is let go with the branch, not with the task", async () => {
    await inTask(async (cx, { server, runtime }) => {
      const response = await cx.race([async (branch) => branch.fetch(server.http("/endless"))]);
      expect(runtime.counters().hostOps).toBe(0);
      await cx.foreign(() => server.until("aborted"));
      expect(response.status).toBe(200);
      expect(() => response.text()).toThrow(expect.objectContaining({ code: "CX_ENDED" }));
    });
  });

  test("a timeout aborts the request of its body at the server", async () => {
    await inTask(async (cx, { server }) => {
      const body = async (branch: typeof cx) =>
        (await branch.fetch(server.http("/endless"))).text();
      expect(await rejection(cx.timeout(1_000, body))).toBeInstanceOf(TimeoutError);
      await cx.foreign(() => server.until("aborted"));
    });
  });

  test("a masked request goes on to its end while its task is being cancelled", async () => {
    await withFetch(async ({ runtime, server }) => {
      const seen = deferred<unknown>();
      const task = runtime.spawn(async (cx) => {
        seen.resolve(
          await cx.mask(async (masked) => {
            const response = await masked.fetch(server.http("/slow-headers"));
            return response.json();
          }),
        );
      });
      await server.until("arrived");
      task.cancel();
      await idle(runtime);
      await server.step();
      expect(await seen.promise).toEqual({ answer: 42 });
      expect((await task.join()).kind).toBe("cancelled");
      await server.until("finished");
    });
  });

  test("a finalizer may make requests though its task is cancelled", async () => {
    await withFetch(async ({ runtime, server }) => {
      const seen = deferred<unknown>();
      const task = runtime.spawn(async (cx) => {
        cx.defer(async (last) =>
          seen.resolve(await (await last.fetch(server.http("/json"))).json()),
        );
        await cx.fetch(server.http("/hang"));
      });
      await server.until("arrived");
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
      expect(await seen.promise).toEqual({ answer: 42 });
      await server.until("aborted");
    });
  });
});

test("closing the runtime aborts what is on its way", async () => {
  const server = faults();
  const { report } = await withRuntime(async (runtime) => {
    runtime.spawn((cx) => cx.fetch(server.http("/hang")));
    runtime.spawn(async (cx) => (await cx.fetch(server.http("/endless"))).text());
    await server.until("arrived", 2);
  });
  expect(report).toMatchObject({ outcome: "clean", cancelled: 2, revoked: [] });
  await server.until("aborted", 2);
});

test("the end of a body beats an abort that comes after it", async () => {
  await withFetch(async ({ runtime, server }) => {
    const read = deferred<unknown>();
    const task = runtime.spawn(async (cx) => {
      const response = await cx.fetch(server.http("/json"));
      const reading = response.json();
      await cx.foreign(() => server.until("finished"));
      read.resolve(await reading);
      return "kept";
    });
    expect(await read.promise).toEqual({ answer: 42 });
    task.cancel();
    expect(await task.join()).toEqual({ kind: "ok", value: "kept" });
  });
});

test("tasks that are cancelled before they run send nothing", async () => {
  await withFetch(async ({ runtime, server }) => {
    const scope = runtime.openScope();
    for (let at = 0; at < 100; at += 1) scope.spawn((cx) => cx.fetch(server.http("/json")));
    scope.cancel();
    expect(await scope.close()).toMatchObject({ kind: "cancelled" });
    expect(await kindsAt(server)).toEqual([]);
  });
});

test("300 requests that are cancelled wherever they are leave nothing", async () => {
  await withFetch(async ({ runtime, server }) => {
    const stages = [() => Promise.resolve(), () => server.until("arrived", 1), () => idle(runtime)];
    for (let round = 0; round < 300; round += 1) {
      const task = runtime.spawn(async (cx) => {
        const response = await cx.fetch(server.http(round % 2 === 0 ? "/endless" : "/json"));
        if (round % 3 !== 0) await response.text();
        await cx.sleep(60_000);
      });
      await stages[round % stages.length]?.();
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
    }
  });
});

test("a failure in one task leaves the request of another alone", async () => {
  await withFetch(async (bench) => {
    const { runtime, server } = bench;
    const other = runtime.spawn(async (cx) => {
      return (await cx.fetch(server.http("/slow-headers"))).json();
    });
    await server.until("arrived");
    const error = new Error("of its own");
    expect(await failureOf(bench, () => Promise.reject(error))).toBe(error);
    await server.step();
    expect(await other.result()).toEqual({ answer: 42 });
  });
});
