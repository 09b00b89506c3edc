/** A body is read once, by its task, as a whole or in pieces, within its bounds. */
import { describe, expect, test } from "vitest";
import { type FetchInit, type FetchResponse, JsonError } from "../../src/index.js";
import { deferred, thrown } from "../support.js";
import { inTask, rejection, withFetch } from "./support.js";

const HELLO = new TextEncoder().encode("hello");

describe("as a whole", () => {
  test.each<[string, (response: FetchResponse) => PromiseLike<unknown>, unknown]>([
    ["text", (response) => response.text(), "hello"],
    ["bytes", (response) => response.bytes(), HELLO],
    ["arrayBuffer", (response) => response.arrayBuffer(), HELLO.buffer],
    ["blob", async (response) => (await response.blob()).text(), "hello"],
    ["the blob's type", async (response) => (await response.blob()).type, "text/x-own"],
  ])("%s", async (_, read, expected) => {
    await inTask(async (cx, { server, runtime }) => {
      const body = new Blob(["hello"], { type: "text/x-own" });
      const response = await cx.fetch(server.http("/echo"), { method: "POST", body });
      expect(await read(response)).toEqual(expected);
      expect(runtime.counters().hostOps).toBe(0);
    });
  });

  test("a form", async () => {
    await inTask(async (cx, { server }) => {
      const body = new FormData();
      body.append("name", "value");
      body.append("file", new Blob(["inside"]), "file.txt");
      const response = await cx.fetch(server.http("/echo"), { method: "POST", body });
      const form = await response.formData();
      expect(form.get("name")).toBe("value");
      expect(await (form.get("file") as File).text()).toBe("inside");
    });
  });

  test("text without its byte order mark, with a letter that is cut in two", async () => {
    await inTask(async (cx, { server }) => {
      const body = new Uint8Array([0xef, 0xbb, 0xbf, 0xc3, 0xa4, 0xff]);
      const response = await cx.fetch(server.http("/echo"), { method: "POST", body });
      expect(await response.text()).toBe("ä\ufffd");
    });
  });

  test.each<[string, (response: FetchResponse) => PromiseLike<unknown>, unknown]>([
    ["json", (response) => response.json(), JsonError],
    ["a form", (response) => response.formData(), TypeError],
  ])("%s that does not parse fails with the platform's own error", async (_, read, type) => {
    await inTask(async (cx, { server, runtime }) => {
      const response = await cx.fetch(server.http("/text?body={"));
      expect(await rejection(read(response))).toBeInstanceOf(type);
      expect(runtime.counters().hostOps).toBe(0);
    });
  });

  test.each(["/status/204", "/status/304", "/text"])(
    "nothing, where there is none: %s",
    async (path) => {
      await inTask(async (cx, { server, runtime }) => {
        const response = await cx.fetch(server.http(path));
        expect(await response.text()).toBe("");
        const second = await cx.fetch(server.http(path));
        for await (const _ of second.body) expect.unreachable();
        expect(runtime.counters().hostOps).toBe(0);
      });
    },
  );

  test("the headers of a HEAD have no body, whatever length they tell", async () => {
    await inTask(async (cx, { server, runtime }) => {
      const response = await cx.fetch(server.http("/json"), { method: "HEAD" });
      expect(runtime.counters().hostOps).toBe(0);
      expect(await response.text()).toBe("");
    });
  });

  test("10,000,000 bytes", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http("/big?bytes=10000000"));
      expect((await response.bytes()).byteLength).toBe(10_000_000);
    });
  });
});

describe("in pieces", () => {
  test("to the end, all 10,000 that were written", async () => {
    await inTask(async (cx, { server, runtime }) => {
      const response = await cx.fetch(server.http("/chunks?count=10000&bytes=3"));
      let bytes = 0;
      for await (const piece of response.body) bytes += piece.byteLength;
      expect(bytes).toBe(30_000);
      expect(runtime.counters().hostOps).toBe(0);
      await cx.foreign(() => server.until("finished"));
    });
  });

  test("leaving the loop early frees the connection while the task goes on", async () => {
    await inTask(async (cx, { server, runtime }) => {
      const response = await cx.fetch(server.http("/endless"));
      for await (const piece of response.body) {
        expect(new TextDecoder().decode(piece)).toBe("first piece");
        break;
      }
      expect(runtime.counters().hostOps).toBe(0);
      await cx.foreign(() => server.until("aborted"));
    });
  });

  test("a throw in the loop frees the connection, and passes", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http("/endless"));
      const error = new Error("of the loop");
      const loop = async () => {
        for await (const _ of response.body) throw error;
      };
      expect(await rejection(loop())).toBe(error);
      await cx.foreign(() => server.until("aborted"));
    });
  });

  test("body.cancel() frees the connection while the task goes on, once and again", async () => {
    await inTask(async (cx, { server, runtime }) => {
      const response = await cx.fetch(server.http("/endless"));
      response.body.cancel();
      response.body.cancel();
      expect(runtime.counters().hostOps).toBe(0);
      await cx.foreign(() => server.until("aborted"));
      expect(await response.text()).toBe("");
    });
  });

  test("body.cancel() ends a read that is under way", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http("/endless"));
      const pieces = response.body[Symbol.asyncIterator]();
      expect((await pieces.next()).done).toBe(false);
      const next = pieces.next();
      response.body.cancel();
      expect(await next).toEqual({ done: true, value: undefined });
      expect(await pieces.next()).toEqual({ done: true, value: undefined });
    });
  });

  test("two reads at a time are refused by a typed error", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http("/endless"));
      const pieces = response.body[Symbol.asyncIterator]();
      await pieces.next();
      const next = pieces.next();
      expect(thrown(() => pieces.next())).toMatchObject({ code: "WRONG_STATE" });
      response.body.cancel();
      await next;
    });
  });

  test("a cancellation in the middle ends the loop with the CancelledError", async () => {
    await withFetch(async ({ runtime, server }) => {
      const piece = deferred();
      const task = runtime.spawn(async (cx) => {
        const response = await cx.fetch(server.http("/endless"));
        for await (const _ of response.body) piece.resolve();
      });
      await piece.promise;
      task.cancel("unmount");
      expect(await task.join()).toMatchObject({ kind: "cancelled", cancel: { kind: "unmount" } });
      await server.until("aborted");
    });
  });

  test("a read that nobody awaits is no unhandled rejection when the task is cancelled", async () => {
    await withFetch(async ({ runtime, server }) => {
      const reading = deferred();
      const task = runtime.spawn(async (cx) => {
        for (const read of ["body", "lines", "ndjson"] as const) {
          const response = await cx.fetch(server.http("/slow-body"));
          const values = read === "body" ? response.body : response[read]();
          void values[Symbol.asyncIterator]().next();
        }
        reading.resolve();
        await cx.sleep(60_000);
      });
      await reading.promise;
      task.cancel();
      await task.join();
      await server.until("aborted", 3);
    });
  });
});

