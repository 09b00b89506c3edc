/** A `fetch` of one's own, for tests and hosts: it gets one Request, and its faults are typed too. */
import { describe, expect, test } from "vitest";
import { createRuntime, type FetchImplementation } from "../../src/index.js";
import { deferred, withRuntime } from "../support.js";
import { inTask, rejection } from "./support.js";

const ADDRESS = "http://localhost/rows";

test("is called with the request, whose signal aborts with the task", async () => {
  const requests: Request[] = [];
  const implementation: FetchImplementation = (request) => {
    requests.push(request);
    return new Promise((_, reject) => {
      request.signal.addEventListener("abort", () => reject(request.signal.reason));
    });
  };
  await inTask(
    async (cx) => {
      const task = cx.spawn((child) => child.fetch(ADDRESS, { method: "PUT", body: "sent" }));
      await cx.checkpoint();
      task.cancel("navigation");
      expect((await task.join()).kind).toBe("cancelled");
    },
    { fetch: { implementation } },
  );
  expect(requests).toHaveLength(1);
  const [request] = requests;
  expect(request).toMatchObject({ url: ADDRESS, method: "PUT" });
  expect(await request?.text()).toBe("sent");
  expect(request?.signal.reason).toMatchObject({
    name: "AbortError",
    cause: { code: "CANCELLED", cancel: { kind: "navigation" } },
  });
});

test("is not called by a task that is cancelled already", async () => {
  let calls = 0;
  const implementation = async () => {
    calls += 1;
    return new Response("");
  };
  await inTask(
    async (cx) => {
      const started = deferred();
      const task = cx.spawn(async (child) => {
        started.resolve();
        await child.sleep(60_000).then(undefined, () => undefined);
        await child.fetch(ADDRESS);
      });
      await started.promise;
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
    },
    { fetch: { implementation } },
  );
  expect(calls).toBe(0);
});

describe("what it fails with", () => {
  test.each<[string, FetchImplementation]>([
    ["rejects", () => Promise.reject(ERROR)],
    [
      "throws",
      () => {
        throw ERROR;
      },
    ],
  ])("passes as it is when it %s", async (_, implementation) => {
    await inTask(async (cx) => expect(await rejection(cx.fetch(ADDRESS))).toBe(ERROR), {
      fetch: { implementation },
    });
  });
  const ERROR = new RangeError("of its own");

  test.each([undefined, 7, {}])("is INVALID_ARGUMENT when it gives %j", async (given) => {
    await inTask(
      async (cx) => {
        expect(await rejection(cx.fetch(ADDRESS))).toMatchObject({
          code: "INVALID_ARGUMENT",
          mend: "have it give what fetch gives",
        });
      },
      { fetch: { implementation: async () => given as never } },
    );
  });
});

test("one that does not look at its signal is revoked, named in the report, and its late answer let go", async () => {
  const answer = deferred<Response>();
  const cancelled = deferred();
  const { report } = await withRuntime(
    async (runtime) => {
      const task = runtime.spawn((cx) => cx.fetch(ADDRESS));
      await runtime.run((cx) => cx.checkpoint());
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
      expect(runtime.counters().hostOpsRevoked).toBe(1);
    },
    { drainTimeMs: 20, fetch: { implementation: () => answer.promise } },
  );
  expect(report.revoked).toMatchObject([{ kind: "host-op", label: "fetch http://localhost/rows" }]);
  answer.resolve(new Response(new ReadableStream({ cancel: () => cancelled.resolve() })));
  await cancelled.promise;
});

test("a body of its own that ignores the signal is cancelled with the task all the same", async () => {
  const pulled = deferred();
  const cancelled = deferred();
  const source = { pull: () => pulled.resolve(), cancel: () => cancelled.resolve() };
  const body = () => new ReadableStream(source, { highWaterMark: 0 });
  await inTask(
    async (cx) => {
      const task = cx.spawn(async (child) => (await child.fetch(ADDRESS)).text());
      await cx.foreign(() => pulled.promise);
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
      await cx.foreign(() => cancelled.promise);
    },
    { fetch: { implementation: async () => new Response(body()) } },
  );
});

test.each([7, { implementation: 7 }, { implemetation: fetch }])(
  "%j is refused",
  async (options) => {
    await expect(createRuntime({ fetch: options } as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  },
);
