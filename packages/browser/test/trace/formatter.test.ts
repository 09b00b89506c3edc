/** Tasks, scopes, runtimes and outcomes are one line on a console. */
import { describe, expect, test } from "vitest";
import { formatOnConsole, type Runtime } from "../../src/index.js";
import { deferred, idle, withRuntime } from "../support.js";

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

interface Formatter {
  header(value: unknown): unknown;
  hasBody(value: unknown): boolean;
  body(value: unknown): unknown;
}
const host = globalThis as { devtoolsFormatters?: Formatter[] };

/** Runs `test` with the formatter in place, which is the last one. */
async function formatted(
  test: (last: Formatter, runtime: Runtime) => Promise<void>,
): Promise<void> {
  const stop = formatOnConsole();
  try {
    await withRuntime((runtime) => test(host.devtoolsFormatters?.at(-1) as Formatter, runtime), {
      label: "page",
    });
  } finally {
    stop();
  }
}

const line = (value: unknown): unknown => (value as { [INSPECT](): string })[INSPECT]();

describe("one line", () => {
  test("says what a task, a scope and a runtime are, and why they are cancelled", async () => {
    await formatted(async (formatter, runtime) => {
      const gate = deferred();
      const task = runtime.spawn((cx) => cx.mask((own) => own.foreign(() => gate.promise)), {
        label: "search",
      });
      await idle(runtime);
      for (const [value, text] of [
        [task, 'Task "search" running'],
        [runtime.root, 'Scope "page" open'],
        [runtime, 'Runtime "page" open'],
      ] as const) {
        expect(line(value)).toBe(text);
        expect(formatter.header(value)).toEqual(["span", {}, text]);
      }
      task.cancel({ message: "superseded" });
      expect(line(task)).toBe('Task "search" cancel-requested, cancelled: user: superseded');
      gate.resolve();
      await task.join();
    });
  });

  test("says what an outcome was, and leaves alone what only looks like one", async () => {
    await formatted(async (formatter, runtime) => {
      const failed = await runtime.run(() => {
        throw new TypeError("no network");
      });
      expect(formatter.header(failed)).toEqual([
        "span",
        {},
        "Outcome failed: TypeError: no network",
      ]);
      expect(formatter.hasBody(failed)).toBe(true);
      const ok = await runtime.run(() => ({ rows: 3 }));
      expect(formatter.body(ok)).toEqual([
        "div",
        {},
        "value: ",
        ["object", { object: { rows: 3 } }],
      ]);
      for (const other of [
        { kind: "ok", value: 1 },
        Object.freeze({ kind: "ok" }),
        Object.freeze({ kind: "toString", value: 1 }),
        null,
        "text",
        7,
      ]) {
        expect(formatter.header(other)).toBeNull();
      }
    });
  });

  test("unfolds to the live tree for a runtime", async () => {
    await formatted(async (formatter, runtime) => {
      runtime.spawn((cx) => cx.sleep(60_000), { label: "search" });
      await idle(runtime);
      expect(formatter.hasBody(runtime)).toBe(true);
      expect(formatter.body(runtime)).toEqual([
        "div",
        expect.any(Object),
        expect.stringContaining("task search, running: waits for sleep"),
      ]);
    });
  });
});

test("looking at a failed task on a console does not count as asking how it ended", async () => {
  const { failures } = await withRuntime(async (runtime) => {
    const stop = formatOnConsole();
    const task = runtime.spawn(() => {
      throw new Error("boom");
    });
    await idle(runtime);
    line(task);
    stop();
  });
  expect(failures).toHaveLength(1);
});

test("taken back, nothing of it is left, and others' formatters are", async () => {
  const other: Formatter = { header: () => null, hasBody: () => false, body: () => null };
  host.devtoolsFormatters = Object.freeze([other]) as unknown as Formatter[];
  try {
    const stop = formatOnConsole();
    expect(host.devtoolsFormatters).toHaveLength(2);
    stop();
    expect(host.devtoolsFormatters).toEqual([other]);
    await withRuntime(async (runtime) => {
      expect(INSPECT in runtime).toBe(false);
    });
  } finally {
    delete host.devtoolsFormatters;
  }
});
