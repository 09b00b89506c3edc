/** What the page on looking inside shows, run. */
import { expect, test, vi } from "vitest";
import {
  consoleWriter,
  dumpTree,
  formatOnConsole,
  jsonLinesWriter,
  log,
  logSink,
  showTimeline,
  subscribeEvents,
} from "../../src/index.js";
import { hostTurn, withRuntime } from "../support.js";

test("the dump says what is running and what it waits for", async () => {
  await withRuntime(
    async (runtime) => {
      runtime.spawn((cx) => cx.timeout(30_000, (cx) => cx.sleep(60_000)), { label: "search" });
      await runtime.run((cx) => cx.sleep(5));
      const dump = dumpTree(runtime, { spawnSites: false });
      // runtime page open
      // └─ task search, running: waits for timeout 30000 ms
      //    └─ scope timeout 30000 ms, closing: deadline in 29995 ms
      //       └─ task task, running: waits for sleep; deadline in 29995 ms
      expect(dump.replace(/in \d+ ms/g, "in 29995 ms")).toBe(
        [
          "runtime page open",
          "└─ task search, running: waits for timeout 30000 ms",
          "   └─ scope timeout 30000 ms, closing: deadline in 29995 ms",
          "      └─ task task, running: waits for sleep; deadline in 29995 ms",
        ].join("\n"),
      );
    },
    { label: "page" },
  );
});

test("events are told to those who listen", async () => {
  const seen: string[] = [];
  await withRuntime(async (runtime) => {
    const stop = subscribeEvents(
      runtime,
      ({ events }) => {
        for (const { kind, label } of events) seen.push(`${label} ${kind}`);
      },
      { types: ["task"], kinds: ["taskSpawned", "taskCompleted"], label: /^load/ },
    );
    await runtime.run((cx) => cx.sleep(5), { label: "load hits" });
    await hostTurn();
    stop();
  });
  expect(seen).toEqual(["load hits taskSpawned", "load hits taskCompleted"]);
});

test("a log has what bodies say, without what is secret", async () => {
  const lines: string[] = [];
  await withRuntime(async (runtime) => {
    const endLog = logSink(runtime, {
      level: "info",
      redact: ["token", /^authorization$/i],
      write: jsonLinesWriter((line) => lines.push(line)),
    });
    await runtime.run(
      async (cx) => {
        log(cx, "info", "signed in", { user: 7, token: "secret" });
      },
      { label: "sign in" },
    );
    endLog();
  });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    {
      level: "info",
      task: "sign in",
      message: "signed in",
      fields: { user: 7, token: "[redacted]" },
    },
  ]);
});

test("a log on the console", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  try {
    await withRuntime(async (runtime) => {
      const endTalk = logSink(runtime, { level: "warn", write: consoleWriter() });
      await runtime.run(async (cx) => log(cx, "warn", "slow", { ms: 900 }), { label: "load" });
      endTalk();
    });
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/^WARN .*load: slow$/), { ms: 900 }]]);
  } finally {
    warn.mockRestore();
  }
});

test("the timeline has the tasks that were asked for", async () => {
  await withRuntime(async (runtime) => {
    const hide = showTimeline(runtime, { label: /^load/ });
    await runtime.run((cx) => cx.sleep(5), { label: "load rows" });
    await hostTurn();
    expect(performance.getEntriesByName("load rows")).toHaveLength(1);
    hide();
    expect(performance.getEntriesByName("load rows")).toHaveLength(0);
  });
});

test("a console shows one line", async () => {
  const say = vi.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    await withRuntime(async (runtime) => {
      // biome-ignore-start lint/suspicious/noConsole: it is what the page shows.
      const plain = formatOnConsole();
      const task = runtime.spawn((cx) => cx.sleep(5), { label: "nap" });
      console.log(task); // Task "nap" created
      // biome-ignore-end lint/suspicious/noConsole: it is what the page shows.
      expect(say).toHaveBeenCalledWith(task);
      plain();
    });
  } finally {
    say.mockRestore();
  }
});
