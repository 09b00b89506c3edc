/** Networks that misbehave: each failure is typed, keeps the platform's error, and holds nothing. */
import { describe, expect, test } from "vitest";
import { AsupersyncError, type FetchResponse } from "../../src/index.js";
import { inTask, isPage, NOBODY, rejection } from "./support.js";

/** Checks that `error` says that the network failed, and has the platform's own as its cause. */
function expectNetwork(error: unknown, label: RegExp = /fetch http/): void {
  expect(error).toBeInstanceOf(AsupersyncError);
  const { code, received, cause } = error as AsupersyncError;
  expect(code).toBe("NETWORK");
  expect(received).toMatch(label);
  expect(cause).toBeInstanceOf(TypeError);
}

describe("before there is a response, it fails with NETWORK", () => {
  test.each(["/reset-before-headers", "/reset-mid-header", "/loop"])("%s", async (path) => {
    await inTask(async (cx, { server, runtime }) => {
      expectNetwork(await rejection(cx.fetch(server.http(path))));
      expect(runtime.counters().hostOps).toBe(0);
    });
  });

  test("where nobody listens", async () => {
    await inTask(async (cx) => expectNetwork(await rejection(cx.fetch(NOBODY))));
  });

  test("for a redirect that the request refuses, of which it warns", async () => {
    await inTask(async (cx, { server }) => {
      const error = await rejection(cx.fetch(server.http("/redirect"), { redirect: "error" }));
      expectNetwork(error);
      expect((error as AsupersyncError).mend).toContain("a redirect");
    });
  });

  test("in a page, where CORS refuses the answer; elsewhere there is no such refusal", async () => {
    await inTask(async (cx, { server }) => {
      if (isPage) expectNetwork(await rejection(cx.fetch(server.http("/no-cors"))));
      else expect(await (await cx.fetch(server.http("/no-cors"))).text()).toBe("not for you");
    });
  });
});

describe("while the body is read, it fails with NETWORK", () => {
  const BROKEN = ["/truncated-chunk", "/short-body"];
  const READERS: readonly [string, (response: FetchResponse) => PromiseLike<unknown>][] = [
    ["text", (response) => response.text()],
    ["json", (response) => response.json()],
    ["bytes", (response) => response.bytes()],
    ["blob", (response) => response.blob()],
    ["in pieces", async (response) => void (await lastOf(response.body))],
    ["in lines", async (response) => void (await lastOf(response.lines()))],
  ];

  test.each(BROKEN.flatMap((path) => READERS.map(([name, read]) => [path, name, read] as const)))(
    "%s, read as %s",
    async (path, _, read) => {
      await inTask(async (cx, { server, runtime }) => {
        const reading = async () => read(await cx.fetch(server.http(path)));
        expectNetwork(await rejection(reading()));
        expect(runtime.counters().hostOps).toBe(0);
      });
    },
  );

  test("a connection that is reset when the first piece has come", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http("/reset-mid-body"));
      const pieces: string[] = [];
      const loop = async () => {
        for await (const piece of response.body) {
          pieces.push(new TextDecoder().decode(piece));
          await cx.foreign(() => server.step());
        }
      };
      expectNetwork(await rejection(loop()));
      expect(pieces).toEqual(["first ten!"]);
    });
  });
});

test("more bytes than were announced are not taken for a part of the body", async () => {
  await inTask(async (cx, { server }) => {
    // Node refuses such an answer at once; a browser takes what was announced.
    const reading = async () => (await cx.fetch(server.http("/long-body"))).text();
    if (isPage) expect(await reading()).toBe("first");
    else expect(await reading().catch((error: unknown) => error)).toSatisfy(isFirstOrNetwork);
  });
});

function isFirstOrNetwork(value: unknown): boolean {
  return value === "first" || (value as AsupersyncError).code === "NETWORK";
}

describe("what is slow", () => {
  test("headers are waited for", async () => {
    await inTask(async (cx, { server }) => {
      const pending = cx.fetch(server.http("/slow-headers"));
      await cx.foreign(() => server.until("arrived"));
      await cx.foreign(() => server.step());
      expect(await (await pending).json()).toEqual({ answer: 42 });
    });
  });

  test("a body comes piece by piece, as the server sends it", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http("/slow-body?count=3"));
      const pieces: string[] = [];
      await cx.foreign(() => server.step());
      for await (const piece of response.body) {
        pieces.push(new TextDecoder().decode(piece));
        await cx.foreign(() => server.step());
      }
      expect(pieces).toEqual(["piece 1;", "piece 2;", "piece 3;"]);
      await cx.foreign(() => server.until("finished"));
    });
  });
});

describe("redirects", () => {
  test("are followed, and said", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http("/redirect?hops=3"));
      expect(response.redirected).toBe(true);
      expect(response.url).toContain("/json?key=");
      expect(await response.json()).toEqual({ answer: 42 });
      const entries = await server.until("finished", 4);
      expect(entries.filter(({ kind }) => kind === "arrived")).toHaveLength(4);
    });
  });

  test("to another origin are followed too", async () => {
    await inTask(async (cx, { server }) => {
      const to = encodeURIComponent(server.otherHttp("/json"));
      const response = await cx.fetch(server.http(`/redirect?to=${to}`));
      expect(new URL(response.url).origin).toBe(new URL(server.otherHttp("/")).origin);
      expect(await response.json()).toEqual({ answer: 42 });
    });
  });

  test("are not followed by a request that handles them itself", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http("/redirect"), { redirect: "manual" });
      // A page is shown nothing of it but that it was one.
      expect(isPage ? response.type : response.status).toBe(isPage ? "opaqueredirect" : 302);
      response.body.cancel();
    });
  });
});

async function lastOf<T>(values: AsyncIterable<T>): Promise<T | undefined> {
  let last: T | undefined;
  for await (const value of values) last = value;
  return last;
}
