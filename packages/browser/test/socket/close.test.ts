/** Closing: by us, by the peer, by a failure, at the end of a task; and what those who wait are told. */
import { loadKernelModule } from "@asupersync/browser-core/load";
import { expect, test } from "vitest";
import { createRuntime, type Socket, type SocketClose } from "../../src/index.js";
import { deferred, faults, forBothKinds, idle, thrown } from "../support.js";
import { failureOf, IS_NODE, implementation, PATIENT, valueFrom, withSockets } from "./support.js";

/** The close that the server saw. */
function closeOf(
  entries: readonly { readonly kind: string; readonly detail?: unknown }[],
): unknown {
  return entries.find(({ kind }) => kind === "close")?.detail;
}

forBothKinds((body) => {
  test("close resolves with the peer's answer, and again for whoever asks later", async () => {
    await withSockets(async ({ runtime, server }) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          const socket = yield* cx.webSocket(server.socket("/echo"), PATIENT);
          const closing = socket.close(4321, "enough");
          expect(socket.state).toBe("closing");
          const close = yield* closing;
          expect(socket.state).toBe("closed");
          expect(socket.ended).toBe(close);
          expect(yield* socket.close()).toBe(close);
          expect(yield* socket.closed()).toBe(close);
          expect(Object.isFrozen(close)).toBe(true);
          return close;
        }),
      );
      const close = { code: 4321, reason: "enough", clean: true, by: "us", failure: undefined };
      expect(outcome).toEqual({ kind: "ok", value: close });
      const detail = { code: 4321, reason: "enough" };
      expect(closeOf(await server.until("close"))).toEqual(detail);
    });
  });

  test("after the close nothing is sent", async () => {
    await withSockets(async ({ runtime, server }) => {
      await runtime.run(
        body(function* (cx) {
          const socket = yield* cx.webSocket(server.socket("/echo"), PATIENT);
          const closing = socket.close();
          const isClosed = { name: "SocketError", code: "SOCKET_CLOSED" };
          for (const step of ["closing", "closed"]) {
            expect(socket.state).toBe(step);
            expect(thrown(() => socket.trySend("late"))).toMatchObject(isClosed);
            try {
              yield* socket.send("late");
              expect.unreachable();
            } catch (error) {
              expect(error).toMatchObject(isClosed);
            }
            yield* closing;
          }
        }),
      );
      const kinds = (await server.until("close")).map(({ kind }) => kind);
      expect(kinds).not.toContain("message");
    });
  });

  test("cancelled, it is closed with the kind of the reason before the task has ended", async () => {
    await withSockets(async ({ runtime, server }) => {
      const opened = deferred<Socket>();
      const task = runtime.spawn(
        body(function* (cx) {
          const socket = yield* cx.webSocket(server.socket("/echo"), PATIENT);
          opened.resolve(socket);
          yield* socket.receive();
        }),
      );
      const socket = await opened.promise;
      task.cancel("navigation");
      expect(await task.join()).toMatchObject({ kind: "cancelled" });
      expect(socket).toMatchObject({ state: "closed", ended: { clean: true, by: "us" } });
      const detail = { code: 1000, reason: "navigation" };
      expect(closeOf(await server.until("close"))).toEqual(detail);
    });
  });
});

const LEGAL = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];

test.each(LEGAL)("the peer's close with %i is known by its code and reason", async (code) => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket(`/close?code=${code}&reason=because`));
      const close: SocketClose = await socket.closed();
      const expected = { code, reason: "because", clean: true, by: "peer", failure: undefined };
      expect(close).toEqual(expected);
      // Normal for 1000 and 1001 alone.
      if (code <= 1001) {
        expect(await socket.receive()).toBeUndefined();
        for await (const _ of socket) expect.unreachable();
        return;
      }
      const error = await failureOf(socket.receive());
      expect(error).toMatchObject({ name: "SocketError", code: "SOCKET_CLOSED", close });
      expect((error as Error).message).toContain(`closed by the peer (code ${code} "because")`);
    });
  });
});

