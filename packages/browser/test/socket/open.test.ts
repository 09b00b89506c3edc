/** Opening: what is given, how it fails, and what a cancellation does meanwhile. */
import { expect, test } from "vitest";
import {
  createRuntime,
  type PlatformSocket,
  type Socket,
  SocketError,
  TimeoutError,
} from "../../src/index.js";
import { faults, forBothKinds, idle, thrown } from "../support.js";
import { failureOf, IS_NODE, PATIENT, valueFrom, withSockets } from "./support.js";

forBothKinds((body) => {
  test("a socket is open when it is given, echoes, and is closed with 1000 at the end of the body", async () => {
    await withSockets(async ({ runtime, server }) => {
      const url = server.socket("/echo");
      let opened: Socket | undefined;
      const outcome = await runtime.run(
        body(function* (cx) {
          const socket = yield* cx.webSocket(url, PATIENT);
          expect(socket.state).toBe("open");
          expect(socket.url).toBe(url);
          expect(socket.protocol).toBe("");
          opened = socket;
          yield* socket.send("hello");
          const text = yield* socket.receive();
          yield* socket.send(new Uint8Array([1, 2, 3]));
          return [text, yield* socket.receive()];
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: ["hello", new Uint8Array([1, 2, 3])] });
      // The task has ended after the peer's answer.
      const close = { code: 1000, reason: "", clean: true, by: "us", failure: undefined };
      expect(opened).toMatchObject({ state: "closed", ended: close });
      const entries = (await server.until("close")).filter(({ kind }) => kind !== "gone");
      const kinds = ["arrived", "open", "message", "message", "close"];
      expect(entries.map(({ kind }) => kind)).toEqual(kinds);
      expect(entries[4]?.detail).toEqual({ code: 1000, reason: "" });
    });
  });
});

test("the peer's choice among the protocols offered is known", async () => {
  await withSockets(async ({ runtime, server }) => {
    const chosen = await valueFrom(runtime, async (cx) => {
      const first = await cx.webSocket(server.socket("/echo"), { protocols: ["v2", "v1"] });
      const asked = await cx.webSocket(server.socket("/echo?protocol=v1"), {
        protocols: ["v2", "v1"],
      });
      const one = await cx.webSocket(server.socket("/echo"), { protocols: "only" });
      return [first.protocol, asked.protocol, one.protocol];
    });
    expect(chosen).toEqual(["v2", "v1", "only"]);
    const arrived = (await server.entries()).find(({ kind }) => kind === "arrived");
    expect(arrived?.detail).toMatchObject({ protocols: expect.stringMatching(/^v2, ?v1$/) });
  });
});

test.each([
  ["a refusal with 401", "/refuse?status=401"],
  ["a refusal with 503", "/refuse?status=503"],
  ["an unknown address", "/nowhere"],
  ["a proof that is wrong", "/bad-accept"],
  ["a connection that breaks in the handshake", "/cut-handshake"],
  ["a protocol that was not offered", "/echo?protocol=other"],
])("%s fails the opening with SOCKET_FAILED", async (_, path) => {
  await withSockets(async ({ runtime, server }) => {
    const error = (await valueFrom(runtime, async (cx) =>
      failureOf(cx.webSocket(server.socket(path), { protocols: "mine" })),
    )) as SocketError;
    expect(error).toBeInstanceOf(SocketError);
    expect(error).toMatchObject({
      name: "SocketError",
      code: "SOCKET_FAILED",
      close: { clean: false, by: "failure", failure: "refused", code: 1006 },
    });
    expect(error.received).toMatch(/^socket ws:\/\/127\.0\.0\.1:\d+\/socket/);
    if (IS_NODE) expect(error.cause).toBeInstanceOf(Error);
  });
});

test("a server that is not there fails the opening with SOCKET_FAILED", async () => {
  await withSockets(async ({ runtime }) => {
    const outcome = await runtime.run((cx) => cx.webSocket("ws://127.0.0.1:1/"));
    expect(outcome).toMatchObject({ kind: "err", error: { code: "SOCKET_FAILED" } });
  });
});

test("one that is not open in time fails with TIMEOUT, and its connection is given up", async () => {
  await withSockets(async ({ runtime, server }) => {
    const error = await valueFrom(runtime, async (cx) =>
      failureOf(cx.webSocket(server.socket("/slow"), { openTimeoutMs: 30 })),
    );
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      code: "TIMEOUT",
      received: expect.stringMatching(/^socket ws:.*, which was not open after 30 ms$/),
    });
    await server.until("gone");
    expect((await server.entries()).map(({ kind }) => kind)).toEqual(["arrived", "gone"]);
  });
});

