/** Messages both ways: order, bounds, back-pressure, codecs, and who waits for them. */
import { expect, test } from "vitest";
import type { Socket } from "../../src/index.js";
import { deferred, forBothKinds, idle, thrown } from "../support.js";
import { failureOf, implementation, valueFrom, withSockets } from "./support.js";

/** Shared between threads also on a page that has no `SharedArrayBuffer`. */
const SHARED_MEMORY = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });

test("10,000 small messages come in order, in one iteration that ends when we close", async () => {
  await withSockets(async ({ runtime, server }) => {
    const count = await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/many?count=10000"), {
        receiveBuffer: { messages: 10_000 },
      });
      let next = 0;
      for await (const message of socket) {
        if (message !== String(next)) expect.unreachable(`${String(message)} in place of ${next}`);
        next += 1;
        if (next === 10_000) await socket.close();
      }
      return next;
    });
    expect(count).toBe(10_000);
  });
});

forBothKinds((body) => {
  test("receive gives undefined when the peer has closed with 1000 and everything was received", async () => {
    await withSockets(async ({ runtime, server }) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          const socket = yield* cx.webSocket(server.socket("/command"));
          yield* socket.send("text one");
          yield* socket.send("binary 3");
          yield* socket.send("close 1000 done");
          const close = yield* socket.closed();
          expect(close).toEqual({
            code: 1000,
            reason: "done",
            clean: true,
            by: "peer",
            failure: undefined,
          });
          const received: unknown[] = [];
          for (let count = 0; count < 4; count += 1) received.push(yield* socket.receive());
          return received;
        }),
      );
      expect(outcome).toEqual({
        kind: "ok",
        value: ["one", new Uint8Array([1, 1, 1]), undefined, undefined],
      });
    });
  });
});

test("a flood does not run over the bound: the socket closes with 4008, and what waits comes first", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/flood"), {
        receiveBuffer: { bytes: 4 * 65_536 },
      });
      const close = await socket.closed();
      expect(close).toMatchObject({ by: "failure", failure: "overflow" });
      for (let count = 0; count < 4; count += 1) {
        expect(await socket.receive()).toHaveProperty("byteLength", 65_536);
      }
      const error = await failureOf(socket.receive());
      expect(error).toMatchObject({ code: "SOCKET_OVERFLOW", close });
      expect(await failureOf(socket[Symbol.asyncIterator]().next())).toBe(error);
    });
    const entries = await server.until("close");
    const close = entries.find(({ kind }) => kind === "close");
    expect(close?.detail).toEqual({ code: 4008, reason: "overflow" });
  });
});

test("a flood that is received in time goes on until it is told to stop", async () => {
  await withSockets(async ({ runtime, server }) => {
    const received = await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/flood"));
      let pieces = 0;
      for await (const message of socket) {
        if (typeof message === "string") return pieces === Number(message);
        pieces += 1;
        if (pieces === 50) await socket.send("stop");
      }
      return false;
    });
    expect(received).toBe(true);
  });
});

test.each([
  ["drop-oldest", ["7", "8", "9"]],
  ["drop-newest", ["0", "1", "2"]],
] as const)("%s keeps the bound, and counts what is lost", async (overflow, kept) => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/command"), {
        receiveBuffer: { messages: 3 },
        overflow,
      });
      for (let number = 0; number < 10; number += 1) await socket.send(`text ${number}`);
      await socket.send("close 1000");
      await socket.closed();
      expect(socket.dropped).toBe(7);
      const received: unknown[] = [];
      for await (const message of socket) received.push(message);
      expect(received).toEqual(kept);
    });
  });
});

test("a message larger than the bound of bytes is dropped alone", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/command"), {
        receiveBuffer: { bytes: 10 },
        overflow: "drop-newest",
      });
      await socket.send("binary 4");
      await socket.send("binary 11");
      await socket.send("binary 6");
      await socket.send("close 1000");
      await socket.closed();
      const sizes: number[] = [];
      for await (const message of socket) sizes.push(message.length);
      expect([sizes, socket.dropped]).toEqual([[4, 6], 1]);
    });
  });
});

