/** Snapshots and subscriptions: the live tree as an immutable value. */
import { describe, expect, test } from "vitest";
import type { HostOpNode, Runtime, ScopeNode, TaskNode } from "../src/index.js";
import { deferred, hostTurn, idle, thrown, withRuntime } from "./support.js";

/** Resolves when the runtime tells of a snapshot that is as hoped for. */
function whenTold(runtime: Runtime, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = runtime.subscribe(() => {
      if (!isSo()) return;
      unsubscribe();
      resolve();
    });
  });
}

test("the tree shows scopes, tasks and host operations with their labels and states", async () => {
  await withRuntime(
    async (runtime) => {
      const scope = runtime.openScope({ label: "panel", policy: "collect-all" });
      const gate = deferred();
      const task = scope.spawn(
        async (cx) => {
          cx.spawn((child) => child.sleep(60_000), { label: "ticker" });
          await cx.race([
            async function nearMirror(branch) {
              await branch.foreign(() => gate.promise, { label: "download" });
            },
          ]);
        },
        { label: "load" },
      );
      await idle(runtime);
      const { root, counts, state } = runtime.snapshot();
      expect(state).toBe("open");
      expect(counts).toEqual({ tasks: 3, scopes: 4, hostOps: 1, timers: 1 });
      const leaf = { cancel: undefined, children: [] };
      expect(root).toMatchObject({
        type: "scope",
        label: "page",
        state: "open",
        children: [
          {
            type: "scope",
            id: scope.id,
            label: "panel",
            children: [
              {
                type: "task",
                id: task.id,
                label: "load",
                state: "running",
                children: [
                  {
                    type: "scope",
                    label: "children",
                    children: [{ type: "task", label: "ticker", ...leaf }],
                  },
                  {
                    type: "scope",
                    label: "race",
                    state: "closing",
                    children: [
                      {
                        type: "task",
                        label: "nearMirror",
                        children: [{ type: "host-op", label: "download", state: "submitted" }],
                      },
                    ],
                  },
                ],
              },
            ],
          },
        ],
      });
      task.cancel("unmount");
      await idle(runtime);
      const [panel] = runtime.snapshot().root.children as [ScopeNode];
      expect(panel.children).toMatchObject([
        {
          // Not yet observed: it waits for its race to drain.
          state: "cancel-requested",
          cancel: "unmount",
          children: [{ label: "race", state: "draining", cancel: "parent-cancelled" }],
        },
      ]);
      gate.resolve();
      await task.join();
      await idle(runtime);
      expect(runtime.snapshot().root.children).toMatchObject([{ label: "panel", children: [] }]);
    },
    { label: "page", drainTimeMs: 100 },
  );
});

test("it is the same object until something changes, and frozen all the way down", async () => {
  await withRuntime(async (runtime) => {
    const scope = runtime.openScope();
    const first = runtime.snapshot();
    expect(runtime.snapshot()).toBe(first);
    const task = scope.spawn((cx) => cx.sleep(60_000));
    const second = runtime.snapshot();
    expect(second).not.toBe(first);
    expect(second.revision).toBeGreaterThan(first.revision);
    expect(first.root.children).toMatchObject([{ children: [] }]);
    const pending: object[] = [second];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      expect(Object.isFrozen(at)).toBe(true);
      for (const value of Object.values(at)) {
        if (typeof value === "object" && value !== null) pending.push(value);
      }
    }
    task.cancel();
    await task.join();
  });
});

test("a tree of 20,000 levels is taken without recursion", async () => {
  await withRuntime(async (runtime) => {
    let scope = runtime.root;
    for (let level = 0; level < 20_000; level += 1) scope = scope.openScope();
    let depth = 0;
    let node: ScopeNode | TaskNode | undefined = runtime.snapshot().root;
    for (; node !== undefined; node = node.children[0] as ScopeNode | undefined) depth += 1;
    expect(depth).toBe(20_001);
    runtime.root.cancel();
  });
});

describe("subscribe()", () => {
  test("tells once a turn, and the snapshot has changed by then", async () => {
    await withRuntime(async (runtime) => {
      const revisions: number[] = [];
      const unsubscribe = runtime.subscribe(() => revisions.push(runtime.snapshot().revision));
      await runtime.run((cx) => cx.all([() => 1, () => 2, () => 3]));
      unsubscribe();
      const told = revisions.length;
      expect(told).toBeGreaterThan(0);
      expect(told).toBeLessThan(10);
      expect(new Set(revisions).size).toBe(told);
      await idle(runtime);
      expect(revisions).toHaveLength(told);
    });
  });

  test("tells of what is opened while the kernel has nothing to do", async () => {
    await withRuntime(async (runtime) => {
      await idle(runtime);
      let told = 0;
      const unsubscribe = runtime.subscribe(() => {
        told += 1;
      });
      runtime.openScope();
      runtime.openScope();
      await hostTurn();
      expect(told).toBe(1);
      const waiting = (): TaskNode["children"][number] | undefined =>
        runtime.snapshot().root.children.find((node) => node.type === "task")?.children[0];
      const opened = whenTold(runtime, () => waiting() !== undefined);
      const task = runtime.spawn(async (cx) => {
        await Promise.resolve();
        await cx.foreign((signal) => {
          return new Promise((resolve) => signal.addEventListener("abort", resolve));
        });
      });
      await opened;
      expect(waiting()).toMatchObject({
        type: "host-op",
        state: "submitted",
      } satisfies Partial<HostOpNode>);
      const before = told;
      task.cancel();
      await task.join();
      expect(told).toBeGreaterThan(before);
      unsubscribe();
    });
  });

  test("tells of a body that ends by a promise of its own, between two turns", async () => {
    await withRuntime(async (runtime) => {
      let finish: (() => void) | undefined;
      const finished = new Promise<void>((resolve) => {
        finish = resolve;
      });
      runtime.spawn(() => finished);
      await idle(runtime);
      const left = whenTold(runtime, () => runtime.snapshot().root.children.length === 0);
      finish?.();
      await left;
    });
  });

  test("a function subscribed twice is told twice and taken back one by one", async () => {
    await withRuntime(async (runtime) => {
      let told = 0;
      const listener = (): void => {
        told += 1;
      };
      const first = runtime.subscribe(listener);
      const second = runtime.subscribe(listener);
      runtime.openScope();
      await hostTurn();
      expect(told).toBe(2);
      first();
      first();
      runtime.openScope();
      await hostTurn();
      expect(told).toBe(3);
      second();
    });
  });

  test("tells of the close, after which the tree is an empty closed root", async () => {
    await withRuntime(async (runtime) => {
      runtime.spawn((cx) => cx.sleep(60_000));
      const states: string[] = [];
      runtime.subscribe(() => states.push(runtime.snapshot().state));
      await runtime.close();
      expect(states.at(-1)).toBe("closed");
      expect(runtime.snapshot()).toMatchObject({
        state: "closed",
        root: { state: "closed", children: [] },
      });
    });
  });

  test("refuses what is no function", async () => {
    await withRuntime(async (runtime) => {
      expect(thrown(() => runtime.subscribe({} as never))).toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    });
  });
});
