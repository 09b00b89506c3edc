/** Server-sent events: the parser against the standard, and the reconnect. */
import type { ScriptTurn } from "@asupersync/fault-server/client";
import { describe, expect, test } from "vitest";
import type { ServerSentEvent, SseOptions } from "../../src/index.js";
import { deferred, thrown } from "../support.js";
import { parseEvents } from "./parse-events.js";
import { inTask, rejection, withFetch } from "./support.js";

const message = (data: string, rest: Partial<ServerSentEvent> = {}): ServerSentEvent => ({
  event: "message",
  data,
  id: "",
  retry: undefined,
  ...rest,
});

describe("the standard", () => {
  test.each<[string, string, ServerSentEvent[]]>([
    ["one event", "data: one\n\n", [message("one")]],
    ["lines of data are joined", "data: YHOO\ndata: +2\ndata: 10\n\n", [message("YHOO\n+2\n10")]],
    ["a comment is passed over", ": test stream\n\ndata: one\n\n", [message("one")]],
    ["a field without a colon is empty", "data\n\ndata\ndata\n\n", [message(""), message("\n")]],
    [
      "one space is taken off, and no more",
      "data:a\n\ndata: a\n\ndata:  a\n\n",
      ["a", "a", " a"].map((data) => message(data)),
    ],
    ["an event has a type", "event: add\ndata: 1\n\n", [message("1", { event: "add" })]],
    [
      "a type is for one event",
      "event: add\ndata: 1\n\ndata: 2\n\n",
      [message("1", { event: "add" }), message("2")],
    ],
    ["a type without data is none", "event: add\n\ndata: 2\n\n", [message("2")]],
    [
      "an id stays",
      "id: 7\ndata: 1\n\ndata: 2\n\n",
      [message("1", { id: "7" }), message("2", { id: "7" })],
    ],
    [
      "an empty id takes it back",
      "id: 7\ndata: 1\n\nid\ndata: 2\n\n",
      [message("1", { id: "7" }), message("2")],
    ],
    ["an id with a NUL is none", "id: 7\0\ndata: 1\n\n", [message("1")]],
    ["an id without data counts", "id: 7\n\ndata: 1\n\n", [message("1", { id: "7" })]],
    ["retry is digits", "retry: 500\ndata: 1\n\n", [message("1", { retry: 500 })]],
    ["retry is nothing else", "retry: 5s\nretry: -1\nretry:\ndata: 1\n\n", [message("1")]],
    ["an unknown field is none", "dat: 0\nDATA: 0\ndata: 1\n\n", [message("1")]],
    ["what is unfinished is dropped", "data: 1\n\ndata: 2\n", [message("1")]],
    ["a byte order mark is taken off, once", "\ufeffdata: 1\n\n\ufeffdata: 2\n\n", [message("1")]],
    ["CR ends lines", "data: 1\rdata: 2\r\rdata: 3\r\r", [message("1\n2"), message("3")]],
    ["CRLF ends lines", "data: 1\r\ndata: 2\r\n\r\n", [message("1\n2")]],
    ["colons belong to the value", "data: a:b\n\n", [message("a:b")]],
    ["letters of every kind", "data: ä€🙂\n\n", [message("ä€🙂")]],
  ])("%s", (_, text, events) => {
    for (let size = 1; size <= 2 * text.length; size += 1)
      expect(parseEvents(text, size)).toEqual(events);
  });

  test("a retry that no timer can wait for is cut to the longest", () => {
    const [event] = parseEvents(`retry: ${"9".repeat(400)}\ndata: 1\n\n`, 1_000);
    expect(event?.retry).toBe(2 ** 31 - 1);
  });
});

/** Address of a script. */
const script = (...turns: ScriptTurn[]) =>
  `/script?turns=${encodeURIComponent(JSON.stringify(turns))}`;