test("a send waits while the peer does not read, goes on when it does, and keeps the order", async () => {
  await withSockets(async ({ runtime, server }) => {
    const piece = new Uint8Array(2 ** 20);
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/half-open"), { highWaterBytes: 2 ** 20 });
      let sent = 0;
      let bufferedMax = 0;
      const sender = cx.spawn(async (child) => {
        const own = socket.withCx(child);
        for (; sent < 30; sent += 1) {
          await own.send(piece);
          bufferedMax = Math.max(bufferedMax, own.bufferedBytes);
        }
      });
      // Until the sender waits: the networks' own buffers hold less than 30 pieces.
      while (socket.trySend(new Uint8Array(1))) await cx.checkpoint();
      expect(sent).toBeLessThan(30);
      await cx.foreign(() => server.tellSockets("resume"));
      expect((await cx.join(sender)).kind).toBe("ok");
      expect(sent).toBe(30);
      expect(bufferedMax).toBeGreaterThan(0);
      // The bound, one piece above it, and the heads of the frames.
      expect(bufferedMax).toBeLessThan(2 * 2 ** 20 + 1_000);
    });
    const messages = (await server.entries()).filter(({ detail }) => detail === 2 ** 20);
    expect(messages.length).toBe(30);
  });
});

test("a send that is cancelled while it waits has sent nothing", async () => {
  await withSockets(async ({ runtime, server }) => {
    // More than the buffers of any connection take up: there is no room until the peer reads again.
    const largeBytes = 2 ** 26;
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/half-open"), { highWaterBytes: 2 ** 20 });
      expect(socket.trySend(new Uint8Array(largeBytes))).toBe(true);
      const cancelled = cx.timeout(20, (child) => socket.withCx(child).send("never"));
      expect(await failureOf(cancelled)).toMatchObject({ code: "TIMEOUT" });
      await cx.foreign(() => server.tellSockets("resume"));
      await socket.send("last");
      await cx.foreign(() => server.until("message", 2));
    });
    const messages = (await server.entries()).filter(({ kind }) => kind === "message");
    expect(messages.map(({ detail }) => detail)).toEqual([largeBytes, 4]);
  });
});

test("a receive that is cancelled has taken no message: the next one gets it", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/command"));
      const early = cx.timeout(5, (child) => socket.withCx(child).receive());
      expect(await failureOf(early)).toMatchObject({ code: "TIMEOUT" });
      await socket.send("text kept");
      expect(await socket.receive()).toBe("kept");
    });
  });
});

test("of several that wait each gets one message, first come first served", async () => {
  await withSockets(async ({ runtime, server }) => {
    const order = await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/command"));
      const got: unknown[] = [];
      const waits = [0, 1, 2].map((index) =>
        cx.spawn(async (child) => got.push(index, await socket.withCx(child).receive())),
      );
      await cx.checkpoint();
      for (const text of ["a", "b", "c"]) await socket.send(`text ${text}`);
      for (const wait of waits) await cx.join(wait);
      return got;
    });
    expect(order).toEqual([0, "a", 1, "b", 2, "c"]);
  });
});

test("one task receives while another sends", async () => {
  await withSockets(async ({ runtime, server }) => {
    const received = await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/echo"));
      const [texts] = await cx.all([
        async (child) => {
          const texts: unknown[] = [];
          for await (const text of socket.withCx(child)) {
            texts.push(text);
            if (texts.length === 200) break;
          }
          return texts;
        },
        async (child) => {
          const own = socket.withCx(child);
          for (let number = 0; number < 200; number += 1) await own.send(String(number));
        },
      ]);
      // Leaving the loop has left it open.
      expect(socket.state).toBe("open");
      return texts;
    });
    expect(received).toEqual(Array.from({ length: 200 }, (_, number) => String(number)));
  });
});

test("a sender that never waits for others lets them run, and can be cancelled", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/sink"), { highWaterBytes: 2 ** 32 });
      let others = 0;
      const sender = cx.spawn(async (child) => {
        const own = socket.withCx(child);
        for (;;) await own.send("x");
      });
      while (others < 5) {
        await cx.checkpoint();
        others += 1;
      }
      sender.cancel();
      expect((await cx.join(sender)).kind).toBe("cancelled");
    });
  });
});

