/** What `docs/guide/retry.md` shows, run. */
import { expect, test } from "vitest";
import { AsupersyncError, type Cx } from "../../src/index.js";
import { withRuntime } from "../support.js";

class HttpError extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

/** A request that gives each of the answers in turn: a status that is an error, or 200. */
function answering(...answers: number[]) {
  return async (cx: Cx) => {
    await cx.checkpoint();
    const status = answers.shift() ?? 200;
    if (status !== 200) throw new HttpError(status);
    return "Ada";
  };
}

test("until a value", async () => {
  const loadUser = answering(503, 503);
  await withRuntime(async (runtime) => {
    const log: string[] = [];
    const outcome = await runtime.run(async (cx) => {
      const user = await cx.retry(loadUser, {
        attempts: 5, // the first included
        pauseMs: 1, // then 2, 4, … and each somewhere between nothing and that
        pauseMaxMs: 1_000,
        retryIf: (error) => error instanceof HttpError && error.status >= 500,
        onRetry: ({ attempt, error }) => log.push(`${attempt}: ${error}`),
      });
      return user;
    });
    expect(outcome).toEqual({ kind: "ok", value: "Ada" });
    expect(log).toEqual(["1: Error: status 503", "2: Error: status 503"]);
  });
});

test("giving up", async () => {
  const loadUser = answering(500, 502, 503);
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) => cx.retry(loadUser, { attempts: 3, pauseMs: 0 }));
    if (outcome.kind === "err") {
      expect(String(outcome.error)).toBe("Error: status 503"); // the last one, as it was thrown
      expect(outcome.suppressed?.map(String)).toEqual(["Error: status 500", "Error: status 502"]);
    }
    expect(outcome.kind).toBe("err");
  });
});

test("limits in time", async () => {
  const loadUser = answering();
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) =>
      cx.timeout(10_000, (cx) =>
        cx.retry((cx) => cx.timeout(2_000, loadUser), { attempts: 10, limitMs: 5_000 }),
      ),
    );
    expect(outcome).toEqual({ kind: "ok", value: "Ada" });
  });
});

test("supervision", async () => {
  let runs = 0;
  const listen = async (cx: Cx) => {
    runs += 1;
    await cx.sleep(1);
    throw new Error("connection lost");
  };
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run(async (cx) => {
      await cx.supervise(listen, {
        restart: { pauseMs: 1 },
        maxRestarts: 3,
        withinMs: 60_000,
      });
    });
    if (outcome.kind === "err" && outcome.error instanceof AsupersyncError) {
      expect(outcome.error.code).toBe("SUPERVISION_FAILED");
      expect(String(outcome.error.cause)).toBe("Error: connection lost");
    }
    expect(outcome.kind).toBe("err");
    expect(runs).toBe(4);
  });
});

test("several, one for one", async () => {
  const flaky = answering(500);
  const steady = async (cx: Cx) => {
    await cx.sleep(2);
    return "steady";
  };
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run(async (cx) => {
      const [first, second] = await cx.supervise([flaky, steady], { restart: { pauseMs: 1 } });
      return `${first}, ${second}`;
    });
    expect(outcome).toEqual({ kind: "ok", value: "Ada, steady" });
  });
});
