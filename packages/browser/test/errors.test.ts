/** What errors say: what was expected, what came and nothing else, and what to do about it. */
import { loadKernelModule } from "@asupersync/browser-core/load";
import { describe, expect, test } from "vitest";
import {
  AsupersyncError,
  CancelledError,
  type Cx,
  channel,
  createRuntime,
  type Runtime,
  type Task,
} from "../src/index.js";
import { idle, thrown, withRuntime } from "./support.js";

interface Texts {
  readonly code?: string;
  readonly expected: string;
  readonly received: string;
  readonly mend: string;
}

/** Checks the error that `call` throws. What a caller in JavaScript may pass is no type here. */
function check(call: () => unknown, texts: Texts): void {
  const error = thrown(call) as AsupersyncError;
  expect(error).toBeInstanceOf(AsupersyncError);
  const { code, expected, received, mend } = error;
  expect({ code, expected, received, mend }).toEqual({ code: "INVALID_ARGUMENT", ...texts });
  const page = `@asupersync/browser/docs/errors/${code}.md`;
  expect(error.message).toBe(
    `${code}: expected ${expected}, got ${received}: ${mend} (see ${page})`,
  );
}

/** Runs `test` in the body of a task, and passes on what it throws. */
async function inTask(test: (cx: Cx, runtime: Runtime) => unknown): Promise<void> {
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) => void test(cx, runtime));
    if (outcome.kind === "err") throw outcome.error;
  });
}

const KINDS = '"user", "unmount", "navigation", "timeout", "linked-exit" or "resource-unavailable"';

describe("a request to cancel", () => {
  const KIND = `a cancel kind: ${KINDS}`;
  const REQUEST = "a cancel kind, or { kind, message }";
  const ITS_OWN = "pass one of these; that kind is the runtime's own";
  test.each<[string, unknown, Texts]>([
    [
      "a text that is no kind",
      "bored",
      {
        expected: KIND,
        received: '"bored"',
        mend: "pass one of these; a text of your own goes in { message }",
      },
    ],
    [
      "a kind of the runtime's own",
      { kind: "race-lost" },
      { expected: KIND, received: '"race-lost"', mend: ITS_OWN },
    ],
    [
      "a number as kind",
      { kind: 3 },
      {
        expected: KIND,
        received: "3",
        mend: "pass one of these; a text of your own goes in { message }",
      },
    ],
    [
      "an error",
      new TypeError("boom"),
      {
        expected: REQUEST,
        received: "an error",
        mend: "pass { message: error.message }",
      },
    ],
    [
      "a number",
      7,
      { expected: REQUEST, received: "7", mend: 'pass "user", { message: "…" } or nothing' },
    ],
    [
      "an array",
      [],
      { expected: REQUEST, received: "an array", mend: 'pass "user", { message: "…" } or nothing' },
    ],
    [
      "a message that is no text",
      { message: 5 },
      { expected: "a string as message", received: "5", mend: "pass text or leave it out" },
    ],
    [
      "a key that means nothing",
      { reason: "bored" },
      {
        expected: "a request to cancel of kind and message only",
        received: 'the key "reason"',
        mend: "correct its name or leave it out",
      },
    ],
  ])("%s", async (_, request, texts) => {
    await withRuntime(async (runtime) => {
      const task = runtime.spawn((cx) => cx.sleep(60_000));
      check(() => task.cancel(request as never), texts);
      check(() => runtime.root.cancel(request as never), texts);
      await idle(runtime);
      expect(task.state).toBe("running");
    });
  });
});