test("a close without a code is a normal end", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/close"));
      expect(await socket.receive()).toBeUndefined();
      expect(socket.ended).toEqual({
        code: 1005,
        reason: "",
        clean: true,
        by: "peer",
        failure: undefined,
      });
    });
  });
});

test("a connection that is dropped without a close fails those who wait", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/command"));
      const receiving = failureOf(socket.receive());
      const iterating = failureOf(socket[Symbol.asyncIterator]().next());
      await socket.send("drop");
      const close = await socket.closed();
      expect(close).toMatchObject({ code: 1006, clean: false, by: "failure", failure: "lost" });
      const error = { code: "SOCKET_CLOSED", close };
      expect(await receiving).toMatchObject(error);
      expect(await iterating).toMatchObject(error);
      expect(await failureOf(socket.send("late"))).toMatchObject(error);
    });
  });
});

test("a peer that never answers the close is dropped after closeTimeoutMs", async () => {
  const { timersMade } = await withSockets(async ({ runtime, server }) => {
    const close = await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/mute"), { closeTimeoutMs: 30 });
      const closing = socket.close();
      // For who receives it is the end that was asked for.
      expect(await socket.receive()).toBeUndefined();
      return closing;
    });
    expect(close).toEqual({
      code: 1006,
      reason: "",
      clean: false,
      by: "failure",
      failure: "unanswered",
    });
    await server.until("close-asked");
    // A page cannot drop a connection: it is the browser that gives up, in a time of its own.
    if (!IS_NODE) await server.tellSockets("drop");
  });
  // What looks for timers that are left can see them.
  expect(timersMade).toBe(1);
});

test("a peer that never answers holds a cancelled task no longer than closeTimeoutMs, and is no violation", async () => {
  await withSockets(
    async ({ runtime, server }) => {
      const opened = deferred<Socket>();
      const task = runtime.spawn(async (cx) => {
        const socket = await cx.webSocket(server.socket("/mute"));
        opened.resolve(socket);
        await socket.closed();
      });
      const socket = await opened.promise;
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
      expect(socket.ended).toMatchObject({ clean: false, failure: "unanswered" });
      if (!IS_NODE) await server.tellSockets("drop");
    },
    // The time for the close is half of it.
    { drainTimeMs: 1_000 },
  );
});

test("a half-open peer is dropped like one that is mute", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/half-open"), { closeTimeoutMs: 20 });
      expect(await socket.close()).toMatchObject({ by: "failure", failure: "unanswered" });
    });
    await server.tellSockets("drop");
  });
});

test("what comes after our close is thrown away on every platform, as browsers do", async () => {
  class Late extends implementation {
    override close(code?: number, reason?: string): void {
      super.close(code, reason);
      this.onmessage?.({ data: "late" } as never);
    }
  }
  await withSockets(
    async ({ runtime, server }) => {
      await valueFrom(runtime, async (cx) => {
        const socket = await cx.webSocket(server.socket("/echo"), PATIENT);
        await socket.close();
        expect(await socket.receive()).toBeUndefined();
      });
    },
    { webSocket: { implementation: Late } },
  );
});

test("codes and reasons that a page may not send are refused before the platform sees them", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/echo"), PATIENT);
      for (const code of [0, 999, 1001, 1005, 1006, 2999, 5000, 3000.5, Number.NaN, "1000", null]) {
        const error = thrown(() => socket.close(code as number));
        expect(error).toMatchObject({ code: "INVALID_NUMBER" });
      }
      const long = thrown(() => socket.close(1000, "é".repeat(62)));
      expect(long).toMatchObject({ code: "INVALID_ARGUMENT", received: "one of 124 bytes" });
      expect(thrown(() => socket.close(1000, 7 as never))).toMatchObject({
        code: "INVALID_ARGUMENT",
      });
      expect(socket.state).toBe("open");
      const longest = `${"é".repeat(61)}x`;
      expect(await socket.close(3000, longest)).toMatchObject({ code: 3000, reason: longest });
    });
  });
});

