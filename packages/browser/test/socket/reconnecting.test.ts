/** Reconnecting: when it connects again, what it keeps meanwhile, and when it gives up. */
import { expect, test } from "vitest";
import type { ReconnectingSocketOptions, SocketStatus } from "../../src/index.js";
import { deferred, idle, thrown } from "../support.js";
import { failureOf, IS_NODE, implementation, PATIENT, valueFrom, withSockets } from "./support.js";

const FAST: ReconnectingSocketOptions = {
  reconnect: { pauseMs: 1, jitter: "none", waitsForOnline: false },
  ...PATIENT,
};

/** An implementation whose every second connection goes to `other`; it says what was connected to. */
function rerouted(route: (count: number, url: string) => string) {
  let count = 0;
  return class extends implementation {
    constructor(url: string, protocols: string[]) {
      super(route(count, url), protocols);
      count += 1;
    }
  };
}

test("it connects again after a loss, resumes first, and its users notice nothing", async () => {
  await withSockets(async ({ runtime, server }) => {
    const states: string[] = [];
    await valueFrom(runtime, async (cx) => {
      let resumed = 0;
      const socket = cx.reconnectingSocket(server.socket("/command"), {
        ...FAST,
        resume: async (connection) => {
          resumed += 1;
          await connection.send(`text hello ${resumed}`);
          // The answer is the hook's own: nobody else gets it.
          expect(await connection.receive()).toBe(`hello ${resumed}`);
        },
      });
      cx.spawn(async (child) => {
        for await (const { state } of socket.withCx(child).statuses) states.push(state);
      });
      expect(socket.status).toEqual({ state: "connecting", attempt: 1 });
      await socket.opened();
      await socket.send("text one");
      await socket.send("drop");
      const received: unknown[] = [];
      for await (const message of socket) {
        received.push(message);
        if (message === "one") {
          while (resumed < 2) await cx.sleep(1);
          await socket.send("text two");
        } else await socket.close();
      }
      expect(received).toEqual(["one", "two"]);
      expect(socket.status).toEqual({ state: "closed", error: undefined, unsent: 0 });
    });
    expect(states).toEqual(["connecting", "open", "waiting", "connecting", "open", "closed"]);
  });
});

test("a child that never asks for it ends with its body: the socket is closed", async () => {
  await withSockets(async ({ runtime, server }) => {
    const outcome = await runtime.run(async (cx) => {
      const socket = cx.reconnectingSocket(server.socket("/echo"), FAST);
      await socket.send("queued");
      return socket.receive();
    });
    expect(outcome).toEqual({ kind: "ok", value: "queued" });
    const entries = await server.until("close");
    const close = entries.find(({ kind }) => kind === "close");
    expect(close?.detail).toEqual({ code: 1000, reason: "" });
  });
});

test("cancelled, it closes; cancelled before, it never connects", async () => {
  await withSockets(async ({ runtime, server }) => {
    const task = runtime.spawn(async (cx) => {
      const socket = cx.reconnectingSocket(server.socket("/echo"), FAST);
      await socket.opened();
      await socket.receive();
    });
    await server.until("open");
    await idle(runtime);
    task.cancel("navigation");
    expect((await task.join()).kind).toBe("cancelled");
    const early = runtime.spawn((cx) => {
      early.cancel();
      cx.reconnectingSocket(server.socket("/echo"), FAST);
    });
    expect((await early.join()).kind).toBe("cancelled");
    const entries = await server.until("close");
    expect(entries.filter(({ kind }) => kind === "arrived").length).toBe(1);
    const close = entries.find(({ kind }) => kind === "close");
    expect(close?.detail).toEqual({ code: 1000, reason: "navigation" });
  });
});

test("what is sent meanwhile waits in the queue, and goes out in order", async () => {
  const gate = deferred<string>();
  await withSockets(
    async ({ runtime, server }) => {
      gate.resolve(server.socket("/refuse"));
      await valueFrom(runtime, async (cx) => {
        const socket = cx.reconnectingSocket(server.socket("/echo"), FAST);
        for (const text of ["a", "b", "c"]) await socket.send(text);
        expect(socket.status.state).not.toBe("open");
        const received = [];
        for (let count = 0; count < 3; count += 1) received.push(await socket.receive());
        expect(received).toEqual(["a", "b", "c"]);
      });
    },
    {
      webSocket: {
        implementation: rerouted((count, url) =>
          count < 2 ? url.replace("/echo", "/refuse") : url,
        ),
      },
    },
  );
});

