/** What a reconnecting socket has accepted is sent before it ends, or somebody is told that it was not. */
import type { FaultClient } from "@asupersync/fault-server/client";
import { expect, test } from "vitest";
import {
  type ReconnectingSocketOptions,
  type RuntimeOptions,
  type UnobservedFailure,
  UnsentError,
} from "../../src/index.js";
import { implementation, PATIENT, valueFrom, withSockets } from "./support.js";

const FAST: ReconnectingSocketOptions = {
  reconnect: { pauseMs: 1, jitter: "none", waitsForOnline: false },
  ...PATIENT,
};

/** One that waits for a minute before it tries again. */
const SLOW: ReconnectingSocketOptions = {
  reconnect: { pauseMs: 60_000, jitter: "none", waitsForOnline: false },
  ...PATIENT,
};

const ONCE: ReconnectingSocketOptions = {
  ...FAST,
  reconnect: { ...FAST.reconnect, attempts: 1 },
};

/** Options that keep what is told to `onFailure`. */
function told(): { failures: UnobservedFailure[]; options: RuntimeOptions } {
  const failures: UnobservedFailure[] = [];
  return { failures, options: { onFailure: (failure) => void failures.push(failure) } };
}

/** The texts that the server got, once it has `count` of them. */
async function textsAt(server: FaultClient, count: number): Promise<unknown[]> {
  const entries = await server.until("message", count);
  return entries.filter(({ kind }) => kind === "message").map(({ detail }) => detail);
}

test("close sends what was accepted before the first connection", async () => {
  await withSockets(async ({ runtime, server }) => {
    const end = await valueFrom(runtime, async (cx) => {
      const socket = cx.reconnectingSocket(server.socket("/sink"), FAST);
      for (const text of ["a", "b", "c"]) await socket.send(text);
      return socket.close(4001, "done");
    });
    expect(end).toEqual({ state: "closed", error: undefined, unsent: 0 });
    expect(await textsAt(server, 3)).toEqual(["a", "b", "c"]);
    const close = (await server.until("close")).find(({ kind }) => kind === "close");
    expect(close?.detail).toEqual({ code: 4001, reason: "done" });
  });
});

test("the end of the body does too, and so does leaving an await using socket", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      await cx.reconnectingSocket(server.socket("/sink"), FAST).send("of the body");
    });
    expect(await textsAt(server, 1)).toEqual(["of the body"]);
    await valueFrom(runtime, async (cx) => {
      await using socket = cx.reconnectingSocket(server.socket("/sink"), FAST);
      await socket.send("of the block");
    });
    expect(await textsAt(server, 2)).toEqual(["of the body", "of the block"]);
  });
});

test("after the resume, which comes first", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = cx.reconnectingSocket(server.socket("/sink"), {
        ...FAST,
        resume: (connection) => connection.send("resumed"),
      });
      await socket.send("queued");
      expect((await socket.close()).unsent).toBe(0);
    });
    expect(await textsAt(server, 2)).toEqual(["resumed", "queued"]);
  });
});

test.each(["close", "the end of the body"])("%s cuts a pause short for it", async (how) => {
  let count = 0;
  const refusedOnce = class extends implementation {
    constructor(url: string, protocols: string[]) {
      super(count === 0 ? url.replace("/sink", "/refuse") : url, protocols);
      count += 1;
    }
  };
  await withSockets(
    async ({ runtime, server }) => {
      await valueFrom(runtime, async (cx) => {
        const socket = cx.reconnectingSocket(server.socket("/sink"), SLOW);
        await socket.send("queued");
        for await (const { state } of socket.statuses) {
          if (state === "waiting") break;
        }
        if (how === "close") expect((await socket.close()).unsent).toBe(0);
      });
      expect(await textsAt(server, 1)).toEqual(["queued"]);
    },
    { webSocket: { implementation: refusedOnce } },
  );
});

test("a send while it closes is refused", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = cx.reconnectingSocket(server.socket("/sink"), FAST);
      await socket.send("queued");
      const closing = socket.close();
      const late = socket.send("late").then(
        () => "sent",
        (error: { code: string }) => error.code,
      );
      expect(await late).toBe("SOCKET_CLOSED");
      expect((await closing).unsent).toBe(0);
    });
    expect(await textsAt(server, 1)).toEqual(["queued"]);
  });
});

test("where there is no server, close says how many are left and why; nobody else is told", async () => {
  const { failures, options } = told();
  await withSockets(async ({ runtime, server }) => {
    const end = await valueFrom(runtime, async (cx) => {
      const socket = cx.reconnectingSocket(server.socket("/refuse"), FAST);
      for (const text of ["a", "b"]) await socket.send(text);
      return socket.close();
    });
    expect(end).toMatchObject({ state: "closed", unsent: 2, error: { code: "SOCKET_FAILED" } });
  }, options);
  expect(failures).toEqual([]);
});