describe("a body", () => {
  const MEND = "pass the function itself, not what it returns: (cx) => …";
  test.each<[string, (cx: Cx, runtime: Runtime) => unknown, Texts]>([
    [
      "a promise to spawn",
      (_, runtime) => runtime.spawn(Promise.resolve() as never),
      { expected: "a body, which is a function", received: "a promise", mend: MEND },
    ],
    [
      "a promise to race",
      (cx) => cx.race([() => 1, Promise.resolve() as never]),
      { expected: "a body, which is a function, at index 1", received: "a promise", mend: MEND },
    ],
    [
      "no array to race",
      (cx) => cx.race((() => 1) as never),
      { expected: "an array of bodies", received: "a function", mend: "pass cx.race([a, b])" },
    ],
    [
      "no array to all",
      (cx) => cx.all(undefined as never),
      { expected: "an array of bodies", received: "undefined", mend: "pass cx.all([a, b])" },
    ],
    [
      "no array to any",
      (cx) => cx.any((() => 1) as never),
      { expected: "an array of bodies", received: "a function", mend: "pass cx.any([a, b])" },
    ],
    [
      "nothing to timeout",
      (cx) => cx.timeout(5, undefined as never),
      { expected: "a body, which is a function", received: "undefined", mend: MEND },
    ],
    [
      "a string to scope",
      (cx) => cx.scope("x" as never),
      { expected: "a body, which is a function", received: '"x"', mend: MEND },
    ],
    [
      "an object to mask",
      (cx) => cx.mask({} as never),
      { expected: "a body, which is a function", received: "an object", mend: MEND },
    ],
    [
      "the arguments of timeout swapped",
      (cx) => cx.timeout((() => 1) as never, 5 as never),
      {
        code: "INVALID_NUMBER",
        expected: "milliseconds from 0 to 8640000000000000 as timeout",
        received: "a function",
        mend: "pass the milliseconds first: cx.timeout(ms, body)",
      },
    ],
    [
      "the result of a finalizer",
      (cx) => cx.defer(undefined as never),
      {
        expected: "a finalizer, which is a function",
        received: "undefined",
        mend: "pass the function itself, not what it returns: () => …",
      },
    ],
    [
      "a promise to foreign",
      (cx) => cx.foreign(Promise.resolve() as never),
      {
        expected: "a function that gives a promise",
        received: "a promise",
        mend: "pass (signal) => promise, so that the signal reaches the work",
      },
    ],
  ])("%s", (_, call, texts) => inTask((cx, runtime) => check(() => call(cx, runtime), texts)));

  test("an async generator", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(async function* () {
        yield 1;
      });
      check(
        () => {
          if (outcome.kind === "err") throw outcome.error;
        },
        {
          expected: "a body: async (cx) => … or function* (cx) { … }",
          received: "an async generator",
          mend: "leave out async, and yield* what it awaits; or leave out the star",
        },
      );
    });
  });

  test("a value yielded that is no operation", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(function* () {
        yield 5 as never;
      });
      check(
        () => {
          if (outcome.kind === "err") throw outcome.error;
        },
        {
          expected: "an operation of cx",
          received: "5",
          mend: "yield* one, such as cx.sleep(ms); a promise goes in cx.foreign",
        },
      );
    });
  });
});

