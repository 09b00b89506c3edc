/** A runtime that lists its origins speaks to no other: nothing is sent there, and nothing read from there. */
import { describe, expect, test } from "vitest";
import { createRuntime, type RuntimeOptions } from "../../src/index.js";
import { implementation } from "../socket/support.js";
import { faults, thrown } from "../support.js";
import { inTask, isPage, kindsAt, rejection } from "./support.js";

const { origin } = faults();
const other = new URL(faults().otherHttp("/")).origin;
const ONE: RuntimeOptions = { allowedOrigins: [origin] };

test("without a list every origin is allowed", async () => {
  await inTask(async (cx, { server }) => {
    expect((await cx.fetch(server.otherHttp("/status/204"))).status).toBe(204);
  });
});

test("one that is listed is allowed", async () => {
  await inTask(async (cx, { server }) => {
    const response = await cx.fetch(server.http("/redirect"));
    expect(await response.json()).toEqual({ answer: 42 });
  }, ONE);
});

test("one that is not is refused before anything is sent", async () => {
  await inTask(async (cx, { server, runtime }) => {
    expect(thrown(() => cx.fetch(server.otherHttp("/json?secret=1")))).toMatchObject({
      code: "ORIGIN_NOT_ALLOWED",
      received: `${other}, which is not listed`,
      mend: expect.stringContaining("allowedOrigins"),
    });
    expect(runtime.counters().hostOps).toBe(0);
    expect(await kindsAt(server)).toEqual([]);
  }, ONE);
});

test("an empty list allows none, and nothing that has no origin", async () => {
  await inTask(
    async (cx, { server }) => {
      for (const address of [server.http("/json"), "data:,hello"]) {
        expect(thrown(() => cx.fetch(address))).toMatchObject({ code: "ORIGIN_NOT_ALLOWED" });
      }
    },
    { allowedOrigins: [] },
  );
});

test.each([
  ["data:,hello", "data"],
  ["about:blank", "about"],
  [URL.createObjectURL(new Blob(["hello"])), "blob"],
])(
  "of an address without an origin it says the scheme, and what to do: %s",
  async (address, scheme) => {
    // That of a page's own blob is the page's.
    if (scheme === "blob" && isPage) return;
    await inTask(async (cx) => {
      expect(thrown(() => cx.fetch(address))).toMatchObject({
        code: "ORIGIN_NOT_ALLOWED",
        received: `an address that begins with ${scheme}: and has no origin`,
        mend: expect.stringContaining("without allowedOrigins"),
      });
    }, ONE);
  },
);

test("a redirect to one that is not listed gives no response, and its body is let go", async () => {
  await inTask(async (cx, { server, runtime }) => {
    const to = encodeURIComponent(server.otherHttp("/endless"));
    expect(await rejection(cx.fetch(server.http(`/redirect?to=${to}`)))).toMatchObject({
      code: "ORIGIN_NOT_ALLOWED",
      received: `${other}, which is not listed`,
    });
    await cx.foreign(() => server.until("aborted"));
    expect(runtime.counters().hostOps).toBe(0);
  }, ONE);
});

test("a redirect by way of one that is not listed is not seen: the end is what counts", async () => {
  await inTask(async (cx, { server }) => {
    const back = encodeURIComponent(server.http("/json"));
    const to = encodeURIComponent(server.otherHttp(`/redirect?to=${back}`));
    const response = await cx.fetch(server.http(`/redirect?to=${to}`));
    expect(await response.json()).toEqual({ answer: 42 });
  }, ONE);
});

test.runIf(isPage)("an opaque response hides where it is from, and is refused", async () => {
  await inTask(async (cx, { server }) => {
    expect(await rejection(cx.fetch(server.http("/json"), { mode: "no-cors" }))).toMatchObject({
      code: "ORIGIN_NOT_ALLOWED",
    });
  }, ONE);
  await inTask(async (cx, { server }) => {
    expect((await cx.fetch(server.http("/json"), { mode: "no-cors" })).type).toBe("opaque");
  });
});

test("a response that an implementation makes itself has no address to check", async () => {
  await inTask(
    async (cx, { server }) => {
      expect(await (await cx.fetch(server.http("/json"))).text()).toBe("made");
    },
    { ...ONE, fetch: { implementation: async () => new Response("made") } },
  );
});

describe("a socket", () => {
  const options = { ...ONE, webSocket: { implementation } };

  test("goes where requests may go: wss: by https:, ws: by http:", async () => {
    await inTask(async (cx, { server }) => {
      const socket = await cx.webSocket(server.socket("/echo"));
      await socket.close();
      await cx.foreign(() => server.until("close"));
    }, options);
  });

  test("to an origin that is not listed is refused before anything is sent", async () => {
    await inTask(async (cx) => {
      const address = other.replace("http", "ws");
      const opens: readonly (() => unknown)[] = [
        () => cx.webSocket(address),
        () => cx.reconnectingSocket(address),
      ];
      for (const open of opens) {
        expect(thrown(open)).toMatchObject({
          code: "ORIGIN_NOT_ALLOWED",
          received: `${other}, which is not listed`,
        });
      }
    }, options);
  });
});

describe("the list", () => {
  test.each<[unknown]>([
    ["http://localhost"],
    [7],
    [[7]],
    [["localhost"]],
    [["http://localhost/path"]],
    [["http://localhost?query"]],
    [["http://a:b@localhost"]],
    [["data:,"]],
    [["*"]],
  ])("%j is none", async (allowedOrigins) => {
    await expect(createRuntime({ allowedOrigins } as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  test("takes strings and URLs, and a slash at the end", async () => {
    for (const entry of [origin, `${origin}/`, new URL(origin)]) {
      await inTask(
        async (cx, { server }) => {
          expect((await cx.fetch(server.http("/status/204"))).status).toBe(204);
        },
        { allowedOrigins: [entry] },
      );
    }
  });
});
