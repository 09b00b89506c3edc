/**
 * Headless Chromium as a host: one page for each run, in a browser context of its own, because pages
 * of one context may share a renderer process.
 *
 * A page is opened and closed through its browser, and no debugger is attached to it: with one, an
 * `Error` costs several times what it costs a user. Only a run that asks its host for something has
 * one.
 */

import { launch } from "chrome-launcher";
import connect from "chrome-remote-interface";
import { chromiumLaunchOptions } from "../../scripts/lib/browser.mjs";
import { bundleFirst, bundlePage } from "./bundles.mjs";
import { openPageProbes } from "./page-probes.mjs";
import { RunFailure } from "./run-failure.mjs";
import { openServer } from "./server.mjs";

/**
 * @param {readonly import("../contestants/index.mjs").Contestant[]} contestants
 * @returns {Promise<import("./hosts.mjs").Host>}
 */
export async function openChromium(contestants) {
  await bundlePage();
  const firstFiles = await bundleFirst(contestants, "browser");
  const { executablePath, args } = await chromiumLaunchOptions();
  const chromium = await launch({
    chromePath: executablePath,
    chromeFlags: [...args, "--headless=new", "--js-flags=--expose-gc"],
    logLevel: "error",
  });
  try {
    const { Browser, webSocketDebuggerUrl } = await connect.Version({ port: chromium.port });
    const browser = await connect({ target: webSocketDebuggerUrl });
    // Else it does not tell of pages that crash.
    await browser.Target.setDiscoverTargets({ discover: true });
    return {
      name: "chromium",
      versions: { chromium: Browser.replace(/^.*\//, "") },
      firstUrl: (id) => (firstFiles.has(id) ? `/bundles/first-browser/${id}/first.mjs` : undefined),
      run: (entry, msMax) => runInPage(browser, entry, msMax),
      async close() {
        await browser.close();
        chromium.kill();
      },
    };
  } catch (error) {
    chromium.kill();
    throw error;
  }
}

/**
 * @param {import("chrome-remote-interface").Client} browser
 * @param {import("./runner.mjs").Entry} entry
 * @param {number} msMax
 * @returns {Promise<import("./hosts.mjs").Ran>}
 */
async function runInPage(browser, entry, msMax) {
  /** @type {(reply: Reply) => void} */
  let settle;
  /** @type {Promise<Reply>} */
  const answered = new Promise((resolve) => {
    settle = resolve;
  });
  let probing;
  const server = await openServer(async (pathname, body) => {
    if (pathname === "/answer") return settle(body);
    try {
      const probes = await probing;
      return await probes[pathname.replace("/probes/", "")]();
    } catch (broken) {
      settle({ broken });
      throw broken;
    }
  });
  const timer = setTimeout(() => settle({ isTooSlow: true }), msMax);
  let context;
  let unwatch = () => {};
  try {
    context = await browser.Target.createBrowserContext();
    const url = `${server.origin}/#${encodeURIComponent(JSON.stringify(entry))}`;
    const opening = browser.Target.createTarget({ url, ...context });
    if (entry.asksHost) {
      probing = opening.then(({ targetId }) => openPageProbes(browser, targetId));
      probing.catch((broken) => settle({ broken }));
    }
    const { targetId } = await opening;
    unwatch = browser.Target.targetCrashed((crashed) => {
      if (crashed.targetId === targetId) settle({ failure: "its page crashed" });
    });
    const { samples, failure, detail = failure, isTooSlow, broken } = await answered;
    if (broken !== undefined) throw broken;
    if (isTooSlow) throw RunFailure.tooSlow(msMax);
    if (failure !== undefined) throw new RunFailure(failure, detail);
    return { samples, profile: (await probing)?.profile };
  } finally {
    clearTimeout(timer);
    unwatch();
    if (context !== undefined) await browser.Target.disposeBrowserContext(context);
    await server.close();
  }
}

/**
 * @typedef {object} Reply How a run came to its end.
 * @property {import("./runner.mjs").Sample[]} [samples]
 * @property {string} [failure] The contestant's.
 * @property {string} [detail]
 * @property {boolean} [isTooSlow]
 * @property {Error} [broken] What broke is ours, and says nothing of the contestant.
 */
