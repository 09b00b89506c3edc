/** The caller's own signal ends one request and nothing else, and keeps no listener of it. */
import { describe, expect, test } from "vitest";
import { countedSignal, inTask, kindsAt, rejection } from "./support.js";

const REASON = new Error("no longer wanted");

test("one that has aborted already sends nothing, and its reason is what comes", async () => {
  await inTask(async (cx, { server }) => {
    const { controller, listeners } = countedSignal();
    controller.abort(REASON);
    const { signal } = controller;
    expect(await rejection(cx.fetch(server.http("/json"), { signal }))).toBe(REASON);
    expect(listeners()).toBe(0);
    await cx.fetch(server.http("/status/204"));
    expect((await server.until("arrived"))[0]?.detail).toMatchObject({ path: "/status/204" });
  });
});

test("one that aborts before the headers ends the request alone: the task goes on", async () => {
  await inTask(async (cx, { server, runtime }) => {
    const { controller, listeners } = countedSignal();
    const pending = cx.fetch(server.http("/hang"), { signal: controller.signal });
    await cx.foreign(() => server.until("arrived"));
    expect(listeners()).toBe(1);
    controller.abort(REASON);
    expect(await rejection(pending)).toBe(REASON);
    expect(listeners()).toBe(0);
    expect(cx.cancelled).toBeUndefined();
    await cx.foreign(() => server.until("aborted"));
    expect(runtime.counters().hostOps).toBe(0);
  });
});

test("one that aborts without a reason gives the platform's AbortError", async () => {
  await inTask(async (cx, { server }) => {
    const { controller } = countedSignal();
    const pending = cx.fetch(server.http("/hang"), { signal: controller.signal });
    await cx.foreign(() => server.until("arrived"));
    controller.abort();
    const error = await rejection(pending);
    expect(error).toBeInstanceOf(DOMException);
    expect(error).toMatchObject({ name: "AbortError" });
  });
});

test("AbortSignal.timeout gives the platform's TimeoutError", async () => {
  await inTask(async (cx, { server }) => {
    const signal = AbortSignal.timeout(20);
    const error = await rejection(cx.fetch(server.http("/hang"), { signal }));
    expect(error).toBeInstanceOf(DOMException);
    expect(error).toMatchObject({ name: "TimeoutError" });
  });
});

describe("of a response", () => {
  test("while it is read as a whole, the reason ends the read", async () => {
    await inTask(async (cx, { server, runtime }) => {
      const { controller, listeners } = countedSignal();
      const response = await cx.fetch(server.http("/endless"), { signal: controller.signal });
      const reading = response.text();
      controller.abort(REASON);
      expect(await rejection(reading)).toBe(REASON);
      expect(listeners()).toBe(0);
      await cx.foreign(() => server.until("aborted"));
      expect(runtime.counters().hostOps).toBe(0);
    });
  });

  test("while it is read in pieces, the reason ends the loop", async () => {
    await inTask(async (cx, { server }) => {
      const { controller, listeners } = countedSignal();
      const response = await cx.fetch(server.http("/endless"), { signal: controller.signal });
      const loop = async () => {
        for await (const _ of response.body) controller.abort(REASON);
      };
      expect(await rejection(loop())).toBe(REASON);
      expect(listeners()).toBe(0);
      await cx.foreign(() => server.until("aborted"));
    });
  });

  test("that nobody reads, the connection is freed at once and a later read fails with it", async () => {
    await inTask(async (cx, { server, runtime }) => {
      const { controller, listeners } = countedSignal();
      const response = await cx.fetch(server.http("/endless"), { signal: controller.signal });
      controller.abort(REASON);
      await cx.foreign(() => server.until("aborted"));
      expect(listeners()).toBe(0);
      expect(runtime.counters().hostOps).toBe(0);
      expect(await rejection(response.text())).toBe(REASON);
    });
  });

  test("that has been read, an abort comes too late and changes nothing", async () => {
    await inTask(async (cx, { server }) => {
      const { controller, listeners } = countedSignal();
      const response = await cx.fetch(server.http("/json"), { signal: controller.signal });
      expect(await response.json()).toEqual({ answer: 42 });
      expect(listeners()).toBe(0);
      controller.abort(REASON);
      await cx.foreign(() => server.until("finished"));
    });
  });
});

describe("no listener is left", () => {
  test("by a body that is let go", async () => {
    await inTask(async (cx, { server }) => {
      const { controller, listeners } = countedSignal();
      const response = await cx.fetch(server.http("/endless"), { signal: controller.signal });
      expect(listeners()).toBe(1);
      response.body.cancel();
      expect(listeners()).toBe(0);
    });
  });

  test("by a task that ended with its response unread, or cancelled", async () => {
    const { controller, listeners } = countedSignal();
    const { signal } = controller;
    await inTask((cx, { server }) => cx.fetch(server.http("/endless"), { signal }));
    expect(listeners()).toBe(0);
    await inTask(async (cx, { server }) => {
      const task = cx.spawn((child) => child.fetch(server.http("/hang"), { signal }));
      await cx.foreign(() => server.until("arrived"));
      task.cancel();
      await task.join();
      expect(listeners()).toBe(0);
    });
  });

  test("by a response without a body, nor by a request that fails", async () => {
    await inTask(async (cx, { server }) => {
      const { controller, listeners } = countedSignal();
      const { signal } = controller;
      await cx.fetch(server.http("/status/204"), { signal });
      expect(listeners()).toBe(0);
      await rejection(cx.fetch(server.http("/reset-before-headers"), { signal }));
      expect(listeners()).toBe(0);
    });
  });

  test("by 100 requests on one long-lived signal", async () => {
    await inTask(async (cx, { server }) => {
      const { controller, listeners } = countedSignal();
      const { signal } = controller;
      for (let round = 0; round < 100; round += 1) {
        await (await cx.fetch(server.http("/json"), { signal })).text();
      }
      expect(listeners()).toBe(0);
    });
  });
});

test("one that many requests share has one listener, and ends them all", async () => {
  await inTask(async (cx, { server }) => {
    const { controller, listeners } = countedSignal();
    const { signal } = controller;
    // A browser has six connections to one server, of which the ledger needs one.
    // Its cache would let one request for an address wait for the one before, for 20 s.
    const options = { signal, cache: "no-store" } as const;
    const pending = Array.from({ length: 4 }, () => cx.fetch(server.http("/hang"), options));
    await cx.foreign(() => server.until("arrived", 4));
    expect(listeners()).toBe(1);
    controller.abort(REASON);
    for (const request of pending) expect(await rejection(request)).toBe(REASON);
    expect(listeners()).toBe(0);
    await cx.foreign(() => server.until("aborted", 4));
  });
});

test("cx.signal is what the request has anyway", async () => {
  await inTask(async (cx, { server }) => {
    const response = await cx.fetch(server.http("/json"), { signal: cx.signal });
    expect(await response.json()).toEqual({ answer: 42 });
  });
});

test("a Request brings its own signal, and null takes it away", async () => {
  await inTask(async (cx, { server }) => {
    const controller = new AbortController();
    const request = new Request(server.http("/json"), { signal: controller.signal });
    controller.abort(REASON);
    expect(await rejection(cx.fetch(request))).toBe(REASON);
    expect(await kindsAt(server)).toEqual([]);
    const response = await cx.fetch(request, { signal: null });
    expect(await response.json()).toEqual({ answer: 42 });
  });
});