test("one that opens, speaks and closes before anybody can look is given all the same", async () => {
  /** A platform that tells all of it in one go. */
  class Hasty implements PlatformSocket {
    readonly readyState = 3;
    readonly bufferedAmount = 0;
    readonly protocol = "";
    binaryType = "blob";
    onopen: PlatformSocket["onopen"] = null;
    onmessage: PlatformSocket["onmessage"] = null;
    onerror: PlatformSocket["onerror"] = null;
    onclose: PlatformSocket["onclose"] = null;

    constructor() {
      queueMicrotask(() => {
        this.onopen?.({} as never);
        this.onmessage?.({ data: "only" } as never);
        this.onclose?.({ code: 1000, reason: "", wasClean: true } as never);
      });
    }

    send(): void {}
    close(): void {}
  }
  await withSockets(
    async ({ runtime }) => {
      await valueFrom(runtime, async (cx) => {
        const socket = await cx.webSocket("ws://hasty.example/");
        expect(socket.state).toBe("closed");
        const received: unknown[] = [];
        for await (const message of socket) received.push(message);
        expect(received).toEqual(["only"]);
      });
    },
    { webSocket: { implementation: Hasty } },
  );
});

test("one that is open in time is not given up later", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const opening = cx.webSocket(server.socket("/slow"), { openTimeoutMs: 60_000 });
      await cx.foreign(() => server.until("arrived"));
      await cx.foreign(() => server.tellSockets("release"));
      expect((await opening).state).toBe("open");
    });
  });
});

test("cancelled while it connects, it is closed once it is open, and nobody is told", async () => {
  await withSockets(async ({ runtime, server }) => {
    const task = runtime.spawn((cx) => cx.webSocket(server.socket("/slow"), PATIENT));
    await server.until("arrived");
    task.cancel("unmount");
    await idle(runtime);
    expect(task.state).not.toBe("completed");
    await server.tellSockets("release");
    expect(await task.join()).toMatchObject({ kind: "cancelled", cancel: { kind: "unmount" } });
    const entries = await server.until("close");
    expect(entries.find(({ kind }) => kind === "close")?.detail).toEqual({
      code: 1000,
      reason: "unmount",
    });
  });
});

test("cancelled while it connects to nobody, it is given up after closeTimeoutMs", async () => {
  await withSockets(async ({ runtime, server }) => {
    const task = runtime.spawn((cx) =>
      cx.webSocket(server.socket("/slow"), { closeTimeoutMs: 20 }),
    );
    await server.until("arrived");
    task.cancel();
    expect(await task.join()).toMatchObject({ kind: "cancelled" });
    await server.until("gone");
    expect((await server.entries()).map(({ kind }) => kind)).toEqual(["arrived", "gone"]);
  });
});

test("in a task that was cancelled before, nothing is sent to the server", async () => {
  await withSockets(async ({ runtime, server }) => {
    const task = runtime.spawn((cx) => {
      task.cancel();
      return cx.webSocket(server.socket("/echo"));
    });
    expect(await task.join()).toMatchObject({ kind: "cancelled" });
    expect(await server.entries()).toEqual([]);
  });
});

test("spawned and cancelled in one go, as StrictMode does, nothing is sent to the server", async () => {
  await withSockets(async ({ runtime, server }) => {
    const task = runtime.spawn((cx) => cx.webSocket(server.socket("/echo")));
    task.cancel("unmount");
    expect(await task.join()).toMatchObject({ kind: "cancelled" });
    expect(await server.entries()).toEqual([]);
  });
});

