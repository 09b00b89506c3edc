/** The examples of the guide's page on requests, run as they stand there. */
import { AsupersyncError, type Cx, createRuntime, HttpStatusError } from "@asupersync/browser";
import { expect, test } from "vitest";
import { deferred, faults } from "../support.js";

const script = (...turns: readonly object[]) =>
  `/script?turns=${encodeURIComponent(JSON.stringify(turns))}`;

test("a search that is cancelled sends nothing, or is aborted at the server", async () => {
  const server = faults();
  const api = server.http("/text?body=%5B%22found%22%5D");
  const search = async (cx: Cx, words: string): Promise<string[]> => {
    await cx.sleep(20); // cancelled here, nothing is sent
    const response = await cx.fetch(`${api}&q=${encodeURIComponent(words)}`, { expect: "ok" });
    return response.json<string[]>(); // cancelled here, the server sees the connection close
  };
  const runtime = await createRuntime();
  const early = runtime.spawn((cx) => search(cx, "a"));
  early.cancel();
  expect((await early.join()).kind).toBe("cancelled");
  expect(await server.entries()).toEqual([]);
  expect(await runtime.spawn((cx) => search(cx, "b")).result()).toEqual(["found"]);
  await runtime.close();
});

test("what may go wrong is told apart", async () => {
  const server = faults();
  const load = async (cx: Cx, address: string): Promise<string> => {
    try {
      const response = await cx.fetch(address, { expect: "ok", timeoutMs: 5_000 });
      return await response.text();
    } catch (error) {
      if (error instanceof HttpStatusError) return `no: ${await error.response.text()}`;
      if (error instanceof AsupersyncError && error.code === "NETWORK") return "offline?";
      throw error; // a cancellation among others: let it pass
    }
  };
  const runtime = await createRuntime();
  const loaded = (path: string) => runtime.spawn((cx) => load(cx, server.http(path))).result();
  expect(await loaded("/json")).toBe('{"answer":42}');
  expect(await loaded("/status/503")).toBe("no: status 503");
  expect(await loaded("/reset-before-headers")).toBe("offline?");
  await runtime.close();
});

test("rows and events come one by one", async () => {
  const server = faults();
  const runtime = await createRuntime();
  const rows = server.http('/text?body={"id":1}%0A{"id":2}%0A');
  const found = await runtime.run(async (cx) => {
    const ids: number[] = [];
    const response = await cx.fetch(rows);
    for await (const row of response.ndjson<{ id: number }>()) {
      ids.push(row.id);
      if (ids.length === 2) break; // the rest is not fetched
    }
    return ids;
  });
  expect(found).toEqual({ kind: "ok", value: [1, 2] });

  const shown: string[] = [];
  const show = (text: string) => void shown.push(text);
  const prices = server.http(script({ pieces: ["event: price\ndata: 7\n\n"] }, { status: 204 }));
  const ended = await runtime.run(async (cx) => {
    const response = await cx.fetch(prices, { expect: "ok" });
    for await (const { event, data } of response.sse({ reconnect: { pauseMs: 10 } })) {
      show(`${event} ${data}`);
    }
  });
  expect(ended.kind).toBe("ok");
  expect(shown).toEqual(["price 7"]);
  await runtime.close();
});

test("a signal of one's own ends one request", async () => {
  const server = faults();
  const runtime = await createRuntime();
  const file = server.http("/hang");
  const button = new EventTarget();
  const run = runtime.run(async (cx) => {
    const skip = new AbortController();
    button.addEventListener("click", () => skip.abort("skipped"), { once: true });
    try {
      return await (await cx.fetch(file, { signal: skip.signal })).text();
    } catch (error) {
      if (error === "skipped") return "without it"; // the task goes on
      throw error;
    }
  });
  await server.until("arrived");
  button.dispatchEvent(new Event("click"));
  expect(await run).toEqual({ kind: "ok", value: "without it" });
  await runtime.close();
});

test("bodies of every form", async () => {
  const answers: Record<string, () => Response> = {
    "/avatar": () => new Response(new Uint8Array(3)),
    "/form": () => new Response(new URLSearchParams({ name: "Ada" })),
    "/log": () => new Response("one\ntwo\n"),
  };
  const implementation = async (request: Request): Promise<Response> =>
    answers[new URL(request.url).pathname]?.() ?? Response.error();
  const runtime = await createRuntime({ fetch: { implementation } });
  const [avatar, form, journal] = ["/avatar", "/form", "/log"].map(
    (path) => new URL(path, "https://example.com"),
  ) as [URL, URL, URL];
  const lines: string[] = [];
  const outcome = await runtime.run(async (cx) => {
    const picture = await (await cx.fetch(avatar)).blob();
    const profile = await (await cx.fetch(form)).formData();
    const log = await cx.fetch(journal);
    for await (const line of log.lines({ lineCharsMax: 10_000 })) lines.push(line);
    return [picture.size, profile.get("name")];
  });
  expect(outcome).toEqual({ kind: "ok", value: [3, "Ada"] });
  expect(lines).toEqual(["one", "two"]);
  await runtime.close();
});

test("progress is told", async () => {
  const server = faults();
  const runtime = await createRuntime();
  const file = server.http("/big?bytes=100000");
  const parts: number[] = [];
  const draw = (part: number) => void parts.push(part);
  const outcome = await runtime.run(async (cx) => {
    const response = await cx.fetch(file, {
      onDownloadProgress: ({ loaded, total }) => draw(total === undefined ? 0 : loaded / total),
    });
    return response.bytes();
  });
  expect(outcome).toMatchObject({ kind: "ok", value: { byteLength: 100_000 } });
  expect(parts.at(-1)).toBe(1);
  await runtime.close();
});

test("progress of an upload is told", async () => {
  const target = "https://example.com/files";
  const implementation = async (request: Request): Promise<Response> =>
    new Response(String((await request.arrayBuffer()).byteLength));
  const runtime = await createRuntime({ fetch: { implementation } });
  const file = new Blob([new Uint8Array(100_000)]);
  const parts: number[] = [];
  const draw = (part: number) => void parts.push(part);
  await runtime.run(async (cx) => {
    await cx.fetch(target, {
      method: "POST",
      body: file,
      onUploadProgress: ({ loaded, total = file.size }) => draw(loaded / total),
    });
  });
  expect(parts.at(-1)).toBe(1);
  await runtime.close();
});

test("the origins are listed in one line", async () => {
  const elsewhere = faults().http("/json");
  const runtime = await createRuntime({ allowedOrigins: ["https://api.example.com"] });
  const outcome = await runtime.run((cx) => cx.fetch(elsewhere));
  expect(outcome.kind === "err" && outcome.error).toMatchObject({ code: "ORIGIN_NOT_ALLOWED" });
  await runtime.close();
});

test("a fetch of one's own answers in tests", async () => {
  const asked = deferred<string>();
  const runtime = await createRuntime({
    fetch: {
      implementation: async (request) => {
        asked.resolve(`${request.method} ${request.url}`);
        return Response.json({ id: 7 });
      },
    },
  });
  const outcome = await runtime.run(async (cx) => {
    const response = await cx.fetch("https://api.example.com/rows", { method: "POST" });
    return response.json();
  });
  expect(outcome).toEqual({ kind: "ok", value: { id: 7 } });
  expect(await asked.promise).toBe("POST https://api.example.com/rows");
  await runtime.close();
});
