/** The page of one run: has its entry in its address, posts what it measured, and is done. */

import { run } from "./runner.mjs";

/** @type {import("./runner.mjs").Entry} */
const entry = JSON.parse(decodeURIComponent(location.hash.slice(1)));

let isAnswered = false;

// What nobody caught spoils the run.
addEventListener("error", ({ error, message }) => answer(failure(error ?? message)));
addEventListener("unhandledrejection", ({ reason }) => answer(failure(reason)));

const probe = (name) => () => post(`/probes/${name}`);

/** @type {import("./runner.mjs").Probes} */
const probes = entry.asksHost
  ? {
      cpuMs: probe("cpuMs"),
      heapBytes: probe("heapBytes"),
      startProfile: probe("startProfile"),
      stopProfile: probe("stopProfile"),
    }
  : {};

try {
  await answer({ samples: await run(entry, probes) });
} catch (error) {
  await answer(failure(error));
}

/** The first one counts. */
async function answer(reply) {
  if (isAnswered) return;
  isAnswered = true;
  await post("/answer", reply);
}

function failure(thrown) {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { failure: message, detail: thrown?.stack ?? message };
}

/** The host's answer, `null` for none. */
async function post(path, body = null) {
  const response = await fetch(path, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  return response.json();
}