test.runIf(IS_NODE)("without any WebSocket it says so", async () => {
  await using runtime = await createRuntime();
  const had = globalThis.WebSocket;
  // Node 22 and later have one.
  Reflect.deleteProperty(globalThis, "WebSocket");
  try {
    const outcome = await runtime.run((cx) => cx.webSocket("ws://127.0.0.1:1/"));
    expect(outcome).toMatchObject({ kind: "err", error: { code: "WEBSOCKET_UNAVAILABLE" } });
  } finally {
    if (had !== undefined) globalThis.WebSocket = had;
  }
});

test("what is no address, option or protocol is refused, and nothing is sent to the server", async () => {
  await withSockets(async ({ runtime, server }) => {
    const url = server.socket("/echo");
    await valueFrom(runtime, async (cx) => {
      const codeOf = (url: unknown, options?: unknown): unknown =>
        thrown(() => cx.webSocket(url as string, options as object));
      const invalid = { code: "INVALID_ARGUMENT" };
      for (const address of [undefined, 7, {}, "ftp://host/", "ws://", ""]) {
        if (address === "" && !IS_NODE) continue;
        expect(codeOf(address)).toMatchObject(invalid);
      }
      for (const options of [
        7,
        { protocol: "x" },
        { protocols: ["a", "a"] },
        { protocols: "a b" },
        { protocols: [7] },
        { overflow: "lose" },
        { receiveBuffer: { message: 1 } },
        { heartbeat: { everyMs: 1, timeoutMs: 1 } },
        { heartbeat: { everyMs: 1, timeoutMs: 1, message: "x", isReply: 7 } },
        { decode: 7 },
        { encode: "json" },
        { label: 7 },
      ]) {
        expect(codeOf(url, options)).toMatchObject(invalid);
      }
      for (const options of [
        { openTimeoutMs: -1 },
        { openTimeoutMs: 1e16 },
        { heartbeat: { everyMs: 2 ** 31, timeoutMs: 1, message: "x" } },
        { closeTimeoutMs: Number.NaN },
        { closeTimeoutMs: 5_000 },
        { receiveBuffer: { messages: 0 } },
        { receiveBuffer: { bytes: 0.5 } },
        { highWaterBytes: -1 },
        { highWaterBytes: 10, lowWaterBytes: 11 },
        { heartbeat: { everyMs: 0, timeoutMs: 1, message: "x" } },
        { heartbeat: { everyMs: 1, timeoutMs: "1", message: "x" } },
      ]) {
        expect(codeOf(url, options)).toMatchObject({ code: "INVALID_NUMBER" });
      }
    });
    expect(await server.entries()).toEqual([]);
    const asked = createRuntime({ webSocket: { implementation: 7 as never } });
    await expect(asked).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const unknown = createRuntime({ webSocket: { other: 7 } as never });
    await expect(unknown).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

test("an origin that is not allowed is refused, and nothing is sent to the server", async () => {
  await withSockets(
    async ({ runtime, server }) => {
      await valueFrom(runtime, async (cx) => {
        const refused = { code: "ORIGIN_NOT_ALLOWED" };
        const url = server.socket("/echo");
        expect(thrown(() => cx.webSocket(url))).toMatchObject(refused);
        expect(thrown(() => cx.reconnectingSocket(url))).toMatchObject(refused);
      });
      expect(await server.entries()).toEqual([]);
    },
    { allowedOrigins: ["https://api.example.com"] },
  );
  const { host } = new URL(faults().socket("/"));
  await withSockets(
    async ({ runtime, server }) => {
      await valueFrom(runtime, async (cx) => cx.webSocket(server.socket("/echo")));
    },
    { allowedOrigins: [`http://${host}`] },
  );
});

test("its label leaves out the query, and stands in the tree", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      await cx.webSocket(`${server.socket("/echo")}&token=secret`);
      await cx.webSocket(server.socket("/echo"), { label: "prices" });
      const tree = JSON.stringify(runtime.snapshot());
      expect(tree).toContain("/socket/echo");
      expect(tree).toContain('"prices"');
      expect(tree).not.toContain("secret");
    });
  });
});