describe("of a response", () => {
  test("events come as they are sent, and the end of the body ends the loop", async () => {
    await inTask(async (cx, { server, runtime }) => {
      const pieces = ["data: 1\n\nda", "ta: 2\n\nevent: end\ndata\n\n", "data: cut off\n"];
      const response = await cx.fetch(server.http(script({ pieces })));
      const events: ServerSentEvent[] = [];
      for await (const event of response.sse()) {
        events.push(event);
        await cx.foreign(() => server.step());
      }
      expect(events).toEqual([message("1"), message("2"), message("", { event: "end" })]);
      expect(runtime.counters().hostOps).toBe(0);
    });
  });

  test("leaving the loop frees the connection while the task goes on", async () => {
    await inTask(async (cx, { server, runtime }) => {
      const turn: ScriptTurn = { pieces: ["data: 1\n\n"], last: "hang" };
      const response = await cx.fetch(server.http(script(turn)));
      for await (const { data } of response.sse({ reconnect: true })) {
        expect(data).toBe("1");
        break;
      }
      await cx.foreign(() => server.until("aborted"));
      expect(runtime.counters().hostOps).toBe(0);
    });
  });

  test("a broken connection fails with NETWORK", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(
        server.http(script({ pieces: ["data: 1\n\n"], last: "reset" })),
      );
      const loop = async () => {
        for await (const _ of response.sse()) await cx.foreign(() => server.step());
      };
      expect(await rejection(loop())).toMatchObject({ code: "NETWORK" });
    });
  });

  test("an event past the bound fails, and frees the connection", async () => {
    await inTask(async (cx, { server }) => {
      const turn: ScriptTurn = { pieces: ["data: 1234\ndata: 5678\ndata: 90\n"], last: "hang" };
      const response = await cx.fetch(server.http(script(turn)));
      const loop = async () => {
        for await (const _ of response.sse({ eventCharsMax: 11 })) expect.unreachable();
      };
      expect(await rejection(loop())).toMatchObject({
        code: "TOO_LARGE",
        expected: "an event of at most 11 characters",
        mend: expect.stringContaining("eventCharsMax"),
      });
      await cx.foreign(() => server.until("aborted"));
    });
  });

  test.each(["text/plain", "text/event-streams", "application/json"])(
    "a body of type %s is refused, and can be read as what it is",
    async (type) => {
      await inTask(async (cx, { server }) => {
        const response = await cx.fetch(server.http(`/text?body=x&type=${type}`));
        expect(thrown(() => response.sse())).toMatchObject({
          code: "CONTENT_TYPE",
          received: type,
        });
        expect(await response.text()).toBe("x");
      });
    },
  );

  test.each(["text/event-stream;charset=utf-8", "TEXT/Event-Stream", "text/event-stream "])(
    "a body of type %j is taken",
    async (type) => {
      await inTask(async (cx, { server }) => {
        const response = await cx.fetch(server.http(script({ type, pieces: ["data: 1\n\n"] })));
        for await (const event of response.sse()) expect(event).toEqual(message("1"));
      });
    },
  );

  test.each<unknown>([
    7,
    { reconect: true },
    { eventCharsMax: 0 },
    { reconnect: 7 },
    { reconnect: null },
    { reconnect: { pauseMs: -1 } },
    { reconnect: { attempts: 0 } },
    { reconnect: { times: 3 } },
  ])("options that are none are refused: %j", async (options) => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http(script({})));
      expect(thrown(() => response.sse(options as SseOptions))).toMatchObject({
        code: expect.stringMatching(/^INVALID_(ARGUMENT|NUMBER)$/),
      });
      response.body.cancel();
    });
  });
});