test("decode and encode make messages of what goes over the wire", async () => {
  type Out = { readonly say: string };
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/echo"), {
        encode: (value: Out) => JSON.stringify(value),
        decode: (data) => {
          const { say } = JSON.parse(data as string) as Out;
          return say === "skip" ? undefined : say;
        },
      });
      await socket.send({ say: "one" });
      await socket.send({ say: "skip" });
      await socket.send({ say: "two" });
      expect([await socket.receive(), await socket.receive()]).toEqual(["one", "two"]);
    });
  });
});

test("what decode throws fails that receive alone; what encode throws, that send alone", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/echo"), {
        decode: (data) => JSON.parse(data as string) as number,
        encode: (value: number | string) => {
          if (value === 0) throw new RangeError("no zero");
          return String(value);
        },
      });
      expect(thrown(() => socket.send(0))).toBeInstanceOf(RangeError);
      for (const value of ["{", 1, "{"]) await socket.send(value);
      expect(await failureOf(socket.receive())).toBeInstanceOf(SyntaxError);
      expect(await socket.receive()).toBe(1);
      await socket.send(2);
      await socket.send("close");
      expect(await failureOf(socket.receive())).toBeInstanceOf(SyntaxError);
      expect(await socket.receive()).toBe(2);
    });
  });
});

test("all kinds of data are sent; nothing else is", async () => {
  await withSockets(async ({ runtime, server }) => {
    await valueFrom(runtime, async (cx) => {
      const socket = await cx.webSocket(server.socket("/echo"));
      const bytes = new Uint8Array([0, 1, 2, 3]);
      const shared = new Uint8Array(SHARED_MEMORY.buffer);
      for (const data of [bytes.subarray(1, 3), bytes.buffer, new DataView(bytes.buffer, 3)]) {
        await socket.send(data);
      }
      await socket.send(new Blob(["blob"]));
      await socket.send("");
      const received: unknown[] = [];
      for (let count = 0; count < 5; count += 1) received.push(await socket.receive());
      expect(received).toEqual([
        new Uint8Array([1, 2]),
        bytes,
        new Uint8Array([3]),
        new TextEncoder().encode("blob"),
        "",
      ]);
      for (const data of [undefined, null, 7, {}, [1], shared]) {
        const invalid = { code: "INVALID_ARGUMENT" };
        expect(thrown(() => socket.send(data as never))).toMatchObject(invalid);
        expect(thrown(() => socket.trySend(data as never))).toMatchObject(invalid);
      }
    });
  });
});

test("a cx of another runtime is refused", async () => {
  await withSockets(async ({ runtime, server }) => {
    await withSockets(async ({ runtime: other }) => {
      const opened = deferred<Socket>();
      const release = deferred();
      const task = runtime.spawn(async (cx) => {
        opened.resolve(await cx.webSocket(server.socket("/echo")));
        await cx.foreign(() => release.promise);
      });
      const socket = await opened.promise;
      await other.run((cx) => {
        expect(thrown(() => socket.withCx(cx))).toMatchObject({ code: "FOREIGN_HANDLE" });
        expect(thrown(() => socket.withCx({} as never))).toMatchObject({ code: "FORGED_HANDLE" });
      });
      release.resolve();
      await task.join();
      expect(thrown(() => socket.receive())).toMatchObject({ code: "CX_ENDED" });
      expect(thrown(() => socket.send("late"))).toMatchObject({ code: "CX_ENDED" });
    });
  });
});

test("a listener of the platform's is left on no socket that has ended", async () => {
  const made: InstanceType<typeof implementation>[] = [];
  class Watched extends implementation {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      made.push(this);
    }
  }
  await withSockets(
    async ({ runtime, server }) => {
      for (const path of ["/echo", "/close", "/drop", "/refuse"]) {
        await runtime.run((cx) => cx.webSocket(server.socket(path)).then(() => idle(runtime)));
      }
    },
    { webSocket: { implementation: Watched } },
  );
  expect(made.length).toBe(4);
  for (const { onopen, onmessage, onclose } of made) {
    expect([onopen, onmessage, onclose]).toEqual([null, null, null]);
  }
});
