/** What must be gone when a page's work was left: everything the kernel counts, timers and sockets. */
import type { Page } from "@playwright/test";
import { expect } from "@playwright/test";

/** What is live in the page, besides the page. */
export interface LeftBehind {
  readonly tasks: number;
  readonly hostOps: number;
  readonly obligations: number;
  /** Armed in the kernel. */
  readonly deadlines: number;
  /** Of the page: set, and neither fired nor cleared. */
  readonly timers: number;
  /** Not closed. */
  readonly sockets: number;
  /** On signals that have not aborted: added and not removed. */
  readonly signalListeners: number;
}

const NOTHING: LeftBehind = {
  tasks: 0,
  hostOps: 0,
  obligations: 0,
  deadlines: 0,
  timers: 0,
  sockets: 0,
  signalListeners: 0,
};

/** Starts to count, before the page's own scripts run. */
export async function countWhatIsLive(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const timers = new Set<unknown>();
    const { setTimeout, clearTimeout, setInterval, clearInterval, WebSocket } = window;
    Object.assign(window, {
      setTimeout(handler: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) {
        const fire = (): void => {
          timers.delete(timer);
          handler(...args);
        };
        const timer = setTimeout.call(window, fire, ms);
        timers.add(timer);
        return timer;
      },
      clearTimeout(timer: number | undefined) {
        timers.delete(timer);
        clearTimeout.call(window, timer);
      },
      setInterval(handler: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) {
        const timer = setInterval.call(window, () => handler(...args), ms);
        timers.add(timer);
        return timer;
      },
      clearInterval(timer: number | undefined) {
        timers.delete(timer);
        clearInterval.call(window, timer);
      },
    });

    const sockets = new Set<WebSocket>();
    window.WebSocket = class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        sockets.add(this);
        this.addEventListener("close", () => sockets.delete(this));
      }
    };

    const listened = new Map<AbortSignal, number>();
    const change = (target: unknown, by: number): void => {
      if (!(target instanceof AbortSignal) || target.aborted) return;
      const count = (listened.get(target) ?? 0) + by;
      if (count > 0) listened.set(target, count);
      else listened.delete(target);
    };
    type Listening = Parameters<EventTarget["addEventListener"]>;
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    EventTarget.prototype.addEventListener = function (...args: Listening) {
      change(this, 1);
      addEventListener.apply(this, args);
    };
    EventTarget.prototype.removeEventListener = function (
      ...args: Parameters<EventTarget["removeEventListener"]>
    ) {
      change(this, -1);
      removeEventListener.apply(this, args);
    };

    Object.assign(window, {
      whatIsLive: () => ({
        timers: timers.size,
        sockets: sockets.size,
        signalListeners: [...listened.keys()].filter((signal) => !signal.aborted).length,
      }),
    });
  });
}

/** Leaves the demo's page by its link, and expects that nothing of its work is left but `stays`. */
export async function expectNothingLeft(
  page: Page,
  origin: string,
  stays: Partial<LeftBehind>,
): Promise<void> {
  if (page.isClosed() || !page.url().startsWith(origin)) return;
  // The page in Rust is one of its own: it has no other page to leave for, and its tests look into its tree.
  if (!(await page.evaluate(() => "asupersyncDemo" in window))) return;
  const leave = page.getByRole("link", { name: "Leave this page" });
  if (await leave.isVisible()) await leave.click();
  await expect.poll(() => page.evaluate(lookAround)).toEqual({ ...NOTHING, ...stays });
}

/** Runs in the page. */
function lookAround(): LeftBehind {
  const { whatIsLive, asupersyncDemo } = window as unknown as {
    whatIsLive(): Pick<LeftBehind, "timers" | "sockets" | "signalListeners">;
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
    ...whatIsLive(),
  };
}
