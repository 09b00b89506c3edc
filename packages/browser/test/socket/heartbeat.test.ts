/** Heartbeats: a peer that answers stays, one that is silent is closed with a typed reason. */
import { expect, test } from "vitest";
import type { Heartbeat } from "../../src/index.js";
import { failureOf, IS_NODE, valueFrom, withSockets } from "./support.js";

const HEARTBEAT: Heartbeat = {
  everyMs: 5,
  timeoutMs: 60_000,
  message: "text pong",
  isReply: (message) => message === "pong",
};

test("a peer that answers stays, and its answers are not received", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      let beats = 0;
      const socket = await cx.webSocket(server.socket("/command"), {
        heartbeat: {
          ...HEARTBEAT,
          message: () => {
            beats += 1;
            return beats === 4 ? "text four" : "text pong";
          },
        },
      });
      expect(await socket.receive()).toBe("four");
      expect(socket.state).toBe("open");
    });
  });
});

test("a peer that falls silent is closed with 4009, and those who wait fail with SOCKET_SILENT", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/mute"), {
        heartbeat: { everyMs: 5, timeoutMs: 20, message: "ping" },
        closeTimeoutMs: 20,
      });
      const error = await failureOf(socket.receive());
      expect(error).toMatchObject({
        code: "SOCKET_SILENT",
        close: { clean: false, by: "failure", failure: "silent" },
      });
    });
    await server.until("close-asked");
    if (!IS_NODE) await server.tellSockets("drop");
  });
});

test("any message is a sign of life", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      let beats = 0;
      const socket = await cx.webSocket(server.socket("/echo"), {
        heartbeat: {
          everyMs: 1,
          timeoutMs: 60_000,
          message: () => {
            beats += 1;
            return String(beats);
          },
        },
      });
      // Without isReply the answers are messages like any other.
      for (const text of ["1", "2", "3"]) expect(await socket.receive()).toBe(text);
    });
  });
});

test("what the caller's functions throw is told, and the socket goes on", async () => {
  const told: unknown[] = [];
  const had = globalThis.reportError;
  globalThis.reportError = (error: unknown) => void told.push(error);
  try {
    await withSockets(async ({ runtime, server }) => {
      await valueFrom(runtime, async (cx) => {
        const socket = await cx.webSocket(server.socket("/command"), {
          heartbeat: {
            everyMs: 5,
            timeoutMs: 60_000,
            message: () => {
              throw new Error("no beat");
            },
            isReply: () => {
              throw new Error("no idea");
            },
          },
        });
        await socket.send("text here");
        expect(await socket.receive()).toBe("here");
        while (!told.some((error) => (error as Error).message === "no beat")) await cx.sleep(1);
      });
    });
  } finally {
    globalThis.reportError = had;
  }
  expect(told.map((error) => (error as Error).message).sort()).toEqual(["no beat", "no idea"]);
});