test.each([
  ["fail", ["0", "1"], 0],
  ["drop-oldest", ["2", "3"], 2],
  ["drop-newest", ["0", "1"], 2],
] as const)("the queue keeps its bound: %s", async (overflow, kept, lost) => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = cx.reconnectingSocket(server.socket("/slow"), {
        ...FAST,
        queue: { messages: 2, overflow },
      });
      for (let number = 0; number < 4; number += 1) {
        const sending = socket.send(String(number));
        if (overflow !== "fail" || number < 2) await sending;
        else expect(await failureOf(sending)).toMatchObject({ code: "SOCKET_QUEUE_FULL" });
      }
      expect(socket.unsent).toBe(lost);
      await cx.foreign(() => server.until("arrived"));
      await cx.foreign(() => server.tellSockets("release"));
      expect([await socket.receive(), await socket.receive()]).toEqual(kept);
    });
  });
});

test("it gives up after so many attempts, and says why to all who wait", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = cx.reconnectingSocket(server.socket("/refuse"), {
        ...FAST,
        reconnect: { ...FAST.reconnect, attempts: 3 },
      });
      const opening = failureOf(socket.opened());
      const receiving = failureOf(socket.receive());
      await socket.send("never sent");
      const end = await socket.closed();
      expect(end).toMatchObject({ state: "closed", error: { code: "SOCKET_FAILED" }, unsent: 1 });
      expect(socket.status).toBe(end);
      expect(await opening).toBe(end.error);
      expect(await receiving).toBe(end.error);
      const sending = { code: "SOCKET_CLOSED", cause: end.error };
      expect(await failureOf(socket.send("late"))).toMatchObject(sending);
      expect(await socket.close()).toBe(end);
    });
    const arrived = (await server.entries()).filter(({ kind }) => kind === "arrived");
    expect(arrived.length).toBe(3);
  });
});

test.each([
  [1000, 1, undefined],
  [1008, 1, "SOCKET_CLOSED"],
  [1001, 3, undefined],
  [1011, 3, "SOCKET_CLOSED"],
  [4000, 3, "SOCKET_CLOSED"],
])("after the peer's close with %i it has connected %i times", async (code, times, error) => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = cx.reconnectingSocket(server.socket(`/close?code=${code}`), {
        ...FAST,
        reconnect: { ...FAST.reconnect, attempts: 3 },
      });
      const end = await socket.closed();
      if (error === undefined) expect(end.error).toBeUndefined();
      else expect(end.error).toMatchObject({ code: error, close: { code } });
    });
    const arrived = (await server.entries()).filter(({ kind }) => kind === "arrived");
    expect(arrived.length).toBe(times);
  });
});

test("retryIf decides by the error; what it throws ends the socket", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const seen: unknown[] = [];
      const broken = new Error("broken");
      const socket = cx.reconnectingSocket(server.socket("/close?code=4001"), {
        ...FAST,
        reconnect: {
          ...FAST.reconnect,
          retryIf: (error, attempt) => {
            seen.push([(error as { close?: { code: number } }).close?.code, attempt]);
            if (attempt === 2) throw broken;
            return true;
          },
        },
      });
      expect((await socket.closed()).error).toBe(broken);
      expect(seen).toEqual([
        [4001, 1],
        [4001, 2],
      ]);
    });
  });
});

test("a resume that throws closes the connection, and ends the socket unless retryIf says otherwise", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const refused = new Error("no such user");
      const resume = (): void => {
        throw refused;
      };
      const fatal = cx.reconnectingSocket(server.socket("/echo"), { ...FAST, resume });
      expect((await fatal.closed()).error).toBe(refused);
      const stubborn = cx.reconnectingSocket(server.socket("/echo"), {
        ...FAST,
        resume,
        reconnect: { ...FAST.reconnect, retryIf: () => true, attempts: 3 },
      });
      expect((await stubborn.closed()).error).toBe(refused);
    });
    const closes = (await server.until("close", 4)).filter(({ kind }) => kind === "close");
    expect(closes.length).toBe(4);
  });
});

test("a connection that is lost while it resumes cancels the hook", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const log: unknown[] = [];
      const socket = cx.reconnectingSocket(server.socket("/command"), {
        ...FAST,
        resume: function* (connection, own) {
          if (log.length > 0) return;
          yield* connection.send("drop");
          try {
            yield* own.sleep(60_000);
          } finally {
            log.push(own.cancelled?.cause?.kind);
          }
        },
      });
      await socket.opened();
      expect(log).toEqual(["race-lost"]);
    });
  });
});

test("the same seed gives the same pauses, which grow up to the longest", async () => {
  const pauses = async (seed: number): Promise<number[]> => {
    const found: number[] = [];
    await withSockets(
      async ({ runtime, server }) => {
        await valueFrom(runtime, async (cx) => {
          const socket = cx.reconnectingSocket(server.socket("/refuse"), {
            reconnect: { pauseMs: 2, pauseMaxMs: 8, attempts: 6, waitsForOnline: false },
          });
          for await (const status of socket.statuses) {
            if (status.state === "waiting") found.push(status.pauseMs);
          }
        });
      },
      { seed },
    );
    return found;
  };
  const first = await pauses(7);
  expect(first.length).toBe(5);
  for (const [index, pause] of first.entries()) {
    expect(pause).toBeLessThanOrEqual(Math.min(2 * 2 ** index, 8));
  }
  expect(await pauses(7)).toEqual(first);
  expect(await pauses(8)).not.toEqual(first);
});