describe("an argument", () => {
  const RANGE = "pass a number in that range";
  test.each<[string, (cx: Cx, runtime: Runtime) => unknown, Texts]>([
    [
      "a priority out of range",
      (cx) => cx.spawn(() => 1, { priority: 9 }),
      {
        code: "INVALID_NUMBER",
        expected: "a whole number from 0 to 7 as priority",
        received: "9",
        mend: RANGE,
      },
    ],
    [
      "NaN as a duration",
      (cx) => cx.sleep(Number.NaN),
      {
        code: "INVALID_NUMBER",
        expected: "milliseconds from 0 to 8640000000000000 as duration",
        received: "NaN",
        mend: "look where it was computed: something in it was no number",
      },
    ],
    [
      "text as a duration",
      (cx) => cx.sleep("5" as never),
      {
        code: "INVALID_NUMBER",
        expected: "milliseconds from 0 to 8640000000000000 as duration",
        received: '"5"',
        mend: "pass a number, not text",
      },
    ],
    [
      "a policy that is none",
      (_, runtime) => runtime.openScope({ policy: "race" as never }),
      {
        expected: 'the policy "fail-fast" or "collect-all"',
        received: '"race"',
        mend: "pass one of the two; for the first to end there are cx.race and cx.any",
      },
    ],
    [
      "a label that is no text",
      (cx) => cx.spawn(() => 1, { label: 7 as never }),
      { expected: "a string as label", received: "7", mend: "pass text or leave it out" },
    ],
    [
      "options that are none",
      (cx) => cx.spawn(() => 1, 7 as never),
      {
        expected: "an object as task options",
        received: "7",
        mend: "pass { label, priority, polls, deadlineMs, signal } or nothing",
      },
    ],
    [
      "a listener that is none",
      (_, runtime) => runtime.subscribe(undefined as never),
      {
        expected: "a function as listener",
        received: "undefined",
        mend: "pass the function itself, not what it returns",
      },
    ],
    [
      "an object as address",
      (cx) => cx.fetch({ url: "/" } as never),
      {
        expected: "an address: a string, a URL or a Request",
        received: "an object",
        mend: "pass one of the three",
      },
    ],
    [
      "a promise to join",
      (cx) => cx.join(Promise.resolve() as never),
      {
        code: "FORGED_HANDLE",
        expected: "a task that a runtime gave out",
        received: "a promise",
        mend: "pass what spawn gave; a promise goes in cx.foreign",
      },
    ],
  ])("%s", (_, call, texts) => inTask((cx, runtime) => check(() => call(cx, runtime), texts)));

  test("a task that waits for itself", async () => {
    await withRuntime(async (runtime) => {
      const task: Task<unknown> = runtime.spawn((cx) => cx.join(task));
      expect(await task.join()).toMatchObject({
        kind: "err",
        error: {
          code: "WRONG_STATE",
          expected: "another task",
          received: 'task "task" itself',
          mend: "no task can wait for its own end; join it from outside",
        },
      });
    });
  });

  test("a proxy that throws whatever is asked of it is described all the same", async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    await inTask((cx) =>
      check(() => cx.race(proxy as never), {
        expected: "an array of bodies",
        received: "an object",
        mend: "pass cx.race([a, b])",
      }),
    );
  });
});

describe("a key that no option has", () => {
  const MEND = "correct its name or leave it out";
  test.each<[string, (cx: Cx, runtime: Runtime) => unknown, string, string]>([
    [
      "of a task",
      (cx) => cx.spawn(() => 1, { prioritty: 3 } as never),
      "task options of label, priority, polls, deadlineMs and signal only",
      "prioritty",
    ],
    [
      "of a scope",
      (_, runtime) => runtime.openScope({ lable: "x" } as never),
      "scope options of label, policy and signal only",
      "lable",
    ],
    [
      "of cx.scope",
      (cx) => cx.scope(() => 1, { polcy: "fail-fast" } as never),
      "scope options of label, policy, priority, polls, deadlineMs and signal only",
      "polcy",
    ],
    [
      "of branches",
      (cx) => cx.all([() => 1], { policy: "fail-fast" } as never),
      "options of label only",
      "policy",
    ],
    [
      "of a foreign operation",
      (cx) => cx.foreign(async () => 1, { name: "x" } as never),
      "foreign options of label and onCancel only",
      "name",
    ],
  ])("%s", (_, call, expected, key) =>
    inTask((cx, runtime) => {
      const { tasksSpawned } = runtime.counters();
      check(() => call(cx, runtime), { expected, received: `the key "${key}"`, mend: MEND });
      expect(runtime.counters().tasksSpawned).toBe(tasksSpawned);
    }),
  );

  test.each<[unknown, string, string]>([
    [
      { lable: "x" },
      "runtime options of label, seed, trace, drainTimeMs, sliceMs, spawnSites, onFailure, onWarning, allowedOrigins, fetch, wasm and webSocket only",
      "lable",
    ],
    [{ trace: { size: 10 } }, "trace of capacity only", "size"],
  ])("of a runtime: %o", async (options, expected, key) => {
    await expect(createRuntime(options as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      expected,
      received: `the key "${key}"`,
      mend: MEND,
    });
  });

  test("run gives it as a failure", async () => {
    await withRuntime(async (runtime) => {
      expect(await runtime.run(() => 1, { prioritty: 3 } as never)).toMatchObject({
        kind: "err",
        error: { code: "INVALID_ARGUMENT", received: 'the key "prioritty"' },
      });
    });
  });
});

