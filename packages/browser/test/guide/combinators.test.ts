/** What `docs/guide/combinators.md` shows, run. */
import { expect, test } from "vitest";
import { AllFailedError, type Cx, TimeoutError } from "../../src/index.js";
import { withRuntime } from "../support.js";

const loadUser = async (cx: Cx) => {
  await cx.sleep(1);
  return { name: "Ada" };
};
const loadPosts = async (cx: Cx) => {
  await cx.sleep(2);
  return ["first post"];
};
const broken = async (cx: Cx): Promise<never> => {
  await cx.checkpoint();
  throw new Error("no network");
};
const never = async (cx: Cx) => {
  await cx.sleep(60_000);
  return "too late";
};

/** Runs `body` in a runtime of its own, and gives its value. */
async function run<T>(body: (cx: Cx) => Promise<T>): Promise<T> {
  let value: T | undefined;
  const { report } = await withRuntime(async (runtime) => {
    const outcome = await runtime.run(body);
    if (outcome.kind === "err") throw outcome.error;
    if (outcome.kind === "ok") value = outcome.value as T;
  });
  expect(report.outcome).toBe("clean");
  return value as T;
}

test("all, race, any, settle", async () => {
  await run(async (cx) => {
    const [user, posts] = await cx.all([loadUser, loadPosts]);
    expect([user.name, posts]).toEqual(["Ada", ["first post"]]);

    const nearest = await cx.race([loadUser, never]);
    expect(nearest).toEqual(user);

    const config = await cx.any([broken, async () => "from the cache"]);
    expect(config).toBe("from the cache");

    const shown: string[] = [];
    for (const outcome of await cx.settle([loadUser, broken])) {
      if (outcome.kind === "ok") shown.push(outcome.value.name);
      else if (outcome.kind === "err") shown.push(String(outcome.error));
    }
    expect(shown).toEqual(["Ada", "Error: no network"]);
  });
});

test("a failure is what was thrown, and of any all of it", async () => {
  await run(async (cx) => {
    try {
      await cx.any([broken, broken]);
    } catch (error) {
      if (!(error instanceof AllFailedError)) throw error;
      expect(error.errors.map(String)).toEqual(["Error: no network", "Error: no network"]);
    }
  });
});

test("map", async () => {
  const urls = ["/a", "/b", "/c"];
  const titles = await run(async (cx) => {
    const titles = await cx.map(urls, { concurrency: 2 }, async (cx, url, index) => {
      await cx.sleep(1); // a real one would cx.fetch(url)
      return `${index}: ${url}`;
    });
    return titles;
  });
  expect(titles).toEqual(["0: /a", "1: /b", "2: /c"]);
});

test("map of a sequence that waits", async () => {
  const doubled = await run(async (cx) => {
    async function* ticks(cx: Cx) {
      for (let tick = 1; tick <= 3; tick += 1) {
        await cx.sleep(1);
        yield tick;
      }
    }

    return cx.map(ticks, { concurrency: 2 }, async (_cx, tick) => tick * 2);
  });
  expect(doubled).toEqual([2, 4, 6]);
});

test("timeout, hedge, mask, scope", async () => {
  await run(async (cx) => {
    const log: string[] = [];
    try {
      await cx.timeout(5, never);
    } catch (error) {
      if (error instanceof TimeoutError) log.push("too slow, and let go by now");
    }
    expect(log).toHaveLength(1);

    const quote = await cx.hedge(
      async (cx, attempt) => {
        if (attempt === 1) await cx.sleep(60_000); // stuck
        return `attempt ${attempt}`;
      },
      { afterMs: 5 },
    );
    expect(quote).toBe("attempt 2");

    const total = await cx.scope(
      async (cx) => {
        const parts = [1, 2, 3].map((part) => cx.spawn(async () => part));
        let sum = 0;
        for (const part of parts) sum += await part.result();
        return sum;
      },
      { deadlineMs: 10_000, polls: 1_000 },
    );
    expect(total).toBe(6);
  });
});

test("use", async () => {
  const log: string[] = [];
  const begin = () => ({
    commit: () => void log.push("commit"),
    rollback: () => void log.push("rollback"),
  });
  const save = async (cx: Cx, fails: boolean) => {
    await cx.use({
      acquire: () => begin(),
      release: (_cx, transaction, outcome) =>
        outcome.kind === "ok" ? transaction.commit() : transaction.rollback(),
    });
    if (fails) throw new Error("not saved");
  };
  await run(async (cx) => {
    await cx.scope((inner) => save(inner, false));
    await cx.settle([(inner) => save(inner, true)]);
  });
  expect(log).toEqual(["commit", "rollback"]);

  class Lock {
    [Symbol.dispose]() {
      log.push("unlocked");
    }
  }
  await run(async (cx) => {
    const lock = await cx.use(new Lock());
    expect(lock).toBeInstanceOf(Lock);
  });
  expect(log.at(-1)).toBe("unlocked");
});
