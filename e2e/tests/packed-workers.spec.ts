/** Workers by the packages as published, unconfigured: in Vite, in Next by either bundler, unbundled, in Node. */
import path from "node:path";
import type { Page, Response } from "@playwright/test";
import { packageCommand, root, run } from "../../scripts/lib/run.mjs";
import { startServer } from "../support/extra-server.js";
import { expectFixtureLeavesNothing, type FixtureStays } from "../support/left-behind.js";
import { installPacked } from "../support/packed-packages.js";
import { previewUnderStrictPolicy, STRICT_POLICY_HEADERS } from "../support/strict-policy.js";
import { expect, test } from "../support/test.js";

const fixtures = path.join(import.meta.dirname, "../fixtures");
const vite = packageCommand("vite", "bin/vite.js");
const next = packageCommand("next", "dist/bin/next");

/** What a page shows whose worker has summed, reported, was cancelled, and drained. */
const DONE = /^1 3 6 = 6 in DedicatedWorkerGlobalScope, cancelled/;

test.describe("Vite", () => {
  test.setTimeout(180_000);

  test("builds the worker, which runs tasks", async ({ page }) => {
    await using app = await installPacked(path.join(fixtures, "worker-vite-app"));
    const built = await run(process.execPath, [vite, "build"], { cwd: app.folder });
    expect(built.code, built.output).toBe(0);
    await expectDone(page, app.folder, (port) => [vite, "preview", ...viteAt(port)]);
  });

  test("builds the worker for pages under a strict Content-Security-Policy", async ({ page }) => {
    await using app = await installPacked(path.join(fixtures, "worker-vite-app"));
    await previewUnderStrictPolicy(app);
    const built = await run(process.execPath, [vite, "build"], { cwd: app.folder });
    expect(built.code, built.output).toBe(0);
    const answers: Response[] = [];
    page.on("response", (response) => void answers.push(response));
    await expectDone(page, app.folder, (port) => [vite, "preview", ...viteAt(port)]);
    const worker = answers.find((response) => response.url().includes("worker"));
    expect(worker?.headers()).toMatchObject(STRICT_POLICY_HEADERS);
  });

  test("serves the worker in development", async ({ page }) => {
    await using app = await installPacked(path.join(fixtures, "worker-vite-app"));
    // The development server's own, for hot reload.
    const stays = { sockets: 1, timers: 1, listeners: { "window beforeunload": 1 } };
    await expectDone(page, app.folder, (port) => [vite, ...viteAt(port)], stays);
  });
});

test.describe("Next", () => {
  test.setTimeout(400_000);
  // Turbopack reads nothing outside of the folder that it takes for the workspace's.
  const inWorkspace = { parent: path.join(root, "target") };

  for (const bundler of ["--turbopack", "--webpack"]) {
    test(`next build ${bundler} builds the worker, which runs tasks`, async ({ page }) => {
      await using app = await installPacked(path.join(fixtures, "worker-next-app"), inWorkspace);
      const built = await run(process.execPath, [next, "build", bundler], { cwd: app.folder, env });
      expect(built.code, built.output).toBe(0);
      await expectDone(page, app.folder, (port) => [next, "start", "--port", port], {
        listeners: "any",
      });
    });

    // The development servers' own, for hot reload.
    const timers = bundler === "--webpack" ? 1 : 0;
    test(`next dev ${bundler} serves the worker`, async ({ page }) => {
      await using app = await installPacked(path.join(fixtures, "worker-next-app"), inWorkspace);
      await expectDone(page, app.folder, (port) => [next, "dev", bundler, "--port", port], {
        listeners: "any",
        sockets: 1,
        timers,
      });
    });
  }
});

const env = { NEXT_TELEMETRY_DISABLED: "1" };

test("Node runs the worker as one of its threads", async () => {
  await using app = await installPacked(path.join(fixtures, "worker-node-app"));
  const { code, output } = await run(process.execPath, ["main.mjs"], { cwd: app.folder });
  expect(code, output).toBe(0);
  expect(JSON.parse(output)).toEqual({
    sum: { kind: "ok", value: 6 },
    reports: [1, 3, 6],
    close: "clean",
  });
});

function viteAt(port: string): string[] {
  return ["--port", port, "--strictPort", "--host", "localhost"];
}

async function expectDone(
  page: Page,
  folder: string,
  command: (port: string) => readonly string[],
  stays?: FixtureStays,
): Promise<void> {
  await using server = await startServer(command, { cwd: folder, answerMsMax: 120_000 });
  // The wasm is compiled by the page and posted: a worker that asked for it would show here.
  const wasm: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes(".wasm")) wasm.push(request.url());
  });
  await page.goto(server.url);
  await expect(page.getByRole("status")).toHaveText(DONE, { timeout: 60_000 });
  expect(new Set(wasm).size).toBe(1);
  await expectFixtureLeavesNothing(page, stays);
}
