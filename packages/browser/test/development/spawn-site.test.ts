/** Development builds keep where tasks were spawned, and show it below their own stacks in developer tools. */
import { describe, expect, test, vi } from "vitest";
import { createRuntime } from "../../src/index.js";
import { captureStackSparingly } from "../../src/stack.js";
import { forBothKinds, withRuntime } from "../support.js";

describe("the spawn site", () => {
  test("is kept by default, and begins with the caller's own frame", async () => {
    const { failures } = await withRuntime(async (runtime) => {
      function startedHere(): void {
        runtime.spawn(() => {
          throw new Error("boom");
        });
      }
      startedHere();
    });
    const [innermost, ...others] = failures[0]?.spawnSite?.split("\n") ?? [];
    expect(innermost).toContain("startedHere");
    expect(innermost).toContain("spawn-site.test");
    expect([innermost, ...others].join("\n")).not.toMatch(/\/src\/|node:internal/);
  });

  test("of a branch is the call of the operation", async () => {
    const { failures } = await withRuntime(async (runtime) => {
      await runtime.run(async function outer(cx) {
        await cx.race([
          () => 1,
          async function loser(own) {
            await own.sleep(60_000).then(undefined, () => {
              throw new Error("failed while it let go");
            });
          },
        ]);
      });
    });
    expect(failures.map(({ label }) => label)).toEqual(["loser"]);
    expect(failures[0]?.spawnSite?.split("\n")[0]).toContain("spawn-site.test");
  });

  test("is kept of a thousand tasks a second, so that others need not wait for it", () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(1e9);
    const captured = () =>
      Array.from({ length: 3_000 }, () => captureStackSparingly()).filter(
        (site) => site !== undefined,
      );
    try {
      // What is left of an earlier second, and then one second's.
      expect(captured().length).toBeLessThanOrEqual(2_000);
      now.mockReturnValue(1e9 + 999);
      expect(captured()).toHaveLength(0);
      now.mockReturnValue(1e9 + 1_000);
      expect(captured()).toHaveLength(1_000);
    } finally {
      now.mockRestore();
    }
  });

  test("is not kept when that is asked for", async () => {
    const { failures } = await withRuntime(
      async (runtime) => {
        runtime.spawn(() => {
          throw new Error("boom");
        });
      },
      { spawnSites: false },
    );
    expect(failures.map(({ spawnSite }) => spawnSite)).toEqual([undefined]);
  });
});

describe("console.createTask", () => {
  forBothKinds((body) => {
    test("is called at the spawn, and the body runs on what it gave", async () => {
      const runs: string[] = [];
      let depth = 0;
      const seen: number[] = [];
      vi.stubGlobal("console", {
        ...console,
        createTask: (name: string) => ({
          run: <T>(code: () => T): T => {
            runs.push(name);
            depth += 1;
            try {
              return code();
            } finally {
              depth -= 1;
            }
          },
        }),
      });
      try {
        const runtime = await createRuntime();
        await runtime.run(
          body(function* (cx) {
            seen.push(depth);
            yield* cx.sleep(0);
            return 1;
          }),
          { label: "shown" },
        );
        await runtime.close();
      } finally {
        vi.unstubAllGlobals();
      }
      expect(seen).toEqual([1]);
      expect(new Set(runs)).toEqual(new Set(["shown"]));
      expect(depth).toBe(0);
    });
  });

  test("has the name of a map's body, or that it is an item", async () => {
    const names: string[] = [];
    vi.stubGlobal("console", {
      ...console,
      createTask: (name: string) => {
        names.push(name);
        return { run: <T>(code: () => T): T => code() };
      },
    });
    try {
      const runtime = await createRuntime();
      await runtime.run(
        async (cx) => {
          await cx.map([1], { concurrency: 1 }, async function load(_, item) {
            return item;
          });
          await cx.map(
            [1],
            { concurrency: 1 },
            (
              () => (_: unknown, item: number) =>
                item
            )(),
          );
        },
        { label: "shown" },
      );
      await runtime.close();
    } finally {
      vi.unstubAllGlobals();
    }
    expect(names.filter((name) => !["shown", "items"].includes(name))).toEqual(["load", "item"]);
  });
});
