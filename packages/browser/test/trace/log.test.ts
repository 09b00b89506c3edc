/** A log is made of records: of what the runtime does and of what bodies say, bounded and redacted. */
import { describe, expect, test, vi } from "vitest";
import {
  type Cx,
  consoleWriter,
  jsonLinesWriter,
  type LogRecord,
  type LogSinkOptions,
  log,
  logSink,
  type Runtime,
} from "../../src/index.js";
import { hostTurn, idle, thrown, withRuntime } from "../support.js";

/** The records of `work`. */
async function recordsOf(
  work: (runtime: Runtime) => Promise<unknown>,
  options: Partial<LogSinkOptions> = {},
): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  await withRuntime(async (runtime) => {
    const stop = logSink(runtime, { write: (record) => void records.push(record), ...options });
    await work(runtime);
    await hostTurn();
    stop();
  });
  return records;
}

const line = ({ level, task, scope, message }: LogRecord): string =>
  `${level} ${scope}/${task}: ${message}`;

const boom = (): never => {
  throw new Error("boom");
};

describe("what a body says", () => {
  test("is told at once, with its task and scope, the time, and its fields", async () => {
    let atOnce = 0;
    const before = Date.now();
    const records = await recordsOf(async (runtime) => {
      const scope = runtime.openScope({ label: "panel" });
      await scope.run(
        async (cx) => {
          await cx.sleep(0);
          log(cx, "info", "uploaded", { bytes: 7 });
          atOnce = performance.now();
        },
        { label: "upload" },
      );
    });
    expect(atOnce).toBeGreaterThan(0);
    expect(records).toEqual([
      {
        time: expect.any(Number),
        level: "info",
        target: "app",
        task: "upload",
        scope: "panel",
        message: "uploaded",
        fields: { bytes: 7 },
      },
    ]);
    const [{ time } = { time: 0 }] = records;
    expect(time).toBeGreaterThan(before - 5);
    expect(time).toBeLessThan(Date.now() + 5);
  });

  test("goes nowhere without a sink, and to each of several by its own level", async () => {
    await withRuntime(async (runtime) => {
      const say = (cx: Cx): void => {
        log(cx, "debug", "detail");
        log(cx, "error", "trouble");
      };
      await runtime.run(say);
      const told: [string, string][] = [];
      const stops = (["trace", "warn"] as const).map((level) =>
        logSink(runtime, {
          level,
          filter: ({ target }) => target === "app",
          write: ({ message }) => void told.push([level, message]),
        }),
      );
      await runtime.run(say);
      expect(told).toEqual([
        ["trace", "detail"],
        ["trace", "trouble"],
        ["warn", "trouble"],
      ]);
      for (const stop of stops) stop();
      await runtime.run(say);
      expect(told).toHaveLength(3);
    });
  });

  test("after the task's end is not lost", async () => {
    const records = await recordsOf(async (runtime) => {
      let kept: Cx | undefined;
      await runtime.run(
        (cx) => {
          kept = cx;
        },
        { label: "gone" },
      );
      log(kept as unknown as Cx, "warn", "late");
    });
    expect(records.map(line)).toEqual(["warn runtime/gone: late"]);
  });

  test.each<[string, (cx: Cx) => void, string]>([
    ["no cx", () => log({} as never, "info", "x"), "FORGED_HANDLE"],
    ["a level that is none", (cx) => log(cx, "fatal" as never, "x"), "INVALID_ARGUMENT"],
    ["a message that is no text", (cx) => log(cx, "info", {} as never), "INVALID_ARGUMENT"],
    ["fields that are none", (cx) => log(cx, "info", "x", 5 as never), "INVALID_ARGUMENT"],
  ])("is refused for %s, with and without a sink", async (_, say, code) => {
    await withRuntime(async (runtime) => {
      await runtime.run((cx) => void expect(thrown(() => say(cx))).toMatchObject({ code }));
      logSink(runtime, { write: () => undefined });
      await runtime.run((cx) => void expect(thrown(() => say(cx))).toMatchObject({ code }));
    });
  });
});

