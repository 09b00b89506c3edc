/** Pages of a real Chromium measure, fail and are given up, and nothing of one reaches the next. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { contestants } from "../contestants/index.mjs";
import { openChromium } from "../lib/chromium-host.mjs";

const MS_MAX = 30_000;

const entry = (contestantId, workloadId, more) => ({
  contestantId,
  workloadId,
  quick: true,
  runs: 1,
  asksHost: false,
  ...more,
});

/** @type {import("../lib/hosts.mjs").Host} */
let chromium;

before(async () => {
  chromium = await openChromium(contestants.filter(({ id }) => id === "nursery"));
});

after(() => chromium.close());

test("a run gives its samples, with a gap between frames and no processor time", async () => {
  const { samples, profile } = await chromium.run(entry("nursery", "races"), MS_MAX);
  assert.equal(samples.length, 1);
  assert.ok(samples[0].ms > 0 && samples[0].frameMs > 0);
  assert.equal(samples[0].cpuMs, undefined);
  assert.equal(profile, undefined);
});

test("a run that asks its host is told processor time and memory", async () => {
  const { samples: sleeps } = await chromium.run(
    entry("nursery", "sleeps", { asksHost: true }),
    MS_MAX,
  );
  // The browser counts processor time in steps that a small run may not fill.
  assert.ok(sleeps[0].cpuMs >= 0);
  const { samples: parked } = await chromium.run(
    entry("nursery", "parked", { asksHost: true }),
    MS_MAX,
  );
  assert.ok(parked[0].bytesByTask > 0);
});

test("a first task spends part of its time on the way", async () => {
  const firstUrl = chromium.firstUrl("nursery");
  const { samples } = await chromium.run(entry("nursery", "first-task", { firstUrl }), MS_MAX);
  assert.ok(samples[0].fromBytesMs > 0 && samples[0].fromBytesMs < samples[0].ms);
});

test("a run that leaves work out is a failure that says what was missing", async () => {
  await assert.rejects(chromium.run(entry("rxjs", "wide-cancel"), MS_MAX), {
    name: "RunFailure",
    verdict: "fails the check",
    message: /clean-ups done when the cancellation was over: expected 200, got 0/,
  });
});

test("a run without an answer in time is too slow, and the next one is none the worse", async () => {
  await assert.rejects(chromium.run(entry("nursery", "races"), 1), {
    name: "RunFailure",
    verdict: "too slow",
  });
  const { samples } = await chromium.run(entry("nursery", "races"), MS_MAX);
  assert.equal(samples.length, 1);
});