test("closed while it pauses, it connects no more", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = cx.reconnectingSocket(server.socket("/refuse"), {
        reconnect: { pauseMs: 60_000, jitter: "none" },
      });
      for await (const { state } of socket.statuses) {
        if (state === "waiting") break;
      }
      expect(await socket.close()).toEqual({ state: "closed", error: undefined, unsent: 0 });
      expect(await socket.receive()).toBeUndefined();
      expect(await failureOf(socket.opened())).toMatchObject({ code: "SOCKET_CLOSED" });
    });
    const arrived = (await server.entries()).filter(({ kind }) => kind === "arrived");
    expect(arrived.length).toBe(1);
  });
});

test("a send that waits for room goes to the queue when the connection breaks", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = cx.reconnectingSocket(server.socket("/half-open"), {
        ...FAST,
        closeTimeoutMs: 20,
        highWaterBytes: 2 ** 20,
        queue: { messages: 1_000, bytes: 2 ** 30 },
      });
      await socket.opened();
      let sent = 0;
      const sender = cx.spawn(async (child) => {
        const own = socket.withCx(child);
        for (; sent < 40; sent += 1) await own.send(new Uint8Array(2 ** 20));
      });
      // What the first connection did not take waits for the second one.
      await cx.foreign(() => server.tellSockets("drop"));
      expect((await cx.join(sender)).kind).toBe("ok");
      await socket.opened();
      await cx.foreign(() => server.until("open", 2));
      await cx.foreign(() => server.tellSockets("resume"));
      await socket.close();
    });
  });
});

test.skipIf(IS_NODE)(
  "offline it waits for the network, and tries at once when that is back",
  async () => {
    const online = (value: boolean): void => {
      Object.defineProperty(navigator, "onLine", { configurable: true, get: () => value });
      window.dispatchEvent(new Event(value ? "online" : "offline"));
    };
    const live = new Set<AbortSignal>();
    const { addEventListener } = globalThis;
    globalThis.addEventListener = ((
      type: string,
      listener: () => void,
      options: { signal: AbortSignal },
    ) => {
      const { signal } = options;
      live.add(signal);
      signal.addEventListener("abort", () => live.delete(signal));
      const heard = (): void => {
        live.delete(signal);
        listener();
      };
      addEventListener.call(globalThis, type, heard, options);
    }) as typeof addEventListener;
    try {
      await withSockets(async ({ runtime, server }) => {
        await valueFrom(runtime, async (cx) => {
          online(false);
          const socket = cx.reconnectingSocket(server.socket("/command"), {
            reconnect: { pauseMs: 60_000, jitter: "none" },
          });
          const states: SocketStatus["state"][] = [];
          for await (const { state } of socket.statuses) {
            states.push(state);
            if (state === "offline") online(true);
            if (state === "waiting") online(true);
            if (state !== "open") continue;
            if (states.filter((state) => state === "open").length === 2) break;
            await socket.send("drop");
          }
          // A pause of a minute was cut short.
          expect(states.slice(-4)).toEqual(["open", "waiting", "connecting", "open"]);
          expect(states).toContain("offline");
          expect(await server.entries()).toContainEqual({
            kind: "open",
            detail: { path: "/socket/command", protocol: "" },
          });
        });
      });
      expect(live.size).toBe(0);
    } finally {
      globalThis.addEventListener = addEventListener;
      Reflect.deleteProperty(navigator, "onLine");
    }
  },
);

test("what is no option is refused, and nothing is sent to the server", async () => {
  await withSockets(async ({ runtime, server }) => {
    await runtime.run((cx) => {
      const refusal = (options: unknown): unknown =>
        thrown(() => cx.reconnectingSocket(server.socket("/echo"), options as object));
      for (const options of [
        7,
        { reconect: {} },
        { reconnect: 7 },
        { reconnect: { pause: 1 } },
        { reconnect: { retryIf: 7 } },
        { reconnect: { jitter: "some" } },
        { reconnect: { waitsForOnline: 1 } },
        { resume: 7 },
        { queue: { overflow: "close" } },
        { queue: { size: 1 } },
        { protocols: "a b" },
      ]) {
        expect(refusal(options)).toMatchObject({ code: "INVALID_ARGUMENT" });
      }
      for (const options of [
        { reconnect: { attempts: 0 } },
        { reconnect: { stableMs: -1 } },
        { reconnect: { pauseMs: Number.NaN } },
        { queue: { messages: 0 } },
        { closeTimeoutMs: 10_000 },
      ]) {
        expect(refusal(options)).toMatchObject({ code: "INVALID_NUMBER" });
      }
    });
    expect(await server.entries()).toEqual([]);
  });
});