describe("of the runtime's own", () => {
  const work = async (runtime: Runtime): Promise<void> => {
    await runtime.run(() => 1, { label: "fine" });
    await runtime.run(boom, { label: "broken" });
    await runtime.run((cx) => cx.defer(boom), { label: "left" });
    const task = runtime.spawn((cx) => cx.sleep(60_000), { label: "slow" });
    await idle(runtime);
    task.cancel("unmount");
    await task.join();
  };

  test("failures and panics are told at the default level, and nothing else", async () => {
    expect((await recordsOf(work)).map(line)).toEqual([
      "warn runtime/broken: task broken: completed",
      "error runtime/left: task left: completed",
    ]);
  });

  test("at debug each beginning, end and cancellation has its words and its fields", async () => {
    const records = await recordsOf(work, {
      level: "debug",
      filter: ({ task }) => task === "slow",
    });
    expect(records.map(line)).toEqual([
      "debug runtime/slow: task slow: spawned",
      "debug runtime/slow: task slow: cancel requested",
      "debug runtime/slow: task slow: completed",
    ]);
    expect(records.map(({ fields }) => fields)).toMatchObject([
      { kind: "taskSpawned" },
      { cancel: "unmount" },
      { outcome: "cancelled" },
    ]);
  });

  test("a host operation names its task", async () => {
    const records = await recordsOf(
      (runtime) =>
        runtime.run((cx) => cx.foreign(async () => 1, { label: "pick" }), { label: "picker" }),
      { level: "debug", filter: ({ message }) => message.startsWith("host-op") },
    );
    expect(records.map(line)).toEqual([
      "debug undefined/picker: host-op pick: submitted",
      "debug undefined/picker: host-op pick: completed",
    ]);
  });

  test("at trace everything is told", async () => {
    const records = await recordsOf(work, { level: "trace" });
    expect(records.some(({ message }) => message === "task slow: dispatched")).toBe(true);
  });

  test("lost events are told as such", async () => {
    const records: LogRecord[] = [];
    await withRuntime(
      async (runtime) => {
        logSink(runtime, { write: (record) => void records.push(record) });
        for (let index = 0; index < 50; index += 1) runtime.spawn(() => 1);
        await idle(runtime);
        await hostTurn();
      },
      { trace: { capacity: 4 } },
    );
    expect(records[0]).toMatchObject({
      level: "warn",
      message: "events were lost: more came in one turn than the trace holds",
      fields: { count: expect.any(Number) },
    });
  });
});

describe("fields", () => {
  const said = async (fields: object, options: Partial<LogSinkOptions> = {}): Promise<unknown> => {
    const say = (cx: Cx): void => log(cx, "info", "x", fields as { [name: string]: unknown });
    const [record] = await recordsOf((runtime) => runtime.run(say), options);
    return record?.fields;
  };

  test("that must not be told are replaced, at any depth", async () => {
    const fields = {
      token: "t",
      request: { headers: { Authorization: "Bearer x", accept: "*/*" } },
      list: [{ authorization: "y" }],
    };
    expect(await said(fields, { redact: ["token", /^authorization$/i] })).toEqual({
      token: "[redacted]",
      request: { headers: { Authorization: "[redacted]", accept: "*/*" } },
      list: [{ authorization: "[redacted]" }],
    });
  });

  test("are plain and bounded, whatever came", async () => {
    const loop: { [name: string]: unknown } = {};
    loop.self = loop;
    const fields = {
      loop,
      error: Object.assign(new TypeError("no network"), { code: "E_NET", secret: 1 }),
      date: new Date(0),
      big: 12n,
      nan: Number.NaN,
      call: Symbol("s"),
      text: "x".repeat(5_000),
      list: Array.from({ length: 500 }, (_, index) => index),
    };
    const plain = (await said(fields)) as typeof fields;
    expect(plain.error).toEqual({ name: "TypeError", message: "no network", code: "E_NET" });
    expect(plain).toMatchObject({ date: "1970-01-01T00:00:00.000Z", big: "12", nan: "NaN" });
    expect(plain.call).toBe("Symbol(s)");
    expect(plain.text).toHaveLength(1_000);
    expect(plain.list).toHaveLength(50);
    expect(JSON.stringify(plain.loop)).toBe('{"self":{"self":{"self":"[…]"}}}');
    expect(structuredClone(plain)).toEqual(plain);
  });

  test("named __proto__ set nothing", async () => {
    const plain = (await said(JSON.parse('{"__proto__":{"polluted":true}}'))) as object;
    expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
    expect("polluted" in plain).toBe(false);
  });
});

