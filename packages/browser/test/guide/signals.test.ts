/** The examples of the guide's page on signals. */
import { expect, test } from "vitest";
import type { Cx, Runtime } from "../../src/index.js";
import { faults, idle, withRuntime } from "../support.js";

async function giveUp(runtime: Runtime, search: (cx: Cx) => Promise<string>): Promise<string> {
  const controller = new AbortController();
  const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(2_000)]);

  const run = runtime.run(search, { signal });
  controller.abort("seen enough");

  const outcome = await run;
  if (outcome.kind !== "cancelled") return "too late";
  return `${outcome.cancel.kind}: ${outcome.cancel.message}`;
}

async function giveAway(runtime: Runtime, button: EventTarget, url: string): Promise<string> {
  const panel = runtime.openScope({ label: "panel" });
  const { signal } = panel;
  button.addEventListener("click", () => panel.cancel("navigation"), { signal });
  try {
    return await (await fetch(url, { signal })).text();
  } catch (error) {
    if ((error as Error).name === "AbortError") return "left";
    throw error;
  } finally {
    await panel.close();
  }
}

async function lookInside(panel: { readonly signal: AbortSignal }): Promise<string> {
  const { cause } = panel.signal.reason; // the CancelledError
  return cause.cancel.kind;
}

test("a signal cancels a run", async () => {
  await withRuntime(async (runtime) => {
    const search = async (cx: Cx): Promise<string> => {
      await cx.sleep(60_000);
      return "found";
    };
    expect(await giveUp(runtime, search)).toBe("user: seen enough");
  });
});

test("a scope gives its signal away", async () => {
  await withRuntime(async (runtime) => {
    const server = faults();
    const button = new EventTarget();
    const text = giveAway(runtime, button, server.http("/hang"));
    await server.until("arrived");
    button.dispatchEvent(new Event("click"));
    expect(await text).toBe("left");
  });
});

test("its reason says more", async () => {
  await withRuntime(async (runtime) => {
    const panel = runtime.openScope();
    panel.cancel("unmount");
    await idle(runtime);
    expect(await lookInside(panel)).toBe("unmount");
  });
});