test("a connection that is not made in time is waited for no longer than closeTimeoutMs", async () => {
  const { failures, options } = told();
  await withSockets(async ({ runtime, server }) => {
    const address = server.socket("/slow");
    const end = await valueFrom(runtime, async (cx) => {
      const socket = cx.reconnectingSocket(address, { ...FAST, closeTimeoutMs: 30 });
      await socket.send("a");
      return socket.close();
    });
    expect(end).toMatchObject({ unsent: 1 });
    await valueFrom(runtime, async (cx) => {
      await cx.reconnectingSocket(address, { ...FAST, closeTimeoutMs: 30 }).send("b");
    });
  }, options);
  expect(failures).toMatchObject([{ error: { code: "SOCKET_UNSENT", unsent: 1 } }]);
});

test.each(["the end of the body", "await using", "a throw"])(
  "with %s nobody asks, and onFailure is told how many were left",
  async (how) => {
    const { failures, options } = told();
    await withSockets(async ({ runtime, server }) => {
      await runtime.run(async (cx) => {
        const socket = cx.reconnectingSocket(server.socket("/refuse"), ONCE);
        for (const text of ["a", "b"]) await socket.send(text);
        if (how === "a throw") throw new Error("of the body");
        if (how === "await using") await socket[Symbol.asyncDispose]();
      });
    }, options);
    expect(failures.map(({ error }) => error)).toEqual([expect.any(UnsentError)]);
    expect(failures).toMatchObject([
      {
        label: expect.stringContaining("/refuse"),
        error: { code: "SOCKET_UNSENT", unsent: 2, name: "UnsentError" },
      },
    ]);
    if (how !== "a throw") {
      expect(failures).toMatchObject([{ error: { cause: { code: "SOCKET_FAILED" } } }]);
    }
  },
);

test("given up with nobody waiting, it is told at once what was left", async () => {
  const { failures, options } = told();
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = cx.reconnectingSocket(server.socket("/refuse"), ONCE);
      await socket.send("a");
      while (failures.length === 0) await cx.sleep(1);
      expect(await socket.closed()).toMatchObject({ unsent: 1, error: { code: "SOCKET_FAILED" } });
    });
  }, options);
  expect(failures).toMatchObject([{ error: { code: "SOCKET_UNSENT", unsent: 1 } }]);
});

test("given up without anything queued, it is told at the end of the body if nobody was", async () => {
  const { failures, options } = told();
  await withSockets(async ({ runtime, server }) => {
    for (const asks of [false, true]) {
      await valueFrom(runtime, async (cx) => {
        const socket = cx.reconnectingSocket(server.socket("/refuse"), ONCE);
        while (socket.status.state !== "closed") await cx.sleep(1);
        if (asks) await expect(socket.receive()).rejects.toMatchObject({ code: "SOCKET_FAILED" });
      });
    }
  }, options);
  expect(failures).toMatchObject([{ error: { code: "SOCKET_FAILED" } }]);
});

test("cancelled while it connects, it sends what was accepted before its close", async () => {
  await withSockets(async ({ runtime, server }) => {
    const task = runtime.spawn(async (cx) => {
      const socket = cx.reconnectingSocket(server.socket("/slow"), FAST);
      await socket.send("queued");
      await socket.receive();
    });
    await server.until("arrived");
    task.cancel("navigation");
    await server.tellSockets("release");
    expect((await task.join()).kind).toBe("cancelled");
    const entries = await server.until("close");
    const seen = entries.filter(({ kind }) => kind === "message" || kind === "close");
    expect(seen).toEqual([
      { kind: "message", detail: { isBinary: false, bytes: 6 } },
      { kind: "close", detail: { code: 1000, reason: "navigation" } },
    ]);
  });
});

test("cancelled before it could resume, it sends nothing, and onFailure is told", async () => {
  const { failures, options } = told();
  await withSockets(async ({ runtime, server }) => {
    const task = runtime.spawn(async (cx) => {
      const socket = cx.reconnectingSocket(server.socket("/slow"), {
        ...FAST,
        resume: (connection) => connection.send("resumed"),
      });
      await socket.send("queued");
      await socket.receive();
    });
    await server.until("arrived");
    task.cancel();
    await server.tellSockets("release");
    await task.join();
    const entries = await server.until("close");
    expect(entries.filter(({ kind }) => kind === "message")).toEqual([]);
  }, options);
  expect(failures).toMatchObject([{ error: { code: "SOCKET_UNSENT", unsent: 1 } }]);
});
