/** Every state of the tree that the page showed: a state of a few milliseconds is not missed. */
import type { Page } from "@playwright/test";

/** The rows of the tree at one moment, as `type label state`. */
export type TreeMoment = readonly string[];

/** Begins to record the page's tree; call the returned function for what was seen until then. */
export async function recordTree(page: Page): Promise<() => Promise<TreeMoment[]>> {
  const history = await page.evaluateHandle(() => {
    const moments: string[][] = [];
    const observed = document.querySelector("[role=tree]");
    if (observed === null) throw new Error("expected a tree");
    const take = () => {
      const rows = observed.querySelectorAll("[role=treeitem]");
      moments.push(Array.from(rows, (row) => row.textContent ?? ""));
    };
    new MutationObserver(take).observe(observed, {
      childList: true,
      characterData: true,
      subtree: true,
    });
    take();
    return moments;
  });
  return () => history.jsonValue();
}
