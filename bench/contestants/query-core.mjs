/**
 * TanStack Query's core: one observer whose key follows what is typed. A query that has lost its last
 * observer is cancelled when its function has taken the signal.
 */

import { QueryClient, QueryObserver } from "@tanstack/query-core";
import { PARKED_MS } from "../workloads/check.mjs";

/** @returns {Promise<import("./index.mjs").ContestantRunner>} */
export async function open() {
  const client = new QueryClient();
  client.mount();
  return {
    keystrokes: (plan, tally) => runKeystrokes(client, plan, tally),
    // What is cached would be the next run's answer.
    tidy() {
      client.clear();
    },
    close: async () => client.unmount(),
  };
}

async function runKeystrokes(client, { count }, tally) {
  const request = async (index, signal) => {
    try {
      if (index === count - 1) await null;
      else await sleep(PARKED_MS, signal);
      tally.completed += 1;
      return index;
    } finally {
      if (signal.aborted) tally.cleaned += 1;
    }
  };
  const optionsOf = (stroke) => ({
    queryKey: ["search", stroke],
    queryFn: ({ signal }) => request(stroke, signal),
  });
  const observer = new QueryObserver(client, optionsOf(0));
  await new Promise((resolve) => {
    const unsubscribe = observer.subscribe(({ data }) => {
      if (data !== count - 1) return;
      unsubscribe();
      resolve();
    });
    for (let stroke = 1; stroke < count; stroke++) observer.setOptions(optionsOf(stroke));
  });
}

/** As `fetch` would: rejects with the signal's reason as soon as it aborts. */
function sleep(durationMs, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, durationMs);
    signal.addEventListener("abort", abort, { once: true });
  });
}
