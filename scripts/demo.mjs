// `npm run demo`: all set-up, the demo's production build, and its server until Ctrl-C.

import { choosePort, serve } from "./lib/next-server.mjs";
import { explain, SetupError, step, tail } from "./lib/progress.mjs";
import { run } from "./lib/run.mjs";
import { setup } from "./lib/setup.mjs";
import { turbo } from "./lib/turbo.mjs";

try {
  await setup({ browser: false });
  await step("rust demo", async (note) => ({ done: await buildRustDemo(note), value: null }));
  await step("demo build", async (note) => ({ done: await buildDemo(note), value: null }));
  process.exitCode = await serve("start", await choosePort());
} catch (error) {
  explain(error);
  process.exitCode = 1;
}

/** The page in Rust alone, which the demo serves beside its own. */
async function buildRustDemo(/** @type {(note: string) => void} */ note) {
  note("cargo xtask rust-demo, a minute the first time");
  const { code, output } = await run("cargo", ["xtask", "rust-demo"]);
  if (code === 0) return output.includes("up to date") ? "up to date" : "built";
  throw new SetupError(
    `the page in Rust was not built:\n${tail(output)}`,
    "mend what the compiler says above, then run the same command again",
  );
}

/** @param {(note: string) => void} note */
async function buildDemo(note) {
  note("next build, about half a minute");
  const { code, output } = await turbo(["build", "--filter=next-demo"]);
  if (code === 0) return output.includes("FULL TURBO") ? "up to date" : "built";
  throw new SetupError(
    `next build ended with code ${code}:\n${tail(output)}`,
    "mend what Next says above, then run the same command again",
  );
}
