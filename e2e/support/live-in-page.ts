/** Counts what is live in a page: timers, sockets, workers, and listeners on what outlives a component. */
import type { Page } from "@playwright/test";

export interface LiveInPage {
  /** Set, and neither fired nor cleared. */
  readonly timers: number;
  /** Not closed. */
  readonly sockets: number;
  /** Made and not terminated. */
  readonly workers: number;
  /** Added and not removed, on signals that have not aborted and that something still holds. */
  readonly signalListeners: number;
}

/** How many listen on the window and on the document, by what for: `{ "window online": 1 }`. */
export type Listeners = Readonly<Record<string, number>>;

interface Counting {
  whatIsLive(): LiveInPage;
  whoListens(): Listeners;
}

/** Starts to count, before the page's own scripts run. */
export async function countWhatIsLive(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const timers = new Set<unknown>();
    const { setTimeout, clearTimeout, setInterval, clearInterval, WebSocket, Worker } = window;
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

    const workers = new Set<Worker>();
    window.Worker = class extends Worker {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        workers.add(this);
      }
      override terminate(): void {
        workers.delete(this);
        super.terminate();
      }
    };

    interface Listener {
      readonly type: string;
      readonly callback: unknown;
      readonly capture: boolean;
    }
    type Added = Parameters<EventTarget["addEventListener"]>;
    type Removed = Parameters<EventTarget["removeEventListener"]>;
    /** What lives longer than components and tasks do; what listens on anything else goes with it. */
    const listeners = new WeakMap<EventTarget, Set<Listener>>();
    // A signal that nobody holds takes its listeners with it.
    const signals = new Set<WeakRef<AbortSignal>>();
    const listenersOf = (target: EventTarget | undefined): Set<Listener> | undefined => {
      // Called without a target, it is the window's.
      const heard = target ?? window;
      const outlives = heard === window || heard === document || heard instanceof AbortSignal;
      if (!outlives) return undefined;
      const known = listeners.get(heard);
      if (known !== undefined) return known;
      const first = new Set<Listener>();
      listeners.set(heard, first);
      if (heard instanceof AbortSignal) signals.add(new WeakRef(heard));
      return first;
    };
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    EventTarget.prototype.addEventListener = function (...args: Added) {
      addEventListener.apply(this, args);
      const [type, callback, how] = args;
      const known = listenersOf(this);
      if (known === undefined || callback === null) return;
      const { capture, once, signal } = optionsOf<AddEventListenerOptions>(how);
      if (signal?.aborted === true || isOfTheTest()) return;
      const same = sameAs(type, callback, capture);
      if ([...known].some(same)) return;
      const listener = { type, callback, capture: capture === true };
      known.add(listener);
      const gone = (): void => void known.delete(listener);
      if (once === true) addEventListener.call(this ?? window, type, gone, how);
      if (signal !== undefined) addEventListener.call(signal, "abort", gone);
    };
    EventTarget.prototype.removeEventListener = function (...args: Removed) {
      removeEventListener.apply(this, args);
      const [type, callback, how] = args;
      const known = listenersOf(this);
      const same = sameAs(type, callback, optionsOf(how).capture);
      for (const listener of known ?? []) if (same(listener)) known?.delete(listener);
    };
    /** A test that clicks listens on the window itself, from scripts that the page knows nothing of. */
    function isOfTheTest(): boolean {
      return /\b(?:InjectedScript|UtilityScript)\b/.test(new Error().stack ?? "");
    }
    function optionsOf<T extends EventListenerOptions>(how: T | boolean | null | undefined): T {
      return (typeof how === "object" && how !== null ? how : { capture: how === true }) as T;
    }
    function sameAs(type: string, callback: unknown, capture: boolean | undefined) {
      return (other: Listener): boolean =>
        other.type === type && other.callback === callback && other.capture === (capture === true);
    }

    const counting: Counting = {
      whatIsLive() {
        let signalListeners = 0;
        for (const reference of signals) {
          const signal = reference.deref();
          if (signal === undefined) signals.delete(reference);
          else if (!signal.aborted) signalListeners += listeners.get(signal)?.size ?? 0;
        }
        return {
          timers: timers.size,
          sockets: sockets.size,
          workers: workers.size,
          signalListeners,
        };
      },
      whoListens() {
        const counts: Record<string, number> = {};
        for (const [name, target] of [
          ["window", window],
          ["document", document],
        ] as const) {
          for (const { type } of listeners.get(target) ?? []) {
            // What comes once a page has come: who listens still hears nothing any more.
            if (type === "DOMContentLoaded" || type === "load") continue;
            counts[`${name} ${type}`] = (counts[`${name} ${type}`] ?? 0) + 1;
          }
        }
        return counts;
      },
    };
    Object.assign(window, counting);
  });
}

export async function liveIn(page: Page): Promise<LiveInPage> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  await session.detach();
  return page.evaluate(() => (window as unknown as Counting).whatIsLive());
}

export function listenersOf(page: Page): Promise<Listeners> {
  return page.evaluate(() => (window as unknown as Counting).whoListens());
}

/** Who listens beyond `expected`. */
export function beyond(expected: Listeners, found: Listeners): Listeners {
  return Object.fromEntries(
    Object.entries(found)
      .map(([name, count]) => [name, count - (expected[name] ?? 0)] as const)
      .filter(([, more]) => more > 0),
  );
}
