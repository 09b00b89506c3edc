/** The examples of docs/guide/websocket.md, which shows them word for word. */
import { expect, test } from "vitest";
import { type Cx, createRuntime, SocketError } from "../../src/index.js";
import { implementation, valueFrom, withSockets } from "../socket/support.js";

const shown: unknown[] = [];
const show = (value: unknown): void => void shown.push(value);

test("open, send, receive", async () => {
  await withSockets(async ({ runtime, server }) => {
    const address = server.socket("/echo");
    const live = async (cx: Cx) => {
      const socket = await cx.webSocket(address, { openTimeout: 5_000 });
      await socket.send("hello");
      for await (const message of socket) {
        show(message);
        await socket.close(); // the loop ends when everything was received
      }
    };
    shown.length = 0;
    await valueFrom(runtime, live);
    expect(shown).toEqual(["hello"]);
  });
});

test("the protocol that the peer took", async () => {
  await withSockets(async ({ runtime, server }) => {
    const address = server.socket("/echo?protocol=chat.v1");
    const body = async (cx: Cx) => {
      const socket = await cx.webSocket(address, { protocols: ["chat.v2", "chat.v1"] });
      const isOld = socket.protocol === "chat.v1";
      return isOld;
    };
    expect(await valueFrom(runtime, body)).toBe(true);
  });
});

test("one task receives, another sends", async () => {
  await withSockets(async ({ runtime, server }) => {
    const address = server.socket("/echo");
    const body = async (cx: Cx) => {
      const socket = await cx.webSocket(address);
      await cx.all([
        async (reader) => {
          for await (const message of socket.withCx(reader)) {
            if (message === "9") break;
          }
        },
        async (writer) => {
          const own = socket.withCx(writer);
          for (let count = 0; count < 10; count += 1) await own.send(String(count));
        },
      ]);
    };
    await valueFrom(runtime, body);
  });
});

test("messages of your own", async () => {
  await withSockets(async ({ runtime, server }) => {
    const address = server.socket("/command");
    const body = async (cx: Cx) => {
      type Message = { type: "price"; cents: number } | { type: "halt" };

      const socket = await cx.webSocket(address, {
        decode: (data) => JSON.parse(String(data)) as Message,
        encode: (command: string[]) => command.join(" "),
      });
      await socket.send(["text", JSON.stringify({ type: "price", cents: 250 })]);
      const message = await socket.receive();
      if (message?.type === "price") show(message.cents);
    };
    shown.length = 0;
    await valueFrom(runtime, body);
    expect(shown).toEqual([250]);
  });
});

test("how it ended", async () => {
  await withSockets(async ({ runtime, server }) => {
    const address = server.socket("/close?code=4001&reason=signed%20out");
    const body = async (cx: Cx) => {
      const socket = await cx.webSocket(address);
      try {
        for await (const message of socket) show(message);
      } catch (error) {
        if (!(error instanceof SocketError)) throw error;
        show([error.code, error.close?.by, error.close?.code, error.close?.reason]);
      }
    };
    shown.length = 0;
    await valueFrom(runtime, body);
    expect(shown).toEqual([["SOCKET_CLOSED", "peer", 4001, "signed out"]]);
  });
});

test("reconnecting", async () => {
  await withSockets(async ({ runtime, server }) => {
    const address = server.socket("/command");
    const body = async (cx: Cx) => {
      const socket = cx.reconnectingSocket(address, {
        reconnect: { pauseMs: 250, pauseMaxMs: 10_000 },
        resume: (connection) => connection.send("subscribe"),
        heartbeat: {
          every: 20_000,
          timeout: 5_000,
          message: "text pong",
          isReply: (message) => message === "pong",
        },
      });
      cx.spawn(async (child) => {
        for await (const status of socket.withCx(child).statuses) show(status.state);
      });
      await socket.send("text hello"); // waits in the queue until there is a connection
      show(await socket.receive());
      await socket.close();
    };
    shown.length = 0;
    await valueFrom(runtime, body);
    expect(shown).toEqual(["connecting", "open", "hello", "closed"]);
    const messages = (await server.until("message")).filter(({ kind }) => kind === "message");
    expect(messages).toEqual([{ kind: "message", detail: "subscribe" }]);
  });
});

test("where there is no WebSocket", async () => {
  await withSockets(async ({ server }) => {
    const WebSocket = implementation;
    const address = server.socket("/echo");
    await using runtime = await createRuntime({ webSocket: { implementation: WebSocket } });
    const outcome = await runtime.run((cx) => cx.webSocket(address).then(({ state }) => state));
    expect(outcome).toEqual({ kind: "ok", value: "open" });
  });
});
