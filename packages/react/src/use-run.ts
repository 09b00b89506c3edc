"use client";
/** Owns the number of a component's run: it grows with every change of dependencies and every restart. */
import { useCallback, useState } from "react";
import { sameItems } from "./lifetime.js";

/**
 * Numbers the runs of a component's work.
 *
 * The number is state that is set in render, not a ref or an effect: a render that is thrown away
 * takes its number with it, and the first render with new dependencies knows already that the
 * results at hand are old.
 *
 * @returns The run that this render is for, and a stable function that asks for another.
 */
export function useRun(deps: readonly unknown[]): readonly [run: number, restart: () => void] {
  const [seen, setSeen] = useState<Run>({ number: 0, deps });
  let current = seen;
  if (!sameItems(seen.deps, deps)) {
    current = { number: seen.number + 1, deps };
    setSeen(current);
  }
  const restart = useCallback(() => {
    setSeen((last) => ({ number: last.number + 1, deps: last.deps }));
  }, []);
  return [current.number, restart];
}

interface Run {
  readonly number: number;
  readonly deps: readonly unknown[];
}
