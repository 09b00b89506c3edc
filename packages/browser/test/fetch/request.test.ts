/** What a request is asked with reaches the server, and what is none is refused before anything is sent. */
import { describe, expect, test } from "vitest";
import type { FetchInit, FetchInput } from "../../src/index.js";
import { thrown } from "../support.js";
import { type Bench, inTask, isPage, kindsAt, rejection, withFetch } from "./support.js";

interface Mirrored {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the server saw of a request. */
async function mirrored(
  init: FetchInit,
  input: (bench: Bench) => FetchInput = ({ server }) => server.http("/mirror"),
): Promise<Mirrored> {
  let seen: Mirrored | undefined;
  await inTask(async (cx, bench) => {
    seen = await (await cx.fetch(input(bench), init)).json<Mirrored>();
  });
  return seen as Mirrored;
}

describe("the address", () => {
  test.each<[string, (bench: Bench) => FetchInput]>([
    ["a string", ({ server }) => server.http("/mirror")],
    ["a URL", ({ server }) => new URL(server.http("/mirror"))],
    ["a Request", ({ server }) => new Request(server.http("/mirror"))],
  ])("as %s", async (_, input) => {
    expect(await mirrored({}, input)).toMatchObject({ method: "GET", path: "/mirror" });
  });

  test("as a Request that brings all the rest, of which init overrides a part", async () => {
    const request = ({ server }: Bench) =>
      new Request(server.http("/mirror"), {
        method: "PUT",
        body: "sent",
        headers: { "x-test": "of the request" },
      });
    expect(await mirrored({}, request)).toMatchObject({
      method: "PUT",
      body: "sent",
      headers: { "x-test": "of the request" },
    });
    expect(await mirrored({ headers: { "x-test": "of init" } }, request)).toMatchObject({
      method: "PUT",
      headers: { "x-test": "of init" },
    });
  });

  test("that is relative is the page's; elsewhere there is nothing to resolve it by", async () => {
    await inTask(async (cx) => {
      if (isPage) {
        const response = await cx.fetch("?a=1");
        expect(new URL(response.url).origin).toBe(location.origin);
      } else {
        expect(thrown(() => cx.fetch("/api"))).toMatchObject({
          code: "INVALID_ARGUMENT",
          received: '"/api"',
        });
      }
    });
  });

  test("with data in it", async () => {
    await inTask(async (cx) => {
      expect(await (await cx.fetch("data:text/plain,hello")).text()).toBe("hello");
    });
  });
});

describe("the body", () => {
  test.each<[string, BodyInit, string, RegExp | undefined]>([
    ["text", "hello", "hello", /text\/plain/],
    ["bytes", new TextEncoder().encode("hello"), "hello", undefined],
    ["a buffer", new TextEncoder().encode("hello").buffer, "hello", undefined],
    ["a blob", new Blob(["hello"], { type: "text/x-own" }), "hello", /text\/x-own/],
    ["parameters", new URLSearchParams({ a: "b c" }), "a=b+c", /form-urlencoded/],
  ])("%s", async (_, body, text, type) => {
    const seen = await mirrored({ method: "POST", body });
    expect(seen).toMatchObject({ method: "POST", body: text });
    if (type === undefined) expect(seen.headers["content-type"]).toBeUndefined();
    else expect(seen.headers["content-type"]).toMatch(type);
  });

  test("a form", async () => {
    const body = new FormData();
    body.append("name", "value");
    const seen = await mirrored({ method: "POST", body });
    expect(seen.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
    expect(seen.body).toContain("value");
  });

  test("a stream: sent where the platform sends one over this protocol, typed where not", async () => {
    await inTask(async (cx, { server }) => {
      const body = new Blob(["streamed"]).stream();
      const pending = cx.fetch(server.http("/mirror"), { method: "POST", body });
      if (isPage) {
        // Chromium sends a stream over HTTP/2 only, and this server speaks HTTP/1.1.
        expect(await rejection(pending)).toMatchObject({
          code: "NETWORK",
          mend: expect.stringContaining("HTTP/2"),
        });
        expect(await kindsAt(server)).toEqual([]);
      } else {
        expect(await (await pending).json()).toMatchObject({ body: "streamed" });
      }
    });
  });

  test("that is still on its way is broken off when the task is cancelled", async () => {
    await withFetch(async ({ runtime, server }) => {
      // More than the buffers of any connection take up: to the server it ends before it is whole.
      const body = new Uint8Array(2 ** 26);
      const task = runtime.spawn((cx) =>
        cx.fetch(server.http("/stalled"), { method: "POST", body }),
      );
      await server.until("arrived");
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
      await server.step();
      await server.until("aborted");
    });
  });

  test("may still be on its way when the answer comes", async () => {
    await inTask(async (cx, { server }) => {
      const body = new Uint8Array(4_000_000);
      const pending = cx.fetch(server.http("/unread"), { method: "POST", body });
      await cx.foreign(() => server.until("arrived"));
      await cx.foreign(() => server.step());
      expect(await (await pending).json()).toEqual({ isUnread: true });
    });
  });
});

describe("the rest of RequestInit", () => {
  test.each(["GET", "POST", "PUT", "PATCH", "DELETE"])("method %s", async (method) => {
    expect((await mirrored({ method })).method).toBe(method);
  });

  test("headers of each form", async () => {
    for (const headers of [
      { "x-test": "1" },
      [["x-test", "1"]] as [string, string][],
      new Headers({ "x-test": "1" }),
    ]) {
      expect((await mirrored({ headers })).headers["x-test"]).toBe("1");
    }
  });

  // What the platform's own Request says of it: most of it no server can see.
  test.each<[string, FetchInit]>([
    ["credentials", { credentials: "include" }],
    ["cache", { cache: "no-store" }],
    ["redirect", { redirect: "manual" }],
    ["mode", { mode: "cors" }],
    ["referrerPolicy", { referrerPolicy: "no-referrer" }],
    ["referrer", { referrer: "" }],
    ["integrity", { integrity: "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }],
    ["keepalive", { keepalive: true }],
  ])("%s", async (name, init) => {
    let request: Request | undefined;
    const implementation = async (given: Request) => {
      request = given;
      return new Response(null);
    };
    await inTask((cx, { server }) => cx.fetch(server.http("/json"), init), {
      fetch: { implementation },
    });
    expect(request?.[name as "mode"]).toEqual(init[name as "mode"]);
  });

  test("priority is taken", async () => {
    expect(await mirrored({ priority: "high" })).toMatchObject({ method: "GET" });
  });

  test("integrity that does not fit fails the request", async () => {
    await inTask(async (cx, { server }) => {
      const init = { integrity: "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" };
      expect(await rejection(cx.fetch(server.http("/json"), init))).toMatchObject({
        code: "NETWORK",
      });
    });
  });
});

describe("is refused before anything is sent", () => {
  test.each<[string, unknown, unknown, string]>([
    ["no address", undefined, undefined, "INVALID_ARGUMENT"],
    ["a number", 7, undefined, "INVALID_ARGUMENT"],
    ["a likeness of a Request", { url: "http://localhost" }, undefined, "INVALID_ARGUMENT"],
    ["an address that is none", "http://", undefined, "INVALID_ARGUMENT"],
    ["an address with a password", "http://a:b@localhost", undefined, "INVALID_ARGUMENT"],
    ["init that is none", undefined, 7, "INVALID_ARGUMENT"],
    ["a Request as init", undefined, new Request("http://localhost"), "INVALID_ARGUMENT"],
    ["an unknown key", undefined, { header: {} }, "INVALID_ARGUMENT"],
    ["a signal that is none", undefined, { signal: {} }, "INVALID_ARGUMENT"],
    ["a body of a GET", undefined, { body: "x" }, "INVALID_ARGUMENT"],
    ["a header that is none", undefined, { headers: { "a b": "c" } }, "INVALID_ARGUMENT"],
    ["a method that is none", undefined, { method: "a b" }, "INVALID_ARGUMENT"],
    ["a negative time", undefined, { timeoutMs: -1 }, "INVALID_NUMBER"],
    ["no number as time", undefined, { timeoutMs: Number.NaN }, "INVALID_NUMBER"],
    ["half a byte", undefined, { bodyBytesMax: 0.5 }, "INVALID_NUMBER"],
    ["an expectation that is none", undefined, { expect: 200 }, "INVALID_ARGUMENT"],
    ["a listener that is none", undefined, { onUploadProgress: 1 }, "INVALID_ARGUMENT"],
    ["another that is none", undefined, { onDownloadProgress: 1 }, "INVALID_ARGUMENT"],
  ])("%s", async (_, input, init, code) => {
    await inTask(async (cx, { server, runtime }) => {
      const address = input === undefined && init !== undefined ? server.http("/json") : input;
      expect(thrown(() => cx.fetch(address as never, init as never))).toMatchObject({ code });
      expect(runtime.counters().hostOps).toBe(0);
      expect(await kindsAt(server)).toEqual([]);
    });
  });

  test("a Request that was sent before, with the platform's own error as the cause", async () => {
    await inTask(async (cx, { server }) => {
      const request = new Request(server.http("/echo"), { method: "POST", body: "once" });
      expect(await (await cx.fetch(request)).text()).toBe("once");
      const error = thrown(() => cx.fetch(request));
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT", cause: expect.any(TypeError) });
    });
  });
});

test("the label shows path and host, and keeps query and fragment to itself", async () => {
  await withFetch(async ({ runtime, server }) => {
    const address = `${server.http("/hang?token=secret")}#part`;
    const task = runtime.spawn((cx) => cx.fetch(address));
    await server.until("arrived");
    const [node] = runtime.snapshot().root.children;
    expect(node).toMatchObject({
      type: "task",
      children: [{ type: "host-op", label: `fetch ${server.origin}/hang`, state: "submitted" }],
    });
    task.cancel();
    await task.join();
  });
});