test("twice is refused, and so is reading after the task has ended", async () => {
  let kept: FetchResponse | undefined;
  await inTask(async (cx, { server }) => {
    const response = await cx.fetch(server.http("/json"));
    await response.text();
    expect(response.bodyUsed).toBe(true);
    const again: readonly (() => unknown)[] = [
      () => response.json(),
      () => response.body[Symbol.asyncIterator](),
      () => response.lines(),
      () => response.ndjson(),
    ];
    for (const read of again) expect(thrown(read)).toMatchObject({ code: "BODY_USED" });
    kept = await cx.fetch(server.http("/json"));
  });
  expect(kept?.status).toBe(200);
  expect(thrown(() => kept?.text())).toMatchObject({ code: "CX_ENDED" });
});

test.each<[string, (response: FetchResponse) => AsyncIterable<unknown>]>([
  ["body", (response) => response.body],
  ["lines()", (response) => response.lines()],
  ["ndjson()", (response) => response.ndjson()],
  ["sse()", (response) => response.sse()],
])("a second loop over the same %s fails: it would miss what the first one took", async (_, of) => {
  await inTask(async (cx, { server }) => {
    const type = encodeURIComponent("text/event-stream");
    const body = encodeURIComponent("1\n2\ndata: 3\n\n");
    const response = await cx.fetch(server.http(`/text?type=${type}&body=${body}`));
    const values = of(response);
    const loop = async () => {
      for await (const _ of values) break;
    };
    await loop();
    expect(await rejection(loop())).toMatchObject({
      code: "BODY_USED",
      received: expect.stringContaining(server.origin),
    });
  });
});

describe("a body that is no JSON", () => {
  test.each([
    ["<!doctype html><p>Sign in", '"<!doctype html><p>Sign in"'],
    ["", "an empty body"],
    ['{"a":', '"{\\"a\\":"'],
  ])("%j: says where it is from and how it begins", async (body, begin) => {
    await inTask(async (cx, { server }) => {
      const url = server.http(`/text?body=${encodeURIComponent(body)}`);
      const response = await cx.fetch(url);
      const error = (await rejection(response.json())) as JsonError;
      expect(error).toBeInstanceOf(JsonError);
      expect(error).toMatchObject({ code: "INVALID_JSON", status: 200, url });
      expect(error.cause).toBeInstanceOf(SyntaxError);
      const said = (error.cause as SyntaxError).message;
      expect(error.received).toBe(`${begin} from fetch ${server.origin}/text, status 200: ${said}`);
    });
  });
});

describe("bodyBytesMax", () => {
  const read = async (init: FetchInit): Promise<unknown> => {
    let result: unknown;
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http("/chunks?count=10&bytes=1000"), init);
      result = await response.bytes().then(
        ({ byteLength }) => byteLength,
        (error) => error,
      );
    });
    return result;
  };

  test("a body of so many bytes passes, one of more fails", async () => {
    expect(await read({ bodyBytesMax: 10_000 })).toBe(10_000);
    expect(await read({ bodyBytesMax: Number.POSITIVE_INFINITY })).toBe(10_000);
    expect(await read({ bodyBytesMax: 9_999 })).toMatchObject({
      code: "TOO_LARGE",
      expected: "a body of at most 9999 bytes",
      mend: expect.stringContaining("bodyBytesMax"),
    });
  });

  test("past it the rest is not taken: the connection is freed", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http("/endless"), { bodyBytesMax: 4 });
      expect(await rejection(response.text())).toMatchObject({ code: "TOO_LARGE" });
      await cx.foreign(() => server.until("aborted"));
    });
  });

  test("does not bound what is read in pieces", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http("/chunks?count=10&bytes=1000"), {
        bodyBytesMax: 0,
      });
      let bytes = 0;
      for await (const piece of response.body) bytes += piece.byteLength;
      expect(bytes).toBe(10_000);
    });
  });
});
