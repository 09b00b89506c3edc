/** The types of sockets: what is received and sent follows from `decode` and `encode`. */
import { expectTypeOf, test } from "vitest";
import type {
  Cx,
  Op,
  ReconnectingSocket,
  Socket,
  SocketClose,
  SocketData,
  SocketMessage,
  SocketStatus,
  WebSocketImplementation,
} from "../../src/index.js";

type Incoming = { readonly type: "price"; readonly cents: number } | { readonly type: "halt" };
type Outgoing = { readonly subscribe: string };

/** Only its types are looked at. */
const types = (_: (cx: Cx) => Promise<void>): void => undefined;

test("without a codec, texts and bytes", () => {
  types(async (cx) => {
    expectTypeOf(cx.webSocket("/live")).toEqualTypeOf<Op<Socket>>();
    expectTypeOf(cx.webSocket(new URL("ws://h/"), { openTimeoutMs: 1 })).toEqualTypeOf<
      Op<Socket>
    >();
    const socket = await cx.webSocket("/live");
    expectTypeOf(socket.receive()).toEqualTypeOf<Op<SocketMessage | undefined>>();
    expectTypeOf(socket.send).parameter(0).toEqualTypeOf<SocketData>();
    expectTypeOf(socket.close()).toEqualTypeOf<Op<SocketClose>>();
    for await (const message of socket) {
      expectTypeOf(message).toEqualTypeOf<string | Uint8Array<ArrayBuffer>>();
    }
    // @ts-expect-error an object is not sent without an encode
    await socket.send({ subscribe: "x" });
    // @ts-expect-error there is no such option
    await cx.webSocket("/live", { protocol: "v1" });
    // @ts-expect-error there is no such policy
    await cx.webSocket("/live", { overflow: "lose" });
  });
});

test("with a codec, a union that narrows", () => {
  types(async (cx) => {
    const socket = await cx.webSocket("/live", {
      decode: (data) => JSON.parse(String(data)) as Incoming | undefined,
      encode: (value: Outgoing) => JSON.stringify(value),
    });
    expectTypeOf(socket).toEqualTypeOf<Socket<Incoming, Outgoing>>();
    expectTypeOf(socket.withCx(cx)).toEqualTypeOf<Socket<Incoming, Outgoing>>();
    for await (const message of socket) {
      if (message.type === "price") expectTypeOf(message.cents).toEqualTypeOf<number>();
      else expectTypeOf(message.type).toEqualTypeOf<"halt">();
    }
    await socket.send({ subscribe: "x" });
    // @ts-expect-error it takes what encode takes
    await socket.send("x");
  });
});

test("of a reconnecting socket the same, and a status that narrows", () => {
  types(async (cx) => {
    const socket = cx.reconnectingSocket("/live", {
      decode: (data) => JSON.parse(String(data)) as Incoming,
      resume: async (connection) => connection.send("hello"),
    });
    expectTypeOf(socket).toEqualTypeOf<ReconnectingSocket<Incoming, SocketData>>();
    expectTypeOf(socket.receive()).toEqualTypeOf<Op<Incoming | undefined>>();
    for await (const status of socket.statuses) {
      expectTypeOf(status).toEqualTypeOf<SocketStatus>();
      if (status.state === "waiting") expectTypeOf(status.pauseMs).toEqualTypeOf<number>();
    }
    // @ts-expect-error the options of reconnecting stand in `reconnect`
    cx.reconnectingSocket("/live", { attempts: 3 });
  });
});

test("the browser's WebSocket is an implementation", () => {
  expectTypeOf<typeof WebSocket>().toExtend<WebSocketImplementation>();
});
