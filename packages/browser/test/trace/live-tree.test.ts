/** The live tree says of each node why, until when and for what, as values and as text. */
import { describe, expect, test } from "vitest";
import { dumpTree, type LiveScope, type LiveTask, liveTree } from "../../src/index.js";
import { deferred, forBothKinds, idle, thrown, withRuntime } from "../support.js";

describe("the live tree", () => {
  forBothKinds((body) => {
    test("says what a task waits for", async () => {
      await withRuntime(async (runtime) => {
        const gate = deferred();
        const target = runtime.spawn((cx) => cx.foreign(() => gate.promise, { label: "pick" }), {
          label: "picker",
        });
        const joins = runtime.spawn(
          body(function* (cx) {
            yield* cx.join(target);
          }),
        );
        const races = runtime.spawn(
          body(function* (cx) {
            yield* cx.race([(own) => own.sleep(60_000)]);
          }),
        );
        await idle(runtime);
        const waits = new Map(
          (liveTree(runtime).root.children as LiveTask[]).map(({ id, waitsFor }) => [id, waitsFor]),
        );
        expect(waits.get(target.id)).toEqual(["pick"]);
        expect(waits.get(joins.id)).toEqual(["join picker"]);
        expect(waits.get(races.id)).toEqual(["race"]);
        const race = (liveTree(runtime).root.children as LiveTask[]).find(
          ({ id }) => id === races.id,
        )?.children[0] as LiveScope;
        expect(race.children).toMatchObject([{ type: "task", waitsFor: ["sleep"] }]);
        gate.resolve();
      });
    });
  });

  test("has the whole reason, the deadline, the polls left and the spawn site", async () => {
    await withRuntime(async (runtime) => {
      const gate = deferred();
      const scope = runtime.openScope({ label: "panel" });
      const task = scope.spawn(
        async (cx) => {
          await cx.sleep(60_000).then(undefined, () => undefined);
          await cx.mask((own) => own.foreign(() => gate.promise));
        },
        { label: "load", deadlineMs: 30_000, polls: 50 },
      );
      await idle(runtime);
      const before = (liveTree(runtime).root.children[0] as LiveScope).children[0] as LiveTask;
      expect(before).toMatchObject({ label: "load", state: "running", reason: undefined });
      expect(before.deadline).toBeGreaterThan(runtime.now());
      expect(before.pollsLeft).toBeGreaterThan(0);
      expect(before.pollsLeft).toBeLessThan(50);
      expect(before.spawnSite?.split("\n")[0]).toContain("live-tree.test");

      scope.cancel({ kind: "unmount", message: "left the page" });
      await idle(runtime);
      const panel = liveTree(runtime).root.children[0] as LiveScope;
      expect(panel).toMatchObject({
        state: "draining",
        reason: { kind: "unmount", message: "left the page" },
      });
      expect(panel.children[0]).toMatchObject({
        state: "cancelling",
        pollsLeft: undefined,
        reason: {
          kind: "parent-cancelled",
          cause: { kind: "unmount", message: "left the page" },
        },
      });
      expect(Object.isFrozen(panel)).toBe(true);
      expect(Object.isFrozen(panel.children)).toBe(true);
      gate.resolve();
      await task.join();
    });
  });

  test("of a closed runtime is a closed root", async () => {
    await withRuntime(async (runtime) => {
      await runtime.close();
      expect(liveTree(runtime)).toMatchObject({ state: "closed", root: { children: [] } });
      expect(dumpTree(runtime)).toBe("runtime closed");
    });
  });

  test("of what is no runtime is refused", () => {
    expect(thrown(() => liveTree(Promise.resolve() as never))).toMatchObject({
      code: "FORGED_HANDLE",
      received: "a promise",
    });
  });
});

describe("the dump", () => {
  test("has a line a node, with what is running and why it was cancelled", async () => {
    await withRuntime(
      async (runtime) => {
        const gate = deferred();
        const scope = runtime.openScope({ label: "panel", policy: "collect-all" });
        const task = scope.spawn(
          async (cx) => {
            cx.spawn((child) => child.mask((own) => own.foreign(() => gate.promise)), {
              label: "upload",
            });
            await cx.sleep(60_000);
          },
          { label: "load" },
        );
        await idle(runtime);
        expect(dumpTree(runtime)).toBe(
          [
            "runtime page open",
            "└─ scope panel, open",
            "   └─ task load, running: waits for sleep",
            "      └─ scope children, open",
            "         └─ task upload, running: waits for mask",
            "            └─ scope mask, closing",
            "               └─ task task, running: waits for foreign",
            "                  └─ host-op foreign, submitted",
          ].join("\n"),
        );
        task.cancel({ message: "superseded" });
        await idle(runtime);
        expect(dumpTree(runtime)).toContain(
          "task upload, cancel-requested: cancelled: parent-cancelled after user: superseded; waits for mask",
        );
        gate.resolve();
        await task.join();
      },
      { label: "page", spawnSites: false },
    );
  });

  test("shows spawn sites unless told otherwise", async () => {
    await withRuntime(async (runtime) => {
      runtime.spawn((cx) => cx.sleep(60_000), { label: "first" });
      runtime.spawn((cx) => cx.sleep(60_000), { label: "last" });
      await idle(runtime);
      const [, , site] = dumpTree(runtime).split("\n");
      expect(site).toMatch(/^│ {5}spawned at .*live-tree\.test/);
      expect(dumpTree(runtime, { spawnSites: false })).not.toContain("spawned");
    });
  });

  test("counts what it has no room for", async () => {
    await withRuntime(async (runtime) => {
      for (let index = 0; index < 20; index += 1) runtime.spawn((cx) => cx.sleep(60_000));
      await idle(runtime);
      const lines = dumpTree(runtime, { nodesMax: 5, spawnSites: false }).split("\n");
      expect(lines).toHaveLength(7);
      expect(lines.at(-1)).toBe("… and 15 more");
    });
  });

  test("of a chain of ten thousand scopes is made without recursion, in time linear in its size", async () => {
    await withRuntime(async (runtime) => {
      let scope = runtime.root;
      for (let depth = 0; depth < 10_000; depth += 1) scope = scope.openScope({ label: "deeper" });
      const text = dumpTree(runtime, { nodesMax: 100_000 });
      expect(text.split("\n")).toHaveLength(10_001);
      expect(text.length).toBeLessThan(10_001 * 250);
      expect(dumpTree(runtime)).toMatch(/… and 9000 more$/);
    });
  });

  test.each([
    [{ nodesMax: 0 }, "INVALID_NUMBER"],
    [{ nodesMax: 1.5 }, "INVALID_NUMBER"],
    [{ spawnSites: 1 }, "INVALID_ARGUMENT"],
    [{ depth: 1 }, "INVALID_ARGUMENT"],
  ])("refuses %j", async (options, code) => {
    await withRuntime(async (runtime) => {
      expect(thrown(() => dumpTree(runtime, options as never))).toMatchObject({ code });
    });
  });
});
