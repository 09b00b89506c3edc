/** Events are told as they happen, with names, in order, each once; while nobody listens nothing is kept. */
import { describe, expect, test, vi } from "vitest";
import {
  type EventBatch,
  type LabelledEvent,
  type Runtime,
  type RuntimeOptions,
  subscribeEvents,
} from "../../src/index.js";
import { deferred, hostTurn, idle, thrown, withRuntime } from "../support.js";

const named = ({ kind, label }: LabelledEvent): string => `${kind} ${label}`;

/** Collects all that is told of `runtime`. */
function listen(runtime: Runtime, filter?: Parameters<typeof subscribeEvents>[2]) {
  const events: LabelledEvent[] = [];
  const batches: EventBatch[] = [];
  const stop = subscribeEvents(
    runtime,
    (batch) => {
      batches.push(batch);
      events.push(...batch.events);
    },
    filter,
  );
  return { events, batches, stop };
}

describe.each<[string, RuntimeOptions]>([
  ["with the trace option", { trace: { capacity: 64 } }],
  ["without it", {}],
])("%s", (_, options) => {
  test("a task's life is told from its spawn to its end, under its label", async () => {
    await withRuntime(async (runtime) => {
      const { events } = listen(runtime, { types: ["task"] });
      await runtime.run((cx) => cx.sleep(0), { label: "nap" });
      await hostTurn();
      expect(events.filter(({ kind }) => kind !== "taskDispatched").map(named)).toEqual([
        "taskSpawned nap",
        "timerFired nap",
        "taskCompleted nap",
      ]);
      const seqs = events.map(({ seq }) => seq);
      expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    }, options);
  });

  test("what is spawned and ends in one turn has its label to the end", async () => {
    await withRuntime(async (runtime) => {
      const { events } = listen(runtime, { kinds: ["taskSpawned", "taskCompleted"] });
      await runtime.run(
        function* (cx) {
          cx.spawn(() => 1, { label: "brief" });
          yield* cx.checkpoint();
        },
        { label: "parent" },
      );
      await hostTurn();
      expect(events.map(named)).toEqual([
        "taskSpawned parent",
        "taskSpawned brief",
        "taskCompleted brief",
        "taskCompleted parent",
      ]);
    }, options);
  });
});

test("scopes and host operations are named, and what changes without a turn is told too", async () => {
  await withRuntime(async (runtime) => {
    const { events } = listen(runtime, { types: ["scope", "host-op"] });
    const scope = runtime.openScope({ label: "panel" });
    await hostTurn();
    expect(events.map(named)).toEqual(["regionOpened panel"]);
    await scope.run((cx) => cx.foreign(async () => 1, { label: "pick" }));
    await scope.close();
    await hostTurn();
    expect(events.map(named)).toEqual([
      "regionOpened panel",
      "hostOpSubmitted pick",
      "hostOpCompleted pick",
      "regionClosing panel",
      "regionClosed panel",
    ]);
  });
});

test("what lived before the subscription has its label too", async () => {
  await withRuntime(async (runtime) => {
    const task = runtime.spawn((cx) => cx.sleep(60_000), { label: "old" });
    await idle(runtime);
    const { events } = listen(runtime, { label: "old" });
    task.cancel();
    await task.join();
    await hostTurn();
    expect(events.map(({ kind }) => kind)).toContain("taskCancelRequested");
    expect(events.at(-1)?.kind).toBe("taskCompleted");
  });
});

describe("a filter", () => {
  test("takes an expression, with or without the flag g", async () => {
    await withRuntime(async (runtime) => {
      const { events } = listen(runtime, { kinds: ["taskSpawned"], label: /^fetch/g });
      for (const label of ["fetch a", "sleep", "fetch b", "fetch c"]) {
        await runtime.run(() => 1, { label });
      }
      await hostTurn();
      expect(events.map(({ label }) => label)).toEqual(["fetch a", "fetch b", "fetch c"]);
    });
  });

  test.each<[string, unknown, string]>([
    ["a key that is none", { kind: "taskSpawned" }, 'the key "kind"'],
    ["a kind that is none", { kinds: ["taskBorn"] }, '"taskBorn"'],
    ["kinds that are no array", { kinds: "taskSpawned" }, '"taskSpawned"'],
    ["a type that is none", { types: ["fiber"] }, '"fiber"'],
    ["a label that is none", { label: 5 }, "5"],
  ])("refuses %s", async (_, filter, received) => {
    await withRuntime(async (runtime) => {
      const error = thrown(() => subscribeEvents(runtime, () => undefined, filter as never));
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT", received });
    });
  });
});

