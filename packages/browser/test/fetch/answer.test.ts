/** What comes of an answer: its status, its time, and how far it is. */
import { describe, expect, test } from "vitest";
import { type FetchProgress, HttpStatusError, TimeoutError } from "../../src/index.js";
import { inTask, rejection } from "./support.js";

describe("a status", () => {
  test.each([200, 404, 500])("%i is an answer, unless something is expected", async (status) => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http(`/status/${status}`));
      expect(response).toMatchObject({ status, ok: status === 200 });
      expect(await response.text()).toBe(`status ${status}`);
    });
  });

  test.each([200, 204, 299])('%i is what "ok" expects', async (status) => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http(`/status/${status}`), { expect: "ok" });
      expect(response.status).toBe(status);
    });
  });

  test.each([304, 400, 404, 503])("%i is not: its response can be read", async (status) => {
    await inTask(async (cx, { server, runtime }) => {
      const error = await rejection(cx.fetch(server.http(`/status/${status}`), { expect: "ok" }));
      expect(error).toBeInstanceOf(HttpStatusError);
      const { code, name, received, response } = error as HttpStatusError;
      expect({ code, name, status: (error as HttpStatusError).status }).toEqual({
        code: "HTTP_STATUS",
        name: "HttpStatusError",
        status,
      });
      expect(received).toMatch(new RegExp(`^status ${status} .* from fetch http://`));
      expect(await response.text()).toBe(status === 304 ? "" : `status ${status}`);
      expect(runtime.counters().hostOps).toBe(0);
    });
  });

  test("that was not expected leaves a body that is let go with its task", async () => {
    await inTask(async (cx, { server }) => {
      const task = cx.spawn((child) =>
        child.fetch(server.http("/endless"), { expect: () => false }).then(undefined, () => 0),
      );
      expect(await task.join()).toEqual({ kind: "ok", value: 0 });
      await cx.foreign(() => server.until("aborted"));
    });
  });

  test("may be expected by a function; what that throws fails the request", async () => {
    await inTask(async (cx, { server }) => {
      const isKnown = (status: number) => status < 500;
      const response = await cx.fetch(server.http("/status/404"), { expect: isKnown });
      expect(response.status).toBe(404);
      const failing = cx.fetch(server.http("/status/500"), { expect: isKnown });
      expect(await rejection(failing)).toMatchObject({ code: "HTTP_STATUS", status: 500 });
      const error = new TypeError("of its own");
      const throws = () => {
        throw error;
      };
      expect(await rejection(cx.fetch(server.http("/json"), { expect: throws }))).toBe(error);
    });
  });
});

describe("timeoutMs", () => {
  test("ends a request without an answer by a typed error, at the server too", async () => {
    await inTask(async (cx, { server, runtime }) => {
      const error = await rejection(cx.fetch(server.http("/hang"), { timeoutMs: 1_000 }));
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({
        code: "TIMEOUT",
        received: `no answer in 1000 ms to fetch ${server.origin}/hang`,
      });
      await cx.foreign(() => server.until("aborted"));
      const { hostOps, timers, scopes } = runtime.counters();
      expect({ hostOps, timers, scopes }).toEqual({ hostOps: 0, timers: 0, scopes: 1 });
      expect(cx.cancelled).toBeUndefined();
    });
  });

  test("is over when the headers have come: the body takes its time", async () => {
    await inTask(async (cx, { server, runtime }) => {
      const response = await cx.fetch(server.http("/slow-body?count=1"), { timeoutMs: 5_000 });
      expect(runtime.counters().timers).toBe(0);
      await cx.foreign(() => server.step(2));
      expect(await response.text()).toBe("piece 1;");
    });
  });

  test("leaves no timer when the request fails, or its task is cancelled", async () => {
    await inTask(async (cx, { server, runtime }) => {
      await rejection(cx.fetch(server.http("/reset-before-headers"), { timeoutMs: 60_000 }));
      await cx.checkpoint();
      expect(runtime.counters().timers).toBe(0);
      const task = cx.spawn((child) => child.fetch(server.http("/hang"), { timeoutMs: 60_000 }));
      await cx.foreign(() => server.until("arrived", 2));
      expect(runtime.counters().timers).toBe(1);
      task.cancel();
      await task.join();
      expect(runtime.counters().timers).toBe(0);
    });
  });

  test("of 0 sends the request and ends it at once", async () => {
    await inTask(async (cx, { server }) => {
      const error = await rejection(cx.fetch(server.http("/hang"), { timeoutMs: 0 }));
      expect(error).toBeInstanceOf(TimeoutError);
    });
  });

  test("is shown in the tree while it runs", async () => {
    await inTask(async (cx, { server, runtime }) => {
      const task = cx.spawn((child) => child.fetch(server.http("/hang"), { timeoutMs: 60_000 }));
      await cx.foreign(() => server.until("arrived"));
      expect(JSON.stringify(runtime.snapshot())).toContain('"timeout 60000 ms"');
      task.cancel();
      await task.join();
    });
  });
});

describe("onDownloadProgress", () => {
  test("counts what is read as a whole, with the total that was announced", async () => {
    await inTask(async (cx, { server }) => {
      const told: FetchProgress[] = [];
      const response = await cx.fetch(server.http("/big?bytes=1000000"), {
        onDownloadProgress: (progress) => told.push(progress),
      });
      expect((await response.bytes()).byteLength).toBe(1_000_000);
      expect(told.at(-1)).toEqual({ loaded: 1_000_000, total: 1_000_000 });
      for (const [at, { loaded }] of told.entries()) {
        expect(loaded).toBeGreaterThan(told[at - 1]?.loaded ?? 0);
      }
    });
  });

  test("counts what is read in pieces, without a total where none is announced", async () => {
    await inTask(async (cx, { server }) => {
      const told: FetchProgress[] = [];
      const response = await cx.fetch(server.http("/slow-body?count=2"), {
        onDownloadProgress: (progress) => told.push(progress),
      });
      await cx.foreign(() => server.step());
      for await (const _ of response.body) await cx.foreign(() => server.step());
      expect(told).toEqual([
        { loaded: 8, total: undefined },
        { loaded: 16, total: undefined },
      ]);
    });
  });

  test("that throws ends the read with what it threw, and frees the connection", async () => {
    await inTask(async (cx, { server }) => {
      const error = new Error("of the listener");
      const onDownloadProgress = () => {
        throw error;
      };
      const response = await cx.fetch(server.http("/endless"), { onDownloadProgress });
      expect(await rejection(response.text())).toBe(error);
      await cx.foreign(() => server.until("aborted"));
    });
  });
});
