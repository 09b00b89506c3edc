/** An app in Rust alone: its tasks, requests and sockets end as the tree says, seen from the servers. */
import { EchoServer } from "../support/echo-server.js";
import { expectNothingInPage } from "../support/left-behind.js";
import { RustPage } from "../support/rust-page.js";
import { test as base, expect } from "../support/test.js";

const test = base.extend<{ readonly app: RustPage; readonly echo: EchoServer }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures wanted from this pattern.
  echo: async ({}, use) => {
    await using echo = await EchoServer.start();
    await use(echo);
  },
  app: async ({ page, origin, visit, echo, stays }, use, testInfo) => {
    const app = new RustPage(page, origin, visit, echo.url);
    await app.open();
    await use(app);
    if (testInfo.status !== testInfo.expectedStatus) return;
    await app.close();
    await expectNothingInPage(page, stays);
  },
});

test("a key aborts the request in flight at the server", async ({ app, ledger }) => {
  await app.searchBox.fill("s");
  await ledger.expectRunning("search “s”");
  await expect(app.hostOperations()).toHaveText([/request \d+ submitted/]);
  await app.searchBox.fill("silver");

  await ledger.expectOutcome("search “s”", "aborted");
  await ledger.expectOutcome("search “silver”", "finished");
  await expect(app.status("Search")).toHaveText("1 for “silver”");
  await expect(app.hits).toHaveText(["Ag Silver"]);
  await expect(app.hostOperations()).toHaveCount(0);
});

test("keys within the debounce never reach the server", async ({ app, ledger }) => {
  // All in one task of the page, so that no machine is too slow for the debounce.
  await app.searchBox.evaluate((box: HTMLInputElement) => {
    for (const query of ["t", "ti", "tin"]) {
      box.value = query;
      box.dispatchEvent(new Event("input"));
    }
  });
  await ledger.expectOutcome("search “tin”", "finished");
  expect((await ledger.entries()).map((entry) => entry.label)).toEqual(["search “tin”"]);
});

test("an emptied box aborts the request and shows nothing", async ({ app, ledger }) => {
  await app.searchBox.fill("gold");
  await ledger.expectRunning("search “gold”");
  await app.searchBox.fill("");

  await ledger.expectOutcome("search “gold”", "aborted");
  await expect(app.hits).toHaveCount(0);
  await expect(app.hostOperations()).toHaveCount(0);
});

test("a body that is no JSON is said to the person, and the page goes on", async ({ app }) => {
  await app.page.route("**/api/search?q=gold*", (route) => route.fulfill({ body: "{ not json" }));
  await app.searchBox.fill("gold");
  await expect(app.status("Search")).toContainText("the host operation failed: ");
  await app.searchBox.fill("silver");
  await expect(app.hits).toHaveText(["Ag Silver"]);
});

test("a response is read as it comes, and a cancelled read aborts it", async ({ app, ledger }) => {
  await app.press("Read the report");
  await expect(app.status("Report")).toHaveText(/^[1-9]\d* rows$/);
  await app.press("Stop reading");
  const { bytesSent } = await ledger.expectOutcome("report", "aborted");
  expect(bytesSent).toBeGreaterThan(0);
});

test("a response that is not read is let go of with its task", async ({ app, ledger }) => {
  await app.press("Read its head alone");
  await expect(app.status("Report")).toHaveText("200 application/x-ndjson");
  await ledger.expectOutcome("report", "aborted");
  await expect(app.hostOperations()).toHaveCount(0);
});

test("a cancelled task runs its finalizer and leaves the tree", async ({ app }) => {
  const atRest = await app.tree.count();
  await app.press("Start the ticker");
  await expect(app.status("Ticker")).toHaveText(/^tick [1-9]/);
  await expect(app.tree).toHaveCount(atRest + 1);
  await app.press("Stop the ticker");
  await expect(app.status("Ticker")).toHaveText(/^stopped after \d+$/);
  await expect(app.tree).toHaveCount(atRest);
});

test("the page paints and takes input while a task computes", async ({ app }) => {
  await app.press("Start the work");
  const frames = await app.page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    for (let painted = 0; painted < 10; painted++) await frame();
    return document.getElementById("work-status")?.textContent;
  });
  expect(frames, "ten frames were painted before the work was done").not.toContain("done");
  await app.press("Stop the work");
  await expect(app.status("Work")).toHaveText(/^stopped at \d+$/);
});

