/** The witness itself: the ledger says `aborted` for a disconnect before the end, and only then. */
import { get, type IncomingMessage } from "node:http";
import { MIRROR_FILE_BYTES } from "../../apps/next-demo/shared/mirror.js";
import { VISIT_PARAM } from "../../apps/next-demo/shared/visit-param.js";
import { expect, test } from "../support/test.js";

// In round 0 the first mirror is the fast one.
const FAST_MIRROR = "/api/mirror/oslo?round=0";

test("a response read to its end is finished, with every byte counted", async ({
  origin,
  visit,
  ledger,
}) => {
  const response = await fetch(`${origin}${FAST_MIRROR}&${VISIT_PARAM}=${visit}`);
  expect((await response.arrayBuffer()).byteLength).toBe(MIRROR_FILE_BYTES);
  const { bytesSent } = await ledger.expectOutcome("mirror oslo", "finished");
  expect(bytesSent).toBe(MIRROR_FILE_BYTES);
});

test("a socket closed before the end is aborted, and stays so", async ({
  origin,
  visit,
  ledger,
}) => {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${origin}${FAST_MIRROR}&${VISIT_PARAM}=${visit}`, resolve).on("error", reject);
  });
  await new Promise((resolve) => response.once("data", resolve));
  await ledger.expectRunning("mirror oslo", 1);
  response.destroy();
  const { bytesSent } = await ledger.expectOutcome("mirror oslo", "aborted");
  expect(bytesSent).toBeGreaterThan(0);
  expect(bytesSent).toBeLessThan(MIRROR_FILE_BYTES);
});

test("the ledger's own requests are not in it, nor another visit's", async ({ origin, ledger }) => {
  await (await fetch(`${origin}${FAST_MIRROR}`)).arrayBuffer();
  expect(await ledger.entries()).toEqual([]);
  expect(await ledger.entries()).toEqual([]);
});
