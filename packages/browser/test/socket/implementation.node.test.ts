/** The class of the package `ws` is an implementation as it is, types included. */
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { createRuntime } from "../../src/index.js";
import { faults } from "../support.js";

test("the WebSocket of the package ws is passed as it is", async () => {
  await using runtime = await createRuntime({ webSocket: { implementation: WebSocket } });
  const outcome = await runtime.run(async (cx) => {
    const socket = await cx.webSocket(faults().socket("/echo"));
    await socket.send("hello");
    return socket.receive();
  });
  expect(outcome).toEqual({ kind: "ok", value: "hello" });
});
