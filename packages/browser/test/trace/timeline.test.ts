/** Tasks and scopes show in the host's own timeline, in tracks of their own. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Runtime, showTimeline, type TimelineOptions } from "../../src/index.js";
import { hostTurn, idle, thrown, withRuntime } from "../support.js";

afterEach(() => performance.clearMeasures());

interface TrackEntry {
  readonly devtools: { readonly [name: string]: unknown };
}

const trackEntry = (name: string) => (named(name)[0]?.detail as TrackEntry | undefined)?.devtools;

const measures = (): PerformanceMeasure[] =>
  performance.getEntriesByType("measure") as PerformanceMeasure[];
const named = (name: string): PerformanceMeasure[] => measures().filter((m) => m.name === name);

/** Runs `work` with a timeline, and takes it away after `look`. */
async function shown(
  work: (runtime: Runtime) => Promise<unknown>,
  look: (runtime: Runtime) => void,
  options?: TimelineOptions,
): Promise<void> {
  await withRuntime(
    async (runtime) => {
      const stop = showTimeline(runtime, options);
      await work(runtime);
      await hostTurn();
      look(runtime);
      stop();
    },
    { label: "page" },
  );
}

test("a task is one measure, from its spawn to its end", async () => {
  const before = performance.now();
  await shown(
    (runtime) => runtime.run((cx) => cx.sleep(20), { label: "nap" }),
    () => {
      const [nap, ...others] = named("nap");
      expect(others).toEqual([]);
      expect(nap?.duration).toBeGreaterThanOrEqual(20);
      // The runtime's clock and the page's have each their own steps.
      expect(nap?.startTime).toBeGreaterThan(before - 2);
      expect((nap?.startTime ?? 0) + (nap?.duration ?? 0)).toBeLessThan(performance.now() + 2);
    },
  );
});

test("it is an entry of a track that the performance panel knows", async () => {
  await shown(
    (runtime) => runtime.run(() => 1, { label: "quick" }),
    () => {
      const devtools = trackEntry("quick");
      expect(devtools).toMatchObject({
        dataType: "track-entry",
        track: "Tasks",
        trackGroup: "page",
        color: "primary",
        tooltipText: "quick: ok",
      });
      expect(devtools?.properties).toContainEqual(["outcome", "ok"]);
    },
  );
});

describe("the outcome shows", () => {
  test.each<[string, string, (runtime: Runtime) => Promise<unknown>]>([
    [
      "err",
      "error",
      (runtime) =>
        runtime.run(
          () => {
            throw new Error("boom");
          },
          { label: "it" },
        ),
    ],
    [
      "cancelled",
      "secondary-light",
      async (runtime) => {
        const task = runtime.spawn((cx) => cx.sleep(60_000), { label: "it" });
        await idle(runtime);
        task.cancel();
        await task.join();
      },
    ],
  ])("%s", async (outcome, color, work) => {
    await shown(work, () => {
      const devtools = trackEntry("it");
      expect(devtools).toMatchObject({ color, tooltipText: `it: ${outcome}` });
    });
  });
});

test("scopes have a track of their own, those of operations among them", async () => {
  await shown(
    async (runtime) => {
      const scope = runtime.openScope({ label: "panel" });
      await scope.run((cx) => cx.race([() => 1]));
      await scope.close();
    },
    () => {
      for (const name of ["panel", "race"]) {
        expect(named(name)[0]?.detail).toMatchObject({ devtools: { track: "Scopes" } });
      }
    },
  );
});

test("only what has the label asked for is shown, under the group asked for", async () => {
  await shown(
    async (runtime) => {
      await runtime.run(() => 1, { label: "load a" });
      await runtime.run(() => 1, { label: "other" });
    },
    () => {
      expect(measures().map(({ name }) => name)).toEqual(["load a"]);
      expect(measures()[0]?.detail).toMatchObject({ devtools: { trackGroup: "Loads" } });
    },
    { label: /^load/, trackGroup: "Loads" },
  );
});

test("entries are bounded, and go when it is taken away", async () => {
  performance.measure("somebody else's");
  await shown(
    async (runtime) => {
      for (let index = 0; index < 25; index += 1)
        await runtime.run(() => 1, { label: `t${index}` });
    },
    () => {
      const own = measures().filter(({ name }) => name.startsWith("t"));
      expect(own.length).toBeGreaterThan(0);
      expect(own.length).toBeLessThanOrEqual(10);
      expect(named("t24")).toHaveLength(1);
    },
    { entriesMax: 10 },
  );
  expect(measures().map(({ name }) => name)).toEqual(["somebody else's"]);
});

test("hostile options are refused", async () => {
  await withRuntime(async (runtime) => {
    for (const [options, code] of [
      [{ entriesMax: 0 }, "INVALID_NUMBER"],
      [{ trackGroup: 5 }, "INVALID_ARGUMENT"],
      [{ label: 5 }, "INVALID_ARGUMENT"],
      [{ group: "x" }, "INVALID_ARGUMENT"],
    ] as const) {
      expect(thrown(() => showTimeline(runtime, options as never))).toMatchObject({ code });
    }
  });
});

test("a timeline that is ended at once has measured what has happened", async () => {
  const names: string[] = [];
  const measure = vi.spyOn(performance, "measure");
  await withRuntime(async (runtime) => {
    const stop = showTimeline(runtime);
    await runtime.run(() => 1, { label: "quick" });
    stop();
    for (const [name] of measure.mock.calls) names.push(name);
  });
  measure.mockRestore();
  expect(names).toContain("quick");
});