test("no runtime, and no function, are refused", async () => {
  expect(thrown(() => subscribeEvents({} as never, () => undefined))).toMatchObject({
    code: "FORGED_HANDLE",
    received: "an object",
  });
  await withRuntime(async (runtime) => {
    expect(thrown(() => subscribeEvents(runtime, 5 as never))).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});

test("events that the trace cannot hold are counted", async () => {
  await withRuntime(
    async (runtime) => {
      const { events, batches } = listen(runtime);
      const before = runtime.counters().events;
      for (let index = 0; index < 100; index += 1) runtime.spawn(() => 1);
      await idle(runtime);
      await hostTurn();
      const dropped = batches.reduce((sum, batch) => sum + batch.dropped, 0);
      expect(dropped).toBeGreaterThan(50);
      expect(events.length + dropped).toBe(runtime.counters().events - before);
    },
    { trace: { capacity: 8 } },
  );
});

test("a listener that was taken back hears nothing more, and with the last one the ring goes", async () => {
  await withRuntime(async (runtime) => {
    const first = listen(runtime);
    const second = listen(runtime);
    await runtime.run(() => 1);
    await hostTurn();
    first.stop();
    first.stop();
    const heard = first.events.length;
    await runtime.run(() => 1);
    await hostTurn();
    expect(first.events).toHaveLength(heard);
    expect(second.events.length).toBeGreaterThan(heard);
    expect(runtime.events().length).toBeGreaterThan(0);
    second.stop();
    await runtime.run(() => 1);
    expect(runtime.events()).toEqual([]);
  });
});

test("a listener that throws is heard of, and the others are told all the same", async () => {
  const reported: unknown[] = [];
  vi.stubGlobal("reportError", (error: unknown) => void reported.push(error));
  try {
    await withRuntime(async (runtime) => {
      const broken = new Error("broken listener");
      const stop = subscribeEvents(runtime, () => {
        throw broken;
      });
      const { events } = listen(runtime);
      await runtime.run(() => 1);
      await hostTurn();
      stop();
      expect(reported[0]).toBe(broken);
      expect(events.length).toBeGreaterThan(0);
    });
  } finally {
    vi.unstubAllGlobals();
  }
});

test("a listener may use the runtime, and what comes of that is told in its turn", async () => {
  await withRuntime(async (runtime) => {
    const done = deferred();
    const labels: string[] = [];
    subscribeEvents(
      runtime,
      ({ events }) => {
        for (const { label } of events) {
          labels.push(label);
          if (label === "first") runtime.spawn(() => 1, { label: "second" });
          else done.resolve();
        }
      },
      { kinds: ["taskCompleted"] },
    );
    runtime.spawn(() => 1, { label: "first" });
    await done.promise;
    expect(labels).toEqual(["first", "second"]);
  });
});

test("listening changes neither what happens nor its hashes", async () => {
  const hashes: string[] = [];
  for (const listens of [false, true]) {
    await withRuntime(async (runtime) => {
      if (listens) listen(runtime);
      await runtime.run((cx) =>
        cx.all([
          (one) => one.checkpoint(),
          function* (two) {
            two.spawn((child) => child.checkpoint());
            yield* two.checkpoint();
          },
        ]),
      );
      hashes.push(runtime.fingerprint());
    });
  }
  expect(hashes[0]).toBe(hashes[1]);
});

test("the end of the runtime is told", async () => {
  let closed: ReturnType<typeof listen> | undefined;
  await withRuntime(async (runtime) => {
    closed = listen(runtime, { label: "runtime" });
  });
  expect(closed?.events.at(-1)).toMatchObject({ kind: "regionClosed", type: "scope" });
});

test("who stops is told of what has happened, and others in their order", async () => {
  await withRuntime(async (runtime) => {
    const told: string[] = [];
    const others: number[] = [];
    const stopOthers = subscribeEvents(runtime, ({ events }) => {
      for (const { seq } of events) others.push(seq);
    });
    const stop = subscribeEvents(
      runtime,
      ({ events }) => {
        for (const { kind, label } of events) told.push(`${kind} ${label}`);
      },
      { kinds: ["taskSpawned", "taskCompleted"] },
    );
    await runtime.run(() => 1, { label: "quick" });
    stop();
    stop();
    expect(told).toEqual(["taskSpawned quick", "taskCompleted quick"]);
    stopOthers();
    expect(others).toEqual([...others].sort((one, other) => one - other));
    expect(new Set(others).size).toBe(others.length);
  });
});