test.each<[unknown, string]>([
  [42, "42"],
  [{}, "an object"],
  [null, "null"],
  [Promise.resolve(), "a promise"],
  [[0, 97, 115, 109], "an array"],
])("what is no source of wasm is refused before it is fetched: %s", async (wasm, received) => {
  await expect(createRuntime({ wasm: wasm as never })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    expected: "an address, a Response, the bytes or a WebAssembly.Module as wasm",
    received,
    mend: "leave it out to have it found, or await what gives it",
  });
});

test("of 127 open runtimes the next one is refused, and it says what to do", async () => {
  const runtimes = await Promise.all(Array.from({ length: 127 }, () => createRuntime()));
  await expect(createRuntime()).rejects.toMatchObject({
    code: "LIMIT_REACHED",
    message:
      "LIMIT_REACHED: expected at most 127 open runtimes, got 128: close one first; one runtime is enough for a page (see @asupersync/browser/docs/errors/LIMIT_REACHED.md)",
  });
  await Promise.all(runtimes.map((runtime) => runtime.close()));
});

test("after a trap it says that the runtime is broken", async () => {
  const runtime = await createRuntime({ label: "main", onFailure: () => undefined });
  (await loadKernelModule()).die();
  expect(thrown(() => runtime.openScope())).toMatchObject({
    code: "POISONED",
    expected: "a sound runtime",
    received: expect.stringMatching(/^a broken kernel at scope "main"/),
  });
  await runtime.close();
});

test("spawnSites is true or false", async () => {
  await expect(createRuntime({ spawnSites: "yes" as never })).rejects.toMatchObject({
    expected: "true or false as spawnSites",
    received: '"yes"',
  });
});

test("a CancelledError has texts too, made when they are read, and no field for them", async () => {
  await withRuntime(async (runtime) => {
    const task = runtime.spawn((cx) => cx.sleep(60_000));
    task.cancel({ message: "enough" });
    const error = (await task.result().catch((caught: unknown) => caught)) as CancelledError;
    expect(error).toBeInstanceOf(CancelledError);
    expect(error.message).toBe(
      "CANCELLED: expected the task to go on, got a cancellation (user: enough): nothing is wrong: clean up and let it pass through (see @asupersync/browser/docs/errors/CANCELLED.md)",
    );
    expect(Object.keys(error).sort()).toEqual(["cancel", "code"]);
  });
});

test("work refused to a scope that was cancelled says how the scope is, which is not open", async () => {
  await withRuntime(async (runtime) => {
    const busy = runtime.openScope({ label: "busy" });
    void busy.run((cx) => cx.sleep(60_000));
    await idle(runtime);
    const empty = runtime.openScope({ label: "empty" });
    for (const scope of [busy, empty]) scope.cancel();
    expect(thrown(() => busy.spawn(() => 1))).toMatchObject({
      code: "SCOPE_CLOSED",
      received: 'scope "busy", which is being cancelled',
    });
    expect(thrown(() => empty.spawn(() => 1))).toMatchObject({
      code: "SCOPE_CLOSED",
      received: 'scope "empty", which is closed',
    });
  });
});

test("what is no owner of a channel is told who may be one", async () => {
  await withRuntime(async () => {
    expect(thrown(() => channel({} as Cx, { capacity: 1 }))).toMatchObject({
      code: "FORGED_HANDLE",
      expected: "a runtime, a scope, or the cx that a body was given",
    });
  });
});