test("a socket echoes, and its close handshake is answered", async ({ app, echo }) => {
  await app.press("Connect");
  await expect(app.status("Socket")).toHaveText("open");
  await app.press("Send");
  await expect(app.received).toHaveText(["hello"]);
  expect(echo.connections[0]?.received).toEqual(["hello"]);
  await expect(app.hostOperations()).toHaveText([/socket \d+ submitted/]);
  await app.press("Close the socket");

  await echo.expectClosed(1000);
  await expect(app.status("Socket")).toHaveText("closed by Us with 1000");
  await expect(app.hostOperations()).toHaveCount(0);
});

test("a request carries its method, its headers and bytes both ways", async ({ app }) => {
  await app.press("Post instead");
  await expect(app.received).toHaveText(["POST text/plain hello"]);
});

test("a cancelled task closes its socket before it ends", async ({ app, echo }) => {
  await app.press("Connect");
  await expect(app.status("Socket")).toHaveText("open");
  await app.press("Cancel its task");

  await echo.expectClosed(1000);
  // Written by a finalizer, which runs after the operation has ended.
  await expect(app.status("Socket")).toHaveText("closed by Us with 1000");
});

test("a peer's close ends the receive, and says its code", async ({ app, echo }) => {
  await app.press("Connect");
  await expect(app.status("Socket")).toHaveText("open");
  echo.connections[0]?.close(4001);
  await expect(app.status("Socket")).toHaveText("closed by Peer with 4001");
});

test.describe("a silent peer", () => {
  // The browser alone goes on to wait for its answer: no page can end that.
  test.use({ stays: { sockets: 1 } });

  test("a peer that does not answer the close is waited for no longer than its time", async ({
    app,
    echo,
  }) => {
    await app.press("Connect");
    await expect(app.status("Socket")).toHaveText("open");
    echo.connections[0]?.fallSilent();
    await app.press("Cancel its task");
    await expect(app.status("Socket")).toHaveText("closed by Timeout with 1006");
    await expect(app.hostOperations()).toHaveCount(0);
  });
});

test("messages that nobody receives close the socket once its buffer is full", async ({
  app,
  echo,
}) => {
  await app.page.getByLabel("Receive nothing").check();
  await app.press("Connect");
  await expect(app.status("Socket")).toHaveText("open");
  for (let number = 1; number <= 100; number++) echo.connections[0]?.send(`message ${number}`);
  await echo.expectClosed(4008);

  // What had come until then is not lost: the one in hand, and the buffer.
  await app.page.getByLabel("Receive nothing").uncheck();
  await expect(app.status("Socket")).toHaveText("closed by Overflow with 4008");
  await expect(app.received).toHaveCount(65);
  await expect(app.received.last()).toHaveText("message 65");
});

test("closing the runtime ends everything that it holds", async ({ app, echo, ledger }) => {
  await app.press("Start the ticker");
  await app.press("Connect");
  await expect(app.status("Socket")).toHaveText("open");
  await app.searchBox.fill("gold");
  await ledger.expectRunning("search “gold”");
  await app.press("Close the runtime");

  await ledger.expectOutcome("search “gold”", "aborted");
  await echo.expectClosed(1000);
  await expect(app.status("Ticker")).toHaveText(/^stopped after \d+$/);
  await expect(app.status("Runtime")).toHaveText("closed, nothing is left: Ok(())");
});

test("the trace is the run as JSON lines", async ({ app, ledger }) => {
  await app.searchBox.fill("gold");
  await ledger.expectOutcome("search “gold”", "finished");
  await expect(app.hits).toHaveText(["Au Gold"]);
  await app.press("Show the trace");
  const lines = ((await app.trace.textContent()) ?? "").trim().split("\n");
  const [head, ...events] = lines.map((line) => JSON.parse(line));
  expect(head).toMatchObject({ version: 1, fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) });
  expect(events.length).toBe(Math.min(head.events, head.events - head.eventsDropped));
  const kinds = events.map(({ kind }) => kind);
  expect(kinds).toEqual(expect.arrayContaining(["regionOpened", "hostOpSubmitted", "timerFired"]));
  expect(kinds).not.toContain("unknown");
});

test("the README's first run reads this page", async ({ app }) => {
  const said = app.page.waitForEvent("console");
  await app.page.evaluate(async (script) => {
    const { first_run } = await import(script);
    first_run();
  }, "/rust-demo/rust-demo.js");
  expect((await said).text()).toContain("A page in Rust alone");
});
