// Says which Chromium the tests use. Imported by the Playwright and vitest configurations.
//
// In this order: ASUPERSYNC_CHROMIUM (set by the scripts for their children), CHROMIUM_PATH, a
// browser of the system, the one that Playwright installed.
import { existsSync } from "node:fs";
import path from "node:path";
import { isRoot } from "./debian.mjs";
import { SetupError } from "./progress.mjs";

/** The variable by which the scripts tell tests and benchmarks where the browser is. */
export const BROWSER_VARIABLE = "ASUPERSYNC_CHROMIUM";

/**
 * @returns {Promise<{ executablePath: string, args: string[] }>} Launch options for Playwright.
 * @throws {SetupError} When there is no browser.
 */
export async function chromiumLaunchOptions() {
  const found = await findBrowser();
  if (!found) {
    throw new SetupError(
      "there is no Chromium",
      "run `npm run setup`, or set CHROMIUM_PATH to one",
    );
  }
  // Chromium refuses to run as root inside its sandbox.
  return { executablePath: found.executablePath, args: isRoot() ? ["--no-sandbox"] : [] };
}

/** @returns {Promise<{ executablePath: string, source: string } | undefined>} */
export async function findBrowser() {
  for (const variable of [BROWSER_VARIABLE, "CHROMIUM_PATH"]) {
    const executablePath = process.env[variable];
    if (!executablePath) continue;
    if (existsSync(executablePath)) return { executablePath, source: variable };
    throw new SetupError(
      `${variable}=${executablePath} does not exist`,
      "set it to a Chromium's or Chrome's program file, or unset it",
    );
  }
  const system = systemBrowsers().find((file) => existsSync(file));
  if (system) return { executablePath: system, source: "system" };
  return playwrightBrowser();
}

/** @returns {Promise<{ executablePath: string, source: string } | undefined>} */
async function playwrightBrowser() {
  const { chromium } = await import("playwright");
  const executablePath = chromium.executablePath();
  return existsSync(executablePath) ? { executablePath, source: "playwright" } : undefined;
}

/** @returns {string[]} Where browsers usually are on this system. */
function systemBrowsers() {
  switch (process.platform) {
    case "darwin":
      return [
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
      ];
    case "win32":
      return [
        process.env.PROGRAMFILES,
        process.env["PROGRAMFILES(X86)"],
        process.env.LOCALAPPDATA,
      ].flatMap((base) => (base ? [path.join(base, "Google/Chrome/Application/chrome.exe")] : []));
    default: {
      // Ubuntu's /usr/bin/chromium-browser only starts the snap, which cannot be driven: not listed.
      const names = ["chromium", "google-chrome-stable", "google-chrome"];
      return names.flatMap((name) =>
        (process.env.PATH ?? "").split(path.delimiter).map((dir) => path.join(dir, name)),
      );
    }
  }
}
