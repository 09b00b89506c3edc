/** What must be gone when a page's work was left: all that the kernel counts, timers, sockets, workers, listeners. */
import type { Page } from "@playwright/test";
import { expect } from "@playwright/test";
import {
  beyond,
  countWhatIsLive,
  type Listeners,
  type LiveInPage,
  listenersOf,
  liveIn,
} from "./live-in-page.js";

/** What is live in the page, besides the page. */
export interface LeftBehind extends LiveInPage {
  readonly tasks: number;
  readonly hostOps: number;
  readonly obligations: number;
  /** Armed in the kernel. */
  readonly deadlines: number;
}

const NOTHING_IN_PAGE: LiveInPage = { timers: 0, sockets: 0, workers: 0, signalListeners: 0 };
const NOTHING: LeftBehind = {
  ...NOTHING_IN_PAGE,
  tasks: 0,
  hostOps: 0,
  obligations: 0,
  deadlines: 0,
};

/** Leaves the demo's page by its link, and expects that nothing of its work is left but `stays`. */
export async function expectNothingLeft(
  page: Page,
  origin: string,
  stays: Partial<LeftBehind>,
): Promise<void> {
  if (page.isClosed() || !page.url().startsWith(origin)) return;
  // The page in Rust has no other to leave for: its tests close its runtime.
  if (!(await page.evaluate(() => "asupersyncDemo" in window))) return;
  const leave = page.getByRole("link", { name: "Leave this page" });
  if (await leave.isVisible()) await leave.click();
  await expect.poll(() => lookAround(page)).toEqual({ ...NOTHING, ...stays });
  await expectListenersOfUntouched(page);
}

/** What React has on the document as soon as there is a root, and for as long as there is a page. */
export const OF_REACT: Listeners = { "document selectionchange": 1 };

/** What an app among the fixtures keeps, because it is the bundler's or the framework's. */
export interface FixtureStays extends Partial<LiveInPage> {
  /** On window and document. Default: none. "any" where a router has its own: the demo's pages show those. */
  readonly listeners?: Listeners | "any";
}

/**
 * Has an app among the fixtures unmount all and close its runtimes, and expects that nothing of its
 * work is left but `stays`. Then the page is blank, for its server is about to end.
 */
export async function expectFixtureLeavesNothing(
  page: Page,
  { listeners = {}, ...stays }: FixtureStays = {},
): Promise<void> {
  const closed = await page.evaluate(() =>
    (window as unknown as { leavePage(): Promise<readonly string[]> }).leavePage(),
  );
  expect(new Set(closed)).toEqual(new Set(["clean"]));
  await expectNothingInPage(page, stays);
  if (listeners !== "any") expect(beyond(listeners, await listenersOf(page))).toEqual({});
  await page.goto("about:blank");
}

/** Expects no timer, socket, worker or listener on a signal in the page but `stays`. */
export async function expectNothingInPage(
  page: Page,
  stays: Partial<LiveInPage> = {},
): Promise<void> {
  await expect.poll(() => liveIn(page)).toEqual({ ...NOTHING_IN_PAGE, ...stays });
}

/** Expects no listener that this page does not have when nothing was ever done in it. */
async function expectListenersOfUntouched(page: Page): Promise<void> {
  const untouched = await page.context().newPage();
  await countWhatIsLive(untouched);
  await untouched.goto(page.url());
  // Its framework listens only once it has hydrated.
  await expect
    .poll(async () => beyond(await listenersOf(untouched), await listenersOf(page)))
    .toEqual({});
  await untouched.close();
}

async function lookAround(page: Page): Promise<LeftBehind> {
  return { ...(await page.evaluate(countersOfDemo)), ...(await liveIn(page)) };
}

/** Runs in the page. */
function countersOfDemo(): Omit<LeftBehind, keyof LiveInPage> {
  const { asupersyncDemo } = window as unknown as {
    asupersyncDemo?: {
      getSnapshot(): {
        runtime?: {
          state: string;
          counters(): { tasks: number; hostOps: number; obligations: number; timers: number };
        };
      };
    };
  };
  const runtime = asupersyncDemo?.getSnapshot().runtime;
  const isOpen = runtime?.state === "open" || runtime?.state === "closing";
  const counters = isOpen ? runtime.counters() : undefined;
  return {
    tasks: counters?.tasks ?? 0,
    hostOps: counters?.hostOps ?? 0,
    obligations: counters?.obligations ?? 0,
    deadlines: counters?.timers ?? 0,
  };
}
