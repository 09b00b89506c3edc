/** `cx.fetch` against a real server: what the server sees of it is what counts. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { FetchResponse } from "../src/index.js";
import { deferred, forBothKinds, idle, thrown, withRuntime } from "./support.js";

let server: Server;
let origin: string;
/** Resolves with the path of the next request that is aborted. */
let aborted = deferred<string>();
/** Resolves with the path of the next request that arrives. */
let arrived = deferred<string>();

beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

beforeEach(() => {
  aborted = deferred();
  arrived = deferred();
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? "";
  arrived.resolve(path);
  // The connection went before the response was whole: that is what an abort is at a server.
  response.on("close", () => {
    if (!response.writableFinished) aborted.resolve(path);
  });
  switch (path.split("?")[0]) {
    case "/json":
      response.setHeader("content-type", "application/json").end('{"answer":42}');
      break;
    case "/echo":
      request.pipe(response);
      break;
    case "/empty":
      response.writeHead(204).end();
      break;
    case "/broken":
      response.end("{");
      break;
    case "/pieces":
      response.write("one,");
      response.write("two,");
      response.end("three");
      break;
    case "/endless":
      response.write("first piece");
      break;
    case "/silent":
      break;
    default:
      response.writeHead(404).end("nothing here");
  }
}

forBothKinds((body) => {
  test("a response is read by its task", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          const response: FetchResponse = yield* cx.fetch(`${origin}/json`);
          expect(response).toMatchObject({ ok: true, status: 200, bodyUsed: false });
          expect(response.headers.get("content-type")).toBe("application/json");
          return yield* response.json();
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: { answer: 42 } });
      expect(runtime.counters().hostOps).toBe(0);
    });
  });

  test("a cancellation before the headers aborts the request at the server", async () => {
    await withRuntime(async (runtime) => {
      const task = runtime.spawn(
        body(function* (cx) {
          yield* cx.fetch(new URL("/silent?before-headers", origin));
        }),
      );
      await arrived.promise;
      task.cancel("navigation");
      expect(await task.join()).toMatchObject({
        kind: "cancelled",
        cancel: { kind: "navigation" },
      });
      expect(await aborted.promise).toBe("/silent?before-headers");
    });
  });

  test("a cancellation while the body is read aborts the request at the server", async () => {
    await withRuntime(async (runtime) => {
      const reading = deferred();
      const task = runtime.spawn(
        body(function* (cx) {
          const response: FetchResponse = yield* cx.fetch(`${origin}/endless?reading`);
          reading.resolve();
          yield* response.text();
        }),
      );
      await reading.promise;
      await idle(runtime);
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
      expect(await aborted.promise).toBe("/endless?reading");
    });
  });

  test("a body that is not read is let go with its task, and the connection with it", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          const response: FetchResponse = yield* cx.fetch(`${origin}/endless?unread`);
          return response.status;
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: 200 });
      expect(await aborted.promise).toBe("/endless?unread");
    });
  });

  test("the loser of a race is aborted at the server", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.race([
            body(function* (branch) {
              const response: FetchResponse = yield* branch.fetch(`${origin}/silent?loser`);
              return response.status;
            }),
            body(function* (branch) {
              yield* branch.foreign(() => arrived.promise);
              const response: FetchResponse = yield* branch.fetch(`${origin}/json?winner`);
              return yield* response.text();
            }),
          ]);
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: '{"answer":42}' });
      expect(await aborted.promise).toBe("/silent?loser");
    });
  });

  test("closing the runtime aborts what is on its way", async () => {
    const { report } = await withRuntime(async (runtime) => {
      runtime.spawn(
        body(function* (cx) {
          yield* cx.fetch(`${origin}/silent?close`);
        }),
      );
      await arrived.promise;
    });
    expect(await aborted.promise).toBe("/silent?close");
    expect(report).toMatchObject({ outcome: "clean", cancelled: 1, revoked: [] });
  });
});

