/** A thousand components that come, ask and go: nothing of them stays, in either heap. */
import path from "node:path";
import { startFaultServer } from "@asupersync/fault-server";
import type { CDPSession, Page } from "@playwright/test";
import { packageCommand, run } from "../../scripts/lib/run.mjs";
import { startServer } from "../support/extra-server.js";
import { expectFixtureLeavesNothing, OF_REACT } from "../support/left-behind.js";
import { installPacked } from "../support/packed-packages.js";
import { expect, test } from "../support/test.js";

const vite = packageCommand("vite", "bin/vite.js");
const ROUNDS = 1_000;
/** Until what is made once has been made: compiled code, tables at their full size. */
const WARM_UP_ROUNDS = 1_000;
/** What a page's own bookkeeping may sway by; a task's record alone would be five times that. */
const BYTES_A_ROUND_MAX = 100;

test.setTimeout(300_000);

test("the heap does not grow over a thousand rounds", async ({ page }) => {
  await using app = await installPacked(path.join(import.meta.dirname, "../fixtures/rounds-app"));
  const built = await run(process.execPath, [vite, "build"], { cwd: app.folder });
  expect(built.code, built.output).toBe(0);
  await using faults = await startFaultServer();
  await using server = await startServer(
    (port) => [vite, "preview", "--port", port, "--strictPort", "--host", "localhost"],
    { cwd: app.folder, answerMsMax: 60_000 },
  );
  await page.goto(server.url);
  await expect(page).toHaveTitle("Ready");
  const address = `${faults.origin}/endless?key=rounds`;
  const session = await page.context().newCDPSession(page);

  await rounds(page, address, WARM_UP_ROUNDS);
  const before = await weigh(session);
  const counters = await rounds(page, address, ROUNDS);
  const after = await weigh(session);

  const grownBytes = after.heapBytes - before.heapBytes;
  console.log(
    `heap ${(before.heapBytes / 1e6).toFixed(2)} MB, ${grownBytes} bytes more after ${ROUNDS} rounds; ` +
      `${before.listeners} listeners, then ${after.listeners}`,
  );
  expect(counters).toMatchObject({ tasks: 0, hostOps: 0, timers: 0, obligations: 0, scopes: 1 });
  expect(after.listeners).toBe(before.listeners);
  expect(grownBytes).toBeLessThan(ROUNDS * BYTES_A_ROUND_MAX);
  // Each one was a request, and each was aborted at the server.
  const entries = await faults.ledger.until("rounds", "aborted", WARM_UP_ROUNDS + ROUNDS);
  expect(entries.filter(({ kind }) => kind === "finished")).toEqual([]);
  await expectFixtureLeavesNothing(page, { listeners: OF_REACT });
});

function rounds(page: Page, address: string, count: number): Promise<unknown> {
  return page.evaluate(
    ([url, n]) =>
      (window as unknown as { rounds(url: string, n: number): Promise<unknown> }).rounds(url, n),
    [address, count] as const,
  );
}

/** What lives after everything that can be collected was. */
async function weigh(session: CDPSession): Promise<{ heapBytes: number; listeners: number }> {
  await session.send("Performance.enable");
  // Twice, since what finalizers let go is collected by the next one.
  await session.send("HeapProfiler.collectGarbage");
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const { metrics } = await session.send("Performance.getMetrics");
  const listeners = metrics.find(({ name }) => name === "JSEventListeners")?.value ?? 0;
  return { heapBytes: usedSize, listeners };
}
