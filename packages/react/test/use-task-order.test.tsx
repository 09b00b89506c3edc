/** Results that come back out of order: no result of an old dependency is ever shown. */
import type { ReactNode } from "react";
import { expect, it } from "vitest";
import { AsupersyncProvider, type UseTaskResult, useAsupersyncTask } from "../src/index.js";
import {
  type Deferred,
  deferred,
  eventLoopTurn,
  inBothModes,
  openRuntime,
  Probe,
  useProbe,
  whenDrained,
} from "./harness.js";

const ORDERS = 100;
const KEYS = 8;

interface Shown {
  readonly q: number;
  readonly task: UseTaskResult<number>;
}

// Goal: the worst caller. Its bodies never look at `cx`, so every one of them runs to its end after it
// was superseded and delivers its value late. Method: for each seed, press keys and answer earlier ones
// in a random order, and check every single commit.
inBothModes("results out of order", (mount) => {
  it(`shows no old result in ${ORDERS} random orders of ${KEYS} keys`, async () => {
    const runtime = await openRuntime();
    for (let seed = 1; seed <= ORDERS; seed += 1) {
      const random = randomFrom(seed);
      const probe = new Probe<Shown>();
      const answers: Deferred<number>[] = Array.from({ length: KEYS }, () => deferred<number>());
      const tree = (q: number) => (
        <AsupersyncProvider runtime={runtime}>
          <Search q={q} answers={answers} probe={probe} />
        </AsupersyncProvider>
      );
      let pressed = 0;
      const page = mount(tree(pressed));
      const unanswered = new Set([pressed]);
      while (pressed < KEYS - 1 || unanswered.size > 0) {
        const canPress = pressed < KEYS - 1;
        if (unanswered.size === 0 || (canPress && random() < 0.6)) {
          pressed += 1;
          unanswered.add(pressed);
          page.render(tree(pressed));
        } else {
          const key = [...unanswered][Math.floor(random() * unanswered.size)] ?? 0;
          unanswered.delete(key);
          answers[key]?.resolve(key);
        }
        await eventLoopTurn();
      }
      const { task } = await probe.when(({ q, task }) => q === KEYS - 1 && task.status === "ok");
      expect(task.value, `seed ${seed}`).toBe(KEYS - 1);
      for (const shown of probe.seen) {
        if (shown.task.status === "ok") expect(shown.task.value, `seed ${seed}`).toBe(shown.q);
      }
      page.unmount();
      await whenDrained(runtime);
    }
  });
});

interface SearchProps {
  readonly q: number;
  readonly answers: readonly Deferred<number>[];
  readonly probe: Probe<Shown>;
}

function Search({ q, answers, probe }: SearchProps): ReactNode {
  const task = useAsupersyncTask<number>(async () => {
    const answer = answers[q];
    if (answer === undefined) throw new Error(`expected a key below ${KEYS}, got ${q}`);
    return answer.promise;
  }, [q]);
  useProbe(probe, { q, task });
  return null;
}

/** Mulberry32: numbers in [0, 1) that depend on the seed alone. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
