/** Every state of some rows that the page showed: a state of a few milliseconds is not missed. */
import type { Locator } from "@playwright/test";

/** The text of each row at one moment, such as `type label state` in the tree. */
export type Moment = readonly string[];

/**
 * Begins to record what `rows`, a selector, finds in `owner`.
 *
 * @returns Call it for what was seen until then.
 */
export async function recordRows(owner: Locator, rows: string): Promise<() => Promise<Moment[]>> {
  const history = await owner.evaluateHandle((observed, selector) => {
    const moments: string[][] = [];
    const take = () => {
      moments.push(Array.from(observed.querySelectorAll(selector), (row) => row.textContent ?? ""));
    };
    new MutationObserver(take).observe(observed, {
      childList: true,
      characterData: true,
      subtree: true,
    });
    take();
    return moments;
  }, rows);
  return () => history.jsonValue();
}
