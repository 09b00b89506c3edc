/** How far an upload is: in steps where the platform pulls the body, at its two ends where it does not. */
import { describe, expect, test } from "vitest";
import type { FetchInit, FetchProgress } from "../../src/index.js";
import { inTask, isPage, rejection } from "./support.js";

/** A request that is followed, and what was told of it. */
function followed(body: BodyInit, init: FetchInit = {}) {
  const told: FetchProgress[] = [];
  const onUploadProgress = (progress: FetchProgress): void => void told.push(progress);
  return { told, init: { method: "POST", body, ...init, onUploadProgress } };
}

/** Checks that what was told is what this platform can tell of a body of `total` bytes. */
function expectTold(told: readonly FetchProgress[], total: number): void {
  if (isPage) {
    expect(told).toEqual([
      { loaded: 0, total },
      { loaded: total, total },
    ]);
    return;
  }
  let before = 0;
  for (const { loaded, total: announced } of told) {
    expect(announced).toBe(total);
    expect(loaded).toBeGreaterThan(before);
    expect(loaded - before).toBeLessThanOrEqual(65_536);
    before = loaded;
  }
  expect(before).toBe(total);
  if (total > 65_536) expect(told.length).toBeGreaterThanOrEqual(Math.ceil(total / 65_536));
}

const WHOLE: readonly (readonly [string, BodyInit, number])[] = [
  ["bytes", new Uint8Array(300_000), 300_000],
  ["a part of bytes", new Uint8Array(300_000).subarray(1_000), 299_000],
  ["a buffer", new ArrayBuffer(200_000), 200_000],
  ["text", "ä".repeat(100_000), 200_000],
  ["a blob", new Blob(["x".repeat(70_000)], { type: "text/x-own" }), 70_000],
  ["parameters", new URLSearchParams({ a: "b".repeat(99_998) }), 100_000],
];

describe.each(WHOLE)("of %s", (_, body, total) => {
  test("is told", async () => {
    await inTask(async (cx, { server }) => {
      const { told, init } = followed(body);
      const response = await cx.fetch(server.http("/upload"), init);
      expect(await response.json()).toEqual({ bytes: total });
      expectTold(told, total);
    });
  });

  test("changes nothing of what the server sees", async () => {
    await inTask(async (cx, { server }) => {
      const seen = async (init: FetchInit) =>
        (await cx.fetch(server.http("/mirror"), init)).json<object>();
      const { init } = followed(body);
      expect(await seen(init)).toEqual(await seen({ method: "POST", body }));
    });
  });

  test("goes on over a redirect that sends it again", async () => {
    await inTask(async (cx, { server }) => {
      const { told, init } = followed(body);
      const to = encodeURIComponent(new URL(server.http("/upload")).pathname);
      const response = await cx.fetch(server.http(`/redirect?status=307&to=${to}`), init);
      expect(await response.json()).toEqual({ bytes: total });
      expect(told.at(-1)).toEqual({ loaded: total, total });
    });
  });
});

test("of a form: told in all its bytes, and read by the server as it would have been", async () => {
  await inTask(async (cx, { server }) => {
    const body = new FormData();
    body.append('a "name"\n', "line\nline");
    body.append("file", new File(["x".repeat(100_000)], 'ä"1".txt', { type: "text/plain" }));
    body.append("bare", new Blob(["y"]));
    const { told, init } = followed(body);
    const response = await cx.fetch(server.http("/echo"), init);
    const plain = await cx.fetch(server.http("/echo"), { method: "POST", body });
    const entries = async (form: FormData) =>
      Promise.all(
        [...form].map(async ([name, value]) =>
          typeof value === "string"
            ? [name, value]
            : [name, value.name, value.type, await value.text()],
        ),
      );
    const { total = 0 } = told.at(-1) ?? {};
    expectTold(told, total);
    expect(total).toBeGreaterThan(100_000);
    expect(await entries(await response.formData())).toEqual(await entries(await plain.formData()));
  });
});

