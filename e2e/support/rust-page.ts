/** The page in Rust alone as a person finds it: by roles and names, never by markup. */
import { expect, type Locator, type Page } from "@playwright/test";
import { VISIT_PARAM } from "../../apps/next-demo/shared/visit-param.js";

type Panel = "Search" | "Report" | "Ticker" | "Work" | "Socket" | "Runtime";

export class RustPage {
  readonly page: Page;
  readonly searchBox: Locator;
  readonly hits: Locator;
  readonly received: Locator;
  readonly tree: Locator;
  readonly trace: Locator;
  readonly #address: string;

  constructor(page: Page, origin: string, visit: string, echoUrl = "") {
    this.page = page;
    this.searchBox = page.getByRole("searchbox", { name: "Search the chemical elements" });
    this.hits = page.getByRole("list", { name: "Elements found" }).getByRole("listitem");
    this.received = page.getByRole("list", { name: "Messages received" }).getByRole("listitem");
    this.tree = page.getByRole("list", { name: "Live tree" }).getByRole("listitem");
    this.trace = page.getByLabel("Trace", { exact: true });
    const query = new URLSearchParams({ [VISIT_PARAM]: visit, echo: echoUrl });
    this.#address = `${origin}/rust-demo/index.html?${query}`;
  }

  /** Opens the page and waits until its runtime is there. */
  async open(): Promise<void> {
    await this.page.goto(this.#address);
    await expect(this.tree.filter({ hasText: "task" })).not.toHaveCount(0);
  }

  /** Closes its runtime, unless a test has, and expects that nothing of its work was left in it. */
  async close(): Promise<void> {
    const status = this.status("Runtime");
    if (!(await status.textContent())?.startsWith("closed")) await this.press("Close the runtime");
    await expect(status).toHaveText("closed, nothing is left: Ok(())");
  }

  async press(name: string): Promise<void> {
    await this.page.getByRole("button", { name, exact: true }).click();
  }

  status(panel: Panel): Locator {
    return this.page.getByRole("region", { name: panel, exact: true }).getByRole("status");
  }

  /** The live requests and sockets. */
  hostOperations(): Locator {
    return this.tree.filter({ hasText: /(request|socket) \d+ / });
  }
}
