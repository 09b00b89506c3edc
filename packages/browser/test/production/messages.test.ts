/**
 * The messages of requests and sockets in a production build, which has none of the table's texts: each
 * says by itself what happened.
 */
import { expect, test } from "vitest";
import { type AsupersyncError, type Cx, createRuntime } from "../../src/index.js";
import { implementation, PATIENT } from "../socket/support.js";
import { faults } from "../support.js";

const server = faults();
const { origin } = server;
const socketLabel = (path: string) => `socket ${origin.replace("http", "ws")}/socket${path}`;

test.each<[string, (cx: Cx) => unknown]>([
  [
    `HTTP_STATUS: got status 503 Service Unavailable from fetch ${origin}/status/503`,
    (cx) => cx.fetch(server.http("/status/503"), { expect: "ok" }),
  ],
  [
    `NETWORK: got none to fetch ${origin}/reset-before-headers (fetch failed)`,
    (cx) => cx.fetch(server.http("/reset-before-headers")),
  ],
  [
    `BODY_USED: got the body of fetch ${origin}/json, which was read before`,
    async (cx) => {
      const response = await cx.fetch(server.http("/json"));
      await response.text();
      return response.text();
    },
  ],
  [
    `INVALID_JSON: got "no" from fetch ${origin}/text, status 200: Unexpected token`,
    async (cx) => (await cx.fetch(server.http("/text?body=no"))).json(),
  ],
  [
    `ORIGIN_NOT_ALLOWED: got http://elsewhere.example, which is not listed`,
    (cx) => cx.fetch("http://elsewhere.example/secret"),
  ],
  [
    `SOCKET_FAILED: got ${socketLabel("/refuse")}, refused or not reached`,
    (cx) => cx.webSocket(server.socket("/refuse")),
  ],
  [
    `SOCKET_CLOSED: got ${socketLabel("/drop")}, whose connection was lost (code 1006)`,
    async (cx) => (await cx.webSocket(server.socket("/drop"))).receive(),
  ],
  [
    `SOCKET_CLOSED: got ${socketLabel("/close")}, closed by the peer (code 4001 "signed out")`,
    async (cx) => {
      const address = server.socket("/close?code=4001&reason=signed%20out");
      return (await cx.webSocket(address)).receive();
    },
  ],
  [
    `SOCKET_CLOSED: got ${socketLabel("/echo")}, closed by this side (code 1000)`,
    async (cx) => {
      const socket = await cx.webSocket(server.socket("/echo"), PATIENT);
      await socket.close();
      await socket.send("late");
    },
  ],
  [
    `SOCKET_SILENT: got ${socketLabel("/mute")}, closed because the peer was silent at a heartbeat (code 1006)`,
    async (cx) => {
      const heartbeat = { everyMs: 1, timeoutMs: 1, message: "ping" };
      const address = server.socket("/mute");
      return (await cx.webSocket(address, { heartbeat, closeTimeoutMs: 10 })).receive();
    },
  ],
])("%s", async (message, body) => {
  await using runtime = await createRuntime({
    webSocket: { implementation },
    allowedOrigins: [origin],
  });
  const outcome = await runtime.run(async (cx) => body(cx));
  expect(outcome.kind === "err" && (outcome.error as AsupersyncError).message).toContain(message);
});