describe("a sink", () => {
  test("whose write throws is heard of, and breaks nothing", async () => {
    const reported: unknown[] = [];
    vi.stubGlobal("reportError", (error: unknown) => void reported.push(error));
    const broken = new Error("disk full");
    try {
      await withRuntime(async (runtime) => {
        logSink(runtime, {
          write: () => {
            throw broken;
          },
        });
        expect(await runtime.run((cx) => log(cx, "info", "x"))).toMatchObject({ kind: "ok" });
      });
    } finally {
      vi.unstubAllGlobals();
    }
    expect(reported).toEqual([broken]);
  });

  test.each<[string, unknown]>([
    ["no write", {}],
    ["a level that is none", { level: "loud", write: () => undefined }],
    ["a filter that is none", { filter: 5, write: () => undefined }],
    ["names that are no array", { redact: "token", write: () => undefined }],
    ["a name that is none", { redact: [5], write: () => undefined }],
    ["a key that is none", { levels: "info", write: () => undefined }],
  ])("is refused with %s", async (_, options) => {
    await withRuntime(async (runtime) => {
      expect(thrown(() => logSink(runtime, options as never))).toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    });
  });
});

test("on a console each level has its method, one line, and fields that unfold", async () => {
  const calls: unknown[][] = [];
  const method =
    (name: string) =>
    (...args: unknown[]): void =>
      void calls.push([name, ...args]);
  const target = {
    debug: method("debug"),
    info: method("info"),
    warn: method("warn"),
    error: method("error"),
  };
  await recordsOf(
    (runtime) =>
      runtime.run(
        (cx) => {
          log(cx, "trace", "small");
          log(cx, "info", "plain");
          log(cx, "error", "bad", { code: 7 });
        },
        { label: "load" },
      ),
    { level: "trace", filter: ({ target }) => target === "app", write: consoleWriter(target) },
  );
  expect(calls).toEqual([
    ["debug", "TRACE app runtime/load: small"],
    ["info", "INFO  app runtime/load: plain"],
    ["error", "ERROR app runtime/load: bad", { code: 7 }],
  ]);
});

test("as lines of JSON each record is one line that reads back as it was", async () => {
  const lines: string[] = [];
  const records: LogRecord[] = [];
  const write = jsonLinesWriter((text) => void lines.push(text));
  await recordsOf(
    (runtime) => runtime.run((cx) => log(cx, "info", "two\nlines", { a: [1, null] })),
    {
      write: (record) => {
        records.push(record);
        write(record);
      },
    },
  );
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain("\n");
  expect(JSON.parse(lines[0] ?? "")).toEqual(records[0]);
  expect(thrown(() => jsonLinesWriter(5 as never))).toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("records come in the order in which it happened, and in that of their times", async () => {
  const records: LogRecord[] = [];
  await withRuntime(async (runtime) => {
    const stop = logSink(runtime, { level: "debug", write: (record) => void records.push(record) });
    await runtime.run(
      async (cx) => {
        log(cx, "info", "first");
        await cx.scope((inner) => log(inner, "info", "inner"), { label: "part" });
        log(cx, "info", "last");
      },
      { label: "work" },
    );
    stop();
  });
  const told = records.map(({ message }) => message);
  expect(told[0]).toBe("task work: spawned");
  expect(told.at(-1)).toBe("task work: completed");
  expect(told.indexOf("first")).toBe(1);
  expect(told.indexOf("scope part: closed")).toBeLessThan(told.indexOf("last"));
  expect(told.indexOf("scope part: closed")).toBeGreaterThan(told.indexOf("inner"));
  const times = records.map(({ time }) => time);
  expect(times).toEqual([...times].sort((one, other) => one - other));
  expect(new Set(told).size).toBe(told.length);
});
