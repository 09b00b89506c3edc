/** What a page must never do: log an error or a warning, throw, or leave a rejection unhandled. */
import type { Page } from "@playwright/test";

/** Starts to listen; the list grows as faults happen. */
export async function collectFaults(page: Page): Promise<readonly string[]> {
  const faults: string[] = [];
  page.on("console", (message) => {
    const type = message.type();
    if (type === "error" || type === "warning") faults.push(`console.${type}: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`page error: ${error.stack ?? error.message}`));
  await page.addInitScript(() => {
    addEventListener("unhandledrejection", (event) => {
      console.error(`unhandled rejection: ${String(event.reason)}`);
    });
  });
  return faults;
}
