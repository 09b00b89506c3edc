/** The examples of the guide's page on events and time. */
import { afterEach, expect, test, vi } from "vitest";
import { type Cx, debounce, events, interval, latest, throttle } from "../../src/index.js";
import { countListeners } from "../flow/support.js";
import { idle, withRuntime } from "../support.js";

afterEach(() => vi.unstubAllGlobals());

async function confirm(cx: Cx, dialog: EventTarget): Promise<string> {
  return cx.race([
    async (inner) => {
      await inner.event(dialog, "submit", {
        filter: (event) => {
          event.preventDefault(); // during the dispatch: after the await it is too late
          return true;
        },
      });
      return "yes";
    },
    async (inner) => {
      await inner.event(dialog, "close");
      return "no";
    },
  ]);
}

async function follow(cx: Cx, port: MessagePort): Promise<string[]> {
  const lines: string[] = [];
  const messages = events(cx, port, "message", { capacity: 1_000, overflow: "drop-oldest" });
  port.start();
  for await (const { data } of messages) {
    if (data === "bye") break; // takes the listener away
    lines.push(data);
  }
  if (messages.dropped > 0) lines.push(`and ${messages.dropped} more`);
  return lines;
}

async function suggest(
  cx: Cx,
  field: EventTarget & { value: string },
  load: (cx: Cx, query: string) => Promise<string[]>,
  show: (hits: string[]) => void,
): Promise<void> {
  const quiet = debounce(cx, events(cx, field, "input"), 200);
  const hits = latest(cx, quiet, (inner) => load(inner, field.value));
  for await (const found of hits) show(found);
}

async function track(
  cx: Cx,
  page: EventTarget & { scrollTop: number },
  mark: (top: number) => void,
): Promise<void> {
  const scrolls = throttle(cx, events(cx, page, "scroll"), 100, { edge: "both" });
  for await (const _ of scrolls) mark(page.scrollTop);
}

async function fade(cx: Cx, paint: (part: number) => void): Promise<void> {
  const began = await cx.frame();
  for (let part = 0; part < 1; ) {
    part = Math.min(1, ((await cx.frame()) - began) / 200);
    paint(part);
  }
}

async function poll(cx: Cx, ask: (cx: Cx) => Promise<boolean>): Promise<number> {
  let asked = 0;
  for await (const { missed } of interval(cx, 10)) {
    asked += 1 + missed;
    if (await ask(cx)) break;
  }
  return asked;
}

async function build(cx: Cx, queue: string[], index: (word: string) => void): Promise<void> {
  while (queue.length > 0) {
    const moment = await cx.idle({ timeoutMs: 2_000 });
    do index(queue.pop() ?? "");
    while (queue.length > 0 && moment.timeRemaining() > 5);
  }
}

test("one event or another", async () => {
  await withRuntime(async (runtime) => {
    const dialog = new EventTarget();
    const counts = countListeners(dialog);
    const run = runtime.run((cx) => confirm(cx, dialog));
    await idle(runtime);
    const submit = new Event("submit", { cancelable: true });
    dialog.dispatchEvent(submit);
    expect(await run).toEqual({ kind: "ok", value: "yes" });
    expect(submit.defaultPrevented).toBe(true);
    expect(counts).toEqual({ live: 0, most: 2 });
  });
});

test("events one by one", async () => {
  await withRuntime(async (runtime) => {
    const { port1, port2 } = new MessageChannel();
    const run = runtime.run((cx) => follow(cx, port1));
    for (const line of ["a", "b", "bye"]) port2.postMessage(line);
    expect(await run).toEqual({ kind: "ok", value: ["a", "b"] });
    port1.close();
  });
});

test("the latest of what was typed", async () => {
  await withRuntime(async (runtime) => {
    const field = Object.assign(new EventTarget(), { value: "" });
    const shown = new Promise<string[]>((resolve) => {
      const load = async (cx: Cx, query: string): Promise<string[]> => {
        await cx.sleep(1);
        return [query];
      };
      runtime.spawn((cx) => suggest(cx, field, load, resolve));
    });
    await idle(runtime);
    for (const value of ["k", "ke", "key"]) {
      field.value = value;
      field.dispatchEvent(new Event("input"));
    }
    expect(await shown).toEqual(["key"]);
  });
});

test("the first and the last place that was scrolled to", async () => {
  await withRuntime(async (runtime) => {
    const page = Object.assign(new EventTarget(), { scrollTop: 0 });
    const marks: number[] = [];
    const last = new Promise<void>((resolve) => {
      const mark = (top: number): void => {
        marks.push(top);
        if (top === 30) resolve();
      };
      runtime.spawn((cx) => track(cx, page, mark));
    });
    await idle(runtime);
    for (const top of [10, 20, 30]) {
      page.scrollTop = top;
      page.dispatchEvent(new Event("scroll"));
    }
    await last;
    expect(marks.length).toBeLessThanOrEqual(2); // how the first one is seen goes by the machine
  });
});

test("drawn frame by frame", async () => {
  let time = 1_000;
  vi.stubGlobal("requestAnimationFrame", (draw: (time: number) => void) => {
    time += 80;
    return setTimeout(draw, 0, time);
  });
  vi.stubGlobal("cancelAnimationFrame", clearTimeout);
  await withRuntime(async (runtime) => {
    const painted: number[] = [];
    await runtime.run((cx) => fade(cx, (part) => void painted.push(part)));
    expect(painted).toEqual([0.4, 0.8, 1]);
  });
});

test("asked at a steady pace", async () => {
  await withRuntime(async (runtime) => {
    let asks = 0;
    const ask = async (): Promise<boolean> => {
      asks += 1;
      return asks === 3;
    };
    const outcome = await runtime.run((cx) => poll(cx, ask));
    expect(outcome.kind === "ok" && outcome.value).toBeGreaterThanOrEqual(3);
    expect(asks).toBe(3);
  });
});

test("work for idle moments", async () => {
  await withRuntime(async (runtime) => {
    const indexed: string[] = [];
    const words = ["a", "b", "c"];
    await runtime.run((cx) => build(cx, [...words], (word) => void indexed.push(word)));
    expect(indexed.reverse()).toEqual(words);
  });
});
