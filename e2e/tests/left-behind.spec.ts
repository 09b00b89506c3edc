/** The check that nothing is left behind can fail: what is planted is found, and what is let go is not. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startFaultServer } from "@asupersync/fault-server";
import { beyond, listenersOf, liveIn } from "../support/live-in-page.js";
import { expect, test } from "../support/test.js";

const pageWith = (socketAddress: string) => `<!doctype html><link rel="icon" href="data:,">
<button id="plant">Plant</button><button id="let-go">Let go</button>
<script>
  const lives = [];
  const button = (id, act) => { document.getElementById(id).onclick = act; };
  button("plant", () => {
    const timer = setTimeout(() => {}, 1e9);
    const socket = new WebSocket("${socketAddress}");
    const worker = new Worker(URL.createObjectURL(new Blob([""])));
    const controller = new AbortController();
    const hear = () => {};
    controller.signal.addEventListener("abort", hear);
    window.addEventListener("online", hear);
    document.addEventListener("visibilitychange", hear, { capture: true });
    // Neither is left: one has heard what it waited for, the signal of the other has aborted.
    window.addEventListener("planted", hear, { once: true });
    window.dispatchEvent(new Event("planted"));
    window.addEventListener("offline", hear, { signal: AbortSignal.abort() });
    lives.push(() => {
      clearTimeout(timer);
      socket.close();
      worker.terminate();
      controller.signal.removeEventListener("abort", hear);
      window.removeEventListener("online", hear);
      document.removeEventListener("visibilitychange", hear, true);
    });
  });
  button("let-go", () => { for (const letGo of lives.splice(0)) letGo(); });
</script>`;

test("a timer, socket, worker or listener that is left behind is found", async ({ page }) => {
  await using faults = await startFaultServer();
  const body = pageWith(`${faults.origin.replace("http", "ws")}/socket/echo?key=planted`);
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/html").end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await page.getByRole("button", { name: "Plant" }).click();
  expect(await liveIn(page)).toEqual({ timers: 1, sockets: 1, workers: 1, signalListeners: 1 });
  const found = { "window online": 1, "document visibilitychange": 1 };
  expect(await listenersOf(page)).toEqual(found);
  expect(beyond({ "window online": 1 }, found)).toEqual({ "document visibilitychange": 1 });

  await page.getByRole("button", { name: "Let go" }).click();
  await expect
    .poll(() => liveIn(page))
    .toEqual({ timers: 0, sockets: 0, workers: 0, signalListeners: 0 });
  expect(await listenersOf(page)).toEqual({});
  await page.goto("about:blank");
  server.close();
});