describe("a reconnect", () => {
  /** The data of all events, with at most so many. */
  const FAST: SseOptions = { reconnect: { pauseMs: 1 } };

  test("goes on after the end and after a break, with the last id, until the server says 204", async () => {
    await inTask(async (cx, { server, runtime }) => {
      const turns: ScriptTurn[] = [
        { pieces: ["id: 1\ndata: 1\n\nid: 2\ndata: cut off\n"] },
        { pieces: ["id: ä3\ndata: 3\n\n"], last: "reset" },
        { pieces: ["data: 4\n\n"] },
        { status: 204 },
      ];
      const response = await cx.fetch(server.http(script(...turns)));
      const events: ServerSentEvent[] = [];
      for await (const event of response.sse(FAST)) {
        events.push(event);
        if (event.data === "3") await cx.foreign(() => server.step());
      }
      expect(events.map(({ data, id }) => `${data} ${id}`)).toEqual(["1 1", "3 ä3", "4 ä3"]);
      const asked = (await server.entries()).filter(({ kind }) => kind === "asked");
      const utf8 = String.fromCharCode(...new TextEncoder().encode("ä3"));
      expect(asked.map(({ detail }) => (detail as { lastEventId: string }).lastEventId)).toEqual([
        null,
        "1",
        utf8,
        utf8,
      ]);
      expect(runtime.counters().hostOps).toBe(0);
    });
  });

  test("waits as long as the stream asks for", async () => {
    await inTask(async (cx, { server }) => {
      const turns: ScriptTurn[] = [{ pieces: ["retry: 1\ndata: 1\n\n"] }, { status: 204 }];
      const response = await cx.fetch(server.http(script(...turns)));
      const retries: unknown[] = [];
      // An hour, if the stream were not heard.
      for await (const { retry } of response.sse({ reconnect: { pauseMs: 3_600_000 } })) {
        retries.push(retry);
      }
      expect(retries).toEqual([1]);
    });
  });

  test("sends the request as it was: method, headers and body", async () => {
    await inTask(async (cx, { server }) => {
      const turns: ScriptTurn[] = [{}, { status: 204 }];
      const init = { method: "POST", body: "sent", headers: { "x-test": "1" } };
      const response = await cx.fetch(server.http(script(...turns)), init);
      for await (const _ of response.sse(FAST)) expect.unreachable();
      const arrived = (await server.entries()).filter(({ kind }) => kind === "arrived");
      expect(arrived.map(({ detail }) => (detail as { method: string }).method)).toEqual([
        "POST",
        "POST",
      ]);
    });
  });

  test("ends with HTTP_STATUS for any other status, and with CONTENT_TYPE for no stream", async () => {
    await inTask(async (cx, { server }) => {
      const ends: readonly [ScriptTurn, object][] = [
        [{ status: 500 }, { code: "HTTP_STATUS", status: 500 }],
        [{ type: "text/html" }, { code: "CONTENT_TYPE", received: "text/html" }],
      ];
      for (const [turn, error] of ends) {
        const address = `${server.http(script({}, turn))}${turn.status ?? "html"}`;
        const response = await cx.fetch(address);
        const loop = async () => {
          for await (const _ of response.sse(FAST)) expect.unreachable();
        };
        expect(await rejection(loop())).toMatchObject(error);
      }
    });
  });

  test("is given up after so many attempts without an event: it ends as it last did", async () => {
    await inTask(async (cx, { server }) => {
      const response = await cx.fetch(server.http(script({ pieces: ["data: 1\n\n"] }, {}, {}, {})));
      const events: string[] = [];
      for await (const { data } of response.sse({ reconnect: { pauseMs: 1, attempts: 2 } })) {
        events.push(data);
      }
      expect(events).toEqual(["1"]);
      expect((await server.entries()).filter(({ kind }) => kind === "asked")).toHaveLength(3);
    });
  });

  test("that finds nobody fails with NETWORK after its attempts", async () => {
    let calls = 0;
    await inTask(
      async (cx) => {
        const response = await cx.fetch("http://localhost/");
        const loop = async () => {
          for await (const _ of response.sse({ reconnect: { pauseMs: 1, attempts: 3 } }));
        };
        expect(await rejection(loop())).toMatchObject({ code: "NETWORK" });
        expect(calls).toBe(4);
      },
      {
        fetch: {
          implementation: async () => {
            calls += 1;
            if (calls > 1) throw new TypeError("nobody");
            return new Response("data: 1\n\n", {
              headers: { "content-type": "text/event-stream" },
            });
          },
        },
      },
    );
  });

  test("is cancelled with its task, while it waits too", async () => {
    await withFetch(async ({ runtime, server }) => {
      const first = deferred();
      const task = runtime.spawn(async (cx) => {
        const response = await cx.fetch(server.http(script({ pieces: ["data: 1\n\n"] })));
        for await (const _ of response.sse({ reconnect: true })) first.resolve();
      });
      await first.promise;
      await server.until("finished");
      task.cancel("navigation");
      expect(await task.join()).toMatchObject({
        kind: "cancelled",
        cancel: { kind: "navigation" },
      });
    });
  });

  test("of a request whose body can be sent once is refused", async () => {
    await inTask(async (cx, { server }) => {
      const request = new Request(server.http(script({})), { method: "POST", body: "once" });
      const response = await cx.fetch(request);
      expect(thrown(() => response.sse({ reconnect: true }))).toMatchObject({
        code: "INVALID_ARGUMENT",
      });
      for await (const _ of response.sse()) expect.unreachable();
    });
  });
});
