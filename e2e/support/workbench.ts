/** The demo's page as a person finds it: by roles and names, never by markup. */
import { expect, type Locator, type Page } from "@playwright/test";

export class Workbench {
  readonly page: Page;
  readonly searchBox: Locator;
  readonly hits: Locator;
  readonly tree: Locator;
  /** Tasks and requests, without scopes: what must be gone when nothing is wanted any more. */
  readonly liveWork: Locator;
  readonly #origin: string;

  constructor(page: Page, origin: string) {
    this.page = page;
    this.#origin = origin;
    this.searchBox = page.getByRole("searchbox", { name: "Search the chemical elements" });
    this.hits = page.getByRole("list", { name: "Elements found" }).getByRole("listitem");
    this.tree = page.getByRole("tree", { name: "Live cancellation tree" });
    this.liveWork = this.tree.getByRole("treeitem", { name: /^(task|request) / });
  }

  /** Opens the page and waits until its runtime is there. */
  async open(path = "/"): Promise<void> {
    await this.page.goto(`${this.#origin}${path}`);
    await expect(this.tree).toBeVisible();
  }

  panel(title: "Search" | "Race" | "Report" | "Runtime"): Locator {
    return this.page.getByRole("region", { name: title, exact: true });
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  status(panel: "Search" | "Race" | "Report" | "Runtime"): Locator {
    return this.panel(panel).getByRole("status");
  }

  treeItem(name: string | RegExp): Locator {
    return this.tree.getByRole("treeitem", { name });
  }
}
