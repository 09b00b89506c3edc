/** What a page must never do: log an error or a warning, throw, or leave a rejection unhandled. */
import type { Page } from "@playwright/test";

/** Chromium's hint that a page was slow to come to what it preloaded: of the machine, not of the page. */
const UNUSED_PRELOAD = /was preloaded using link preload but not used within a few seconds/;

/** Starts to listen; the list grows as faults happen. */
export async function collectFaults(page: Page): Promise<readonly string[]> {
  const faults: string[] = [];
  page.on("console", (message) => {
    const type = message.type();
    if (UNUSED_PRELOAD.test(message.text())) return;
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
