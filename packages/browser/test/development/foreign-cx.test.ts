/** The cx of another task is noticed in development builds after an `await` too, and both are named. */
import { describe, expect, test } from "vitest";
import type { Body, Cx, Warning } from "../../src/index.js";
import { deferred, hostTurn, idle, withRuntime } from "../support.js";

/** What is warned of while `body` runs. */
async function warningsOf(body: Body<unknown>): Promise<Warning[]> {
  const { warnings } = await withRuntime(async (runtime) => {
    const outcome = await runtime.run(body, { label: "outer" });
    expect(outcome.kind).toBe("ok");
  });
  return warnings;
}

const received = ({ message }: Warning): string => /got (.*?):/.exec(message)?.[1] ?? message;

const OUTER_IN_INNER = 'the cx of task "outer" in task "inner", which belongs to it';

describe("the outer cx in an inner body", () => {
  test.each<[string, (outer: Cx, inner: Body<unknown>) => PromiseLike<unknown>]>([
    ["timeout", (outer, inner) => outer.timeout(60_000, inner)],
    ["race", (outer, inner) => outer.race([inner, (other) => other.sleep(60_000)])],
    ["all", (outer, inner) => outer.all([inner])],
    ["any", (outer, inner) => outer.any([inner])],
    ["scope", (outer, inner) => outer.scope(inner)],
    ["mask", (outer, inner) => outer.mask(inner)],
    ["spawn", (outer, inner) => outer.spawn(inner).result()],
  ])("is found in %s, once for its place", async (_, compose) => {
    const warnings = await warningsOf(async (outer) => {
      await compose(outer, async function inner(cx) {
        await cx.sleep(0);
        for (let round = 0; round < 3; round += 1) await outer.sleep(0);
        return 1;
      });
    });
    expect(warnings.map(received)).toEqual([OUTER_IN_INNER]);
    expect(warnings[0]).toMatchObject({ code: "CX_FOREIGN", label: "outer" });
    expect(warnings[0]?.site?.split("\n")[0]).toContain("foreign-cx.test");
  });

  test("is found behind a function that the inner body awaits", async () => {
    const warnings = await warningsOf(async (outer) => {
      const helper = async (): Promise<void> => {
        await outer.sleep(0);
      };
      await outer.timeout(60_000, async function inner(cx) {
        await cx.checkpoint();
        await helper();
      });
    });
    expect(warnings.map(received)).toEqual([OUTER_IN_INNER]);
  });

  test("is found after somebody else's promise, once the body awaits an operation again", async () => {
    const warnings = await warningsOf(async (outer) => {
      await outer.timeout(60_000, async function inner(cx) {
        await hostTurn();
        await cx.sleep(0);
        await outer.sleep(0);
      });
    });
    expect(warnings.map(received)).toEqual([OUTER_IN_INNER]);
  });

  test("is found when the inner body makes more work of it than a wait", async () => {
    const warnings = await warningsOf(async (outer) => {
      await outer.timeout(60_000, async function inner(cx) {
        await cx.sleep(0);
        outer.spawn((child) => child.sleep(0));
        outer.defer(() => undefined);
        outer.random();
      });
    });
    expect(warnings.map(received)).toEqual([OUTER_IN_INNER, OUTER_IN_INNER, OUTER_IN_INNER]);
  });
});

test("the cx of a task beside it is found", async () => {
  const warnings = await warningsOf((outer) =>
    outer.scope(async (cx) => {
      const lent = deferred<Cx>();
      const returned = deferred();
      const lender = cx.spawn(async function lender(own) {
        lent.resolve(own);
        await own.foreign(() => returned.promise);
      });
      cx.spawn(async function borrower(own) {
        const theirs = await own.foreign(() => lent.promise);
        await theirs.checkpoint();
        returned.resolve();
      });
      await lender.result();
    }),
  );
  expect(warnings.map(received)).toEqual(['the cx of task "lender" in task "borrower"']);
});

describe("no alarm for", () => {
  test("a body that uses its own cx among thousands of others", async () => {
    const warnings = await warningsOf(async (cx) => {
      const bodies = Array.from({ length: 50 }, (_, index) => async (own: Cx) => {
        for (let round = 0; round < 10; round += 1) {
          await (round % 3 === 0 ? own.checkpoint() : own.sleep(index % 4));
          await own.timeout(60_000, async (inner) => {
            await inner.sleep(0);
            await inner.checkpoint();
          });
          own.spawn(async (child) => {
            await child.sleep(0);
            await child.sleep(0);
          });
        }
      });
      await cx.all(bodies);
    });
    expect(warnings).toEqual([]);
  });

  test("work beside a wait for a branch, in the body whose cx it is", async () => {
    const warnings = await warningsOf(async (cx) => {
      const beside = async (): Promise<void> => {
        await cx.sleep(0);
        await cx.sleep(1);
      };
      await Promise.all([cx.race([async (own) => own.sleep(3)]), beside()]);
    });
    expect(warnings).toEqual([]);
  });

  test("an operation that branches share", async () => {
    const warnings = await warningsOf(async (outer) => {
      const shared = outer.foreign(async () => "shared");
      const reader = async (cx: Cx): Promise<void> => {
        await shared;
        await cx.sleep(0);
        await hostTurn();
        await shared;
        await cx.sleep(0);
      };
      await outer.all([reader, reader]);
      await outer.sleep(0);
    });
    expect(warnings).toEqual([]);
  });

  test("the owner's cx when the owner goes on", async () => {
    const warnings = await warningsOf(async (outer) => {
      const child = outer.spawn(async (cx) => {
        await cx.sleep(0);
        await cx.sleep(0);
      });
      await outer.sleep(0);
      await outer.join(child);
      await outer.sleep(0);
    });
    expect(warnings).toEqual([]);
  });

  test("what listeners and timers do for a task while others run", async () => {
    const { warnings } = await withRuntime(async (runtime) => {
      const target = new EventTarget();
      const over = deferred();
      const task = runtime.spawn(async (cx) => {
        target.addEventListener("tick", () => void cx.spawn((child) => child.sleep(0)));
        await cx.foreign(() => over.promise);
      });
      runtime.spawn(async (cx) => {
        for (let round = 0; round < 5; round += 1) await cx.sleep(1);
      });
      await idle(runtime);
      for (let tick = 0; tick < 5; tick += 1) {
        await hostTurn();
        target.dispatchEvent(new Event("tick"));
      }
      over.resolve();
      await task.join();
    });
    expect(warnings).toEqual([]);
  });
});
