// Sees to it that there is a Chromium for the tests: finds one, else has Playwright fetch its own,
// else installs Debian's.
import { findBrowser } from "./browser.mjs";
import { installPackages, isDebian, isRoot } from "./debian.mjs";
import { SetupError, tail } from "./progress.mjs";
import { packageCommand, run } from "./run.mjs";

const DOWNLOAD_TIMEOUT_MS = 600_000;
// A server that is out of reach shows within seconds; a slow one still has the ten minutes above.
const CONNECTION_TIMEOUT_MS = 10_000;

/**
 * @param {(note: string) => void} note Called before anything slow.
 * @returns {Promise<{ executablePath: string, source: string }>}
 * @throws {SetupError} When no way works on this machine.
 */
export async function ensureBrowser(note) {
  const found = await findBrowser();
  if (found) return checked(found, note);

  note("downloading Playwright's Chromium");
  const download = await run(
    process.execPath,
    [packageCommand("playwright", "cli.js"), "install", "chromium"],
    {
      env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: String(CONNECTION_TIMEOUT_MS) },
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
    },
  );
  const downloaded = download.code === 0 && (await findBrowser());
  if (downloaded) return checked(downloaded, note);

  if (isDebian() && isRoot()) {
    note("Playwright's download cannot be had: apt-get install chromium");
    await installPackages(["chromium"]);
    const installed = await findBrowser();
    if (installed) return checked(installed, note);
  }
  throw new SetupError(
    `no Chromium, and Playwright could not download one:\n${tail(download.output)}`,
    isDebian()
      ? "as root: apt-get install chromium; or set CHROMIUM_PATH to a Chromium or Chrome"
      : "install Chrome or Chromium, or set CHROMIUM_PATH to one",
  );
}

/**
 * A browser that lacks a library of the system fails at its first test with a long message; asking
 * it for its version finds that out here. On Windows and macOS it brings its libraries along.
 *
 * @param {{ executablePath: string, source: string }} browser
 * @param {(note: string) => void} note
 */
async function checked(browser, note) {
  if (process.platform !== "linux") return browser;
  let answer = await run(browser.executablePath, ["--version"], { timeoutMs: 30_000 });
  if (answer.code !== 0 && isRoot() && browser.source === "playwright") {
    note("installing the libraries that Chromium needs");
    await run(process.execPath, [
      packageCommand("playwright", "cli.js"),
      "install-deps",
      "chromium",
    ]);
    answer = await run(browser.executablePath, ["--version"], { timeoutMs: 30_000 });
  }
  if (answer.code === 0) return browser;
  throw new SetupError(
    `${browser.executablePath} does not start:\n${tail(answer.output)}`,
    "run `sudo npx playwright install-deps chromium`, or set CHROMIUM_PATH to a browser that starts",
  );
}