describe("reading", () => {
  test.each<[string, (response: FetchResponse) => PromiseLike<unknown>, unknown]>([
    ["text", (response) => response.text(), "hello"],
    ["bytes", (response) => response.bytes(), new TextEncoder().encode("hello")],
    ["arrayBuffer", (response) => response.arrayBuffer(), new TextEncoder().encode("hello").buffer],
    ["blob", async (response) => (await response.blob()).size, 5],
  ])("%s", async (_, read, expected) => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(async (cx) => {
        const response = await cx.fetch(`${origin}/echo`, { method: "POST", body: "hello" });
        return read(response);
      });
      expect(outcome).toEqual({ kind: "ok", value: expected });
    });
  });

  test("a form", async () => {
    await withRuntime(async (runtime) => {
      const response = new URLSearchParams({ name: "value" });
      const outcome = await runtime.run(async (cx) => {
        const sent = await cx.fetch(`${origin}/echo`, { method: "POST", body: response });
        // The server echoes no content type, so the form cannot be told: the platform's own error.
        return sent.formData();
      });
      expect(outcome.kind).toBe("err");
    });
  });

  test("a response without a body is read as nothing and holds nothing", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(async (cx) => {
        const response = await cx.fetch(`${origin}/empty`);
        expect(runtime.counters().hostOps).toBe(0);
        const pieces: Uint8Array[] = [];
        const text = await response.text();
        const second = await cx.fetch(`${origin}/empty`);
        for await (const piece of second.body) pieces.push(piece);
        return [response.status, text, pieces];
      });
      expect(outcome).toEqual({ kind: "ok", value: [204, "", []] });
    });
  });

  test("what does not parse fails with the platform's own error", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(async (cx) => (await cx.fetch(`${origin}/broken`)).json());
      expect(outcome.kind === "err" && outcome.error).toBeInstanceOf(SyntaxError);
      expect(runtime.counters().hostOps).toBe(0);
    });
  });

  test("in pieces, to the end", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(async (cx) => {
        const response = await cx.fetch(`${origin}/pieces`);
        const decoder = new TextDecoder();
        let text = "";
        for await (const piece of response.body) text += decoder.decode(piece, { stream: true });
        return text;
      });
      expect(outcome).toEqual({ kind: "ok", value: "one,two,three" });
      expect(runtime.counters().hostOps).toBe(0);
    });
  });

  test("leaving the loop early frees the connection while the task goes on", async () => {
    await withRuntime(async (runtime) => {
      await runtime.run(async (cx) => {
        const response = await cx.fetch(`${origin}/endless?left`);
        for await (const piece of response.body) {
          expect(new TextDecoder().decode(piece)).toBe("first piece");
          break;
        }
        expect(await cx.foreign(() => aborted.promise)).toBe("/endless?left");
        expect(runtime.counters().hostOps).toBe(1);
      });
    });
  });

  test("body.cancel() frees the connection while the task goes on", async () => {
    await withRuntime(async (runtime) => {
      await runtime.run(async (cx) => {
        const response = await cx.fetch(`${origin}/endless?cancelled`);
        response.body.cancel();
        response.body.cancel();
        expect(await cx.foreign(() => aborted.promise)).toBe("/endless?cancelled");
        expect(runtime.counters().hostOps).toBe(1);
      });
    });
  });

  test("a cancellation in the middle of the pieces ends the loop with the CancelledError", async () => {
    await withRuntime(async (runtime) => {
      const piece = deferred();
      const task = runtime.spawn(async (cx) => {
        const response = await cx.fetch(`${origin}/endless?pieces`);
        for await (const _ of response.body) piece.resolve();
      });
      await piece.promise;
      task.cancel("unmount");
      expect(await task.join()).toMatchObject({ kind: "cancelled", cancel: { kind: "unmount" } });
      expect(await aborted.promise).toBe("/endless?pieces");
    });
  });

  test("twice is refused, and so is reading after the task has ended", async () => {
    await withRuntime(async (runtime) => {
      let kept: FetchResponse | undefined;
      await runtime.run(async (cx) => {
        const response = await cx.fetch(`${origin}/json`);
        await response.text();
        expect(response.bodyUsed).toBe(true);
        for (const read of [() => response.json(), () => response.body[Symbol.asyncIterator]()]) {
          expect(thrown(read)).toMatchObject({ code: "BODY_USED" });
        }
        kept = await cx.fetch(`${origin}/json`);
      });
      expect(kept?.status).toBe(200);
      expect(thrown(() => kept?.text())).toMatchObject({ code: "CX_ENDED" });
    });
  });
});

test("an HTTP error is a response, a network error is the platform's own", async () => {
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run(async (cx) => {
      const response = await cx.fetch(`${origin}/nowhere`);
      return [response.ok, response.status, await response.text()];
    });
    expect(outcome).toEqual({ kind: "ok", value: [false, 404, "nothing here"] });
    const failed = await runtime.run((cx) => cx.fetch("http://127.0.0.1:1/"));
    expect(failed.kind === "err" && failed.error).toBeInstanceOf(TypeError);
    const malformed = await runtime.run((cx) => cx.fetch("not a url"));
    expect(malformed.kind === "err" && malformed.error).toBeInstanceOf(TypeError);
    expect(runtime.counters().hostOps).toBe(0);
  });
});

test("the label shows method-less path and host, and keeps query and fragment to itself", async () => {
  await withRuntime(async (runtime) => {
    const task = runtime.spawn(async (cx) => {
      await cx.fetch(`${origin}/silent?token=secret#part`);
    });
    await arrived.promise;
    const [node] = runtime.snapshot().root.children;
    expect(node).toMatchObject({
      type: "task",
      children: [{ type: "host-op", label: `fetch ${origin}/silent`, state: "submitted" }],
    });
    task.cancel();
    await task.join();
  });
});

test.each<[unknown, unknown]>([
  [undefined, undefined],
  [7, undefined],
  [{ url: "/" }, undefined],
  ["/", 7],
  ["/", { signal: AbortSignal.timeout(60_000) }],
])("arguments that are none are refused: %s, %s", async (input, init) => {
  await withRuntime(async (runtime) => {
    await runtime.run((cx) => {
      expect(thrown(() => cx.fetch(input as never, init as never))).toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    });
    expect(runtime.counters().hostOps).toBe(0);
  });
});

test("cx.signal given to cx.fetch is what it has anyway", async () => {
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run(async (cx) => {
      const response = await cx.fetch(`${origin}/json`, { signal: cx.signal });
      return response.json();
    });
    expect(outcome).toEqual({ kind: "ok", value: { answer: 42 } });
  });
});
