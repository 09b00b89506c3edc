/** The packages as published, without this workspace: in Vite, built and in development, and in Node. */
import path from "node:path";
import type { Page } from "@playwright/test";
import { packageCommand, run } from "../../scripts/lib/run.mjs";
import { startServer } from "../support/extra-server.js";
import { expectFixtureLeavesNothing, type FixtureStays, OF_REACT } from "../support/left-behind.js";
import { installPacked } from "../support/packed-packages.js";
import { previewUnderStrictPolicy, STRICT_POLICY_HEADERS } from "../support/strict-policy.js";
import { expect, test } from "../support/test.js";

const fixtures = path.join(import.meta.dirname, "../fixtures");
const vite = packageCommand("vite", "bin/vite.js");

test.setTimeout(120_000);

test("a task runs in an app built by Vite", async ({ page }) => {
  await using app = await installPacked(path.join(fixtures, "vite-app"));
  const built = await run(process.execPath, [vite, "build"], { cwd: app.folder });
  expect(built.code, built.output).toBe(0);
  await expectRace(page, app.folder, ["preview"]);
});

test("a task runs in an app that Vite serves in development", async ({ page }) => {
  await using app = await installPacked(path.join(fixtures, "vite-app"));
  // The development server's own, for hot reload.
  const listeners = { ...OF_REACT, "window beforeunload": 1 };
  await expectRace(page, app.folder, [], { sockets: 1, timers: 1, listeners });
});

test("a task runs in a page under a strict Content-Security-Policy", async ({ page }) => {
  await using app = await installPacked(path.join(fixtures, "vite-app"));
  await previewUnderStrictPolicy(app);
  const built = await run(process.execPath, [vite, "build"], { cwd: app.folder });
  expect(built.code, built.output).toBe(0);
  const document = page.waitForEvent("response");
  // A breach of the policy is an error of the console, and so a fault of the page.
  await expectRace(page, app.folder, ["preview"]);
  expect((await document).headers()).toMatchObject(STRICT_POLICY_HEADERS);
});

test("a task runs in plain Node", async () => {
  await using app = await installPacked(path.join(fixtures, "node-app"));
  const { code, output } = await run(process.execPath, ["main.mjs"], { cwd: app.folder });
  expect(code, output).toBe(0);
  expect(JSON.parse(output)).toEqual({
    race: { kind: "ok", value: "tortoise" },
    close: "clean",
    exported: ["function", "function"],
  });
});

async function expectRace(
  page: Page,
  folder: string,
  command: readonly string[],
  stays?: FixtureStays,
): Promise<void> {
  await using server = await startServer(
    (port) => [vite, ...command, "--port", port, "--strictPort", "--host", "localhost"],
    { cwd: folder, answerMsMax: 60_000 },
  );
  await page.goto(server.url);
  await expect(page.getByRole("status")).toHaveText("tortoise won");
  await expectFixtureLeavesNothing(page, { listeners: OF_REACT, ...stays });
}