test("of nothing: an empty text has no steps, no body has nothing to tell", async () => {
  await inTask(async (cx, { server }) => {
    const empty = followed("");
    expect(await (await cx.fetch(server.http("/upload"), empty.init)).json()).toEqual({ bytes: 0 });
    expect(empty.told.every(({ loaded, total }) => loaded === 0 && total === 0)).toBe(true);
    const { told, init } = followed("");
    const response = await cx.fetch(server.http("/json"), { ...init, method: "GET", body: null });
    expect(await response.json()).toEqual({ answer: 42 });
    expect(told).toEqual([]);
  });
});

test("a type, referrer and method of one's own stay", async () => {
  let request: Request | undefined;
  const implementation = async (given: Request) => {
    request = given;
    return new Response(null);
  };
  await inTask(
    async (cx, { server }) => {
      const { init } = followed("a,b", {
        method: "PUT",
        headers: { "content-type": "text/csv" },
        referrer: "",
        credentials: "include",
      });
      await cx.fetch(server.http("/upload"), init);
    },
    { fetch: { implementation } },
  );
  expect(request).toMatchObject({ method: "PUT", referrer: "", credentials: "include" });
  expect(request?.headers.get("content-type")).toBe("text/csv");
});

test.runIf(!isPage)("it waits for a server that does not read", async () => {
  await inTask(async (cx, { server }) => {
    // More than any buffer between two sockets holds.
    const total = 2 ** 26;
    const { told, init } = followed(new Uint8Array(total));
    const pending = cx.fetch(server.http("/paced?bytes=16777216"), init);
    for (let stride = 1; stride <= 4; stride += 1) {
      const entries = await cx.foreign(() => server.until("received", stride));
      const received = entries.filter(({ kind }) => kind === "received").at(-1)?.detail as {
        bytes: number;
      };
      const { loaded = 0 } = told.at(-1) ?? {};
      expect(loaded).toBeGreaterThanOrEqual(received.bytes);
      if (stride < 3) expect(loaded).toBeLessThan(total);
      await cx.foreign(() => server.step());
    }
    expect(await (await pending).json()).toEqual({ bytes: total });
    expectTold(told, total);
  });
});

test("what the listener throws ends the request", async () => {
  await inTask(async (cx, { server }) => {
    for (const at of [1, 2]) {
      const error = new TypeError("of the listener");
      let calls = 0;
      const onUploadProgress = (): void => {
        calls += 1;
        if (calls === at) throw error;
      };
      const init = { method: "POST", body: new Uint8Array(200_000), onUploadProgress };
      expect(await rejection(cx.fetch(server.http("/upload"), init))).toBe(error);
    }
  });
});

test("an implementation of one's own gets the body too", async () => {
  const { told, init } = followed("sent");
  const implementation = async (request: Request) => new Response(await request.text());
  await inTask(
    async (cx) => {
      const response = await cx.fetch("http://localhost/", init);
      expect(await response.text()).toBe("sent");
    },
    { fetch: { implementation } },
  );
  expectTold(told, 4);
});

test("of a stream it is told in steps, where the platform sends one", async () => {
  await inTask(async (cx, { server }) => {
    const { told, init } = followed(new Blob(["x".repeat(200_000)]).stream());
    const pending = cx.fetch(server.http("/upload"), init);
    if (isPage) {
      // Chromium sends a stream over HTTP/2 only, and this server speaks HTTP/1.1.
      expect(await rejection(pending)).toMatchObject({ code: "NETWORK" });
      return;
    }
    expect(await (await pending).json()).toEqual({ bytes: 200_000 });
    expect(told.length).toBeGreaterThan(3);
    expect(told.at(-1)).toEqual({ loaded: 200_000, total: undefined });
  });
});

test("of the body that a Request brings its length is not known", async () => {
  await inTask(async (cx, { server }) => {
    const request = new Request(server.http("/upload"), { method: "POST", body: "sent" });
    const told: FetchProgress[] = [];
    const response = await cx.fetch(request, { onUploadProgress: (step) => told.push(step) });
    expect(await response.json()).toEqual({ bytes: 4 });
    expect(told).toEqual([{ loaded: isPage ? 0 : 4, total: undefined }]);
  });
});