test("waits of a child end with the socket of its parent", async () => {
  await withSockets(async ({ runtime, server }) => {
    const error = deferred<unknown>();
    const outcome = await runtime.run(async (cx) => {
      const socket = await cx.webSocket(server.socket("/half-open"), {
        highWaterBytes: 0,
        closeTimeoutMs: 20,
      });
      while (socket.trySend(new Uint8Array(2 ** 20))) {}
      cx.spawn(async (child) => {
        error.resolve(await failureOf(socket.withCx(child).send("never")));
      });
      await cx.checkpoint();
    });
    expect(outcome.kind).toBe("ok");
    expect(await error.promise).toMatchObject({ code: "SOCKET_CLOSED" });
    await server.tellSockets("drop");
  });
});

test("leaving `await using` closes it", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      let left: Socket;
      {
        await using socket = await cx.webSocket(server.socket("/echo"), PATIENT);
        left = socket;
      }
      expect(left.ended).toMatchObject({ clean: true, by: "us" });
    });
  });
});

test("the loser of a race has closed its socket before the race is over", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const lost = deferred<Socket>();
      await cx.race([
        async (branch) => {
          const socket = await branch.webSocket(server.socket("/echo"), PATIENT);
          lost.resolve(socket);
          await socket.receive();
        },
        async (branch) => {
          await branch.foreign(() => lost.promise);
        },
      ]);
      expect((await lost.promise).ended).toMatchObject({ clean: true, by: "us" });
    });
    expect(closeOf(await server.until("close"))).toEqual({ code: 1000, reason: "race-lost" });
  });
});

test("a socket opened in a finalizer, or behind a mask, works and is closed", async () => {
  await withSockets(async ({ runtime, server }) => {
    const told: unknown[] = [];
    const task = runtime.spawn(async (cx) => {
      cx.defer(async (last) => {
        const socket = await last.webSocket(server.socket("/echo"));
        await socket.send("goodbye");
        told.push(await socket.receive());
      });
      await cx.mask(async (masked) => {
        const socket = await masked.webSocket(server.socket("/echo"));
        task.cancel();
        await socket.send("masked");
        told.push(await socket.receive());
      });
    });
    await task.join();
    expect(told).toEqual(["masked", "goodbye"]);
  });
});

test("no close is asked of a socket that still connects: the console stays silent", async () => {
  const early: number[] = [];
  class Watched extends implementation {
    override close(code?: number, reason?: string): void {
      if (this.readyState === 0) early.push(code ?? 0);
      super.close(code, reason);
    }
  }
  await withSockets(
    async ({ runtime, server }) => {
      const task = runtime.spawn((cx) => cx.webSocket(server.socket("/slow"), PATIENT));
      await server.until("arrived");
      task.cancel();
      await idle(runtime);
      await server.tellSockets("release");
      await task.join();
    },
    { webSocket: { implementation: Watched } },
  );
  expect(early).toEqual([]);
});

test("when the kernel breaks its sockets are closed all the same", async () => {
  const server = faults();
  const options = { webSocket: { implementation }, onFailure: () => undefined };
  const runtime = await createRuntime(options);
  const task = runtime.spawn(async (cx) => {
    await (await cx.webSocket(server.socket("/echo"), PATIENT)).receive();
  });
  await server.until("open");
  await idle(runtime);
  (await loadKernelModule()).die();
  expect((await task.join()).kind).toBe("panicked");
  await server.until("close");
  await server.until("gone");
});

test("a closed runtime has closed its sockets", async () => {
  let ended: SocketClose | undefined;
  await withSockets(async ({ runtime, server }) => {
    const opened = deferred<Socket>();
    runtime.spawn(async (cx) => {
      const socket = await cx.webSocket(server.socket("/echo"), PATIENT);
      opened.resolve(socket);
      await socket.receive();
    });
    const socket = await opened.promise;
    await runtime.close();
    ended = socket.ended;
    expect(closeOf(await server.until("close"))).toEqual({ code: 1000, reason: "shutdown" });
  });
  expect(ended).toMatchObject({ by: "us", clean: true });
});
