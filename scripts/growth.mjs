// `npm run growth -- [options]`: all set-up, then bench/growth.mjs with the same options.
import { explain } from "./lib/progress.mjs";
import { run } from "./lib/run.mjs";
import { setup } from "./lib/setup.mjs";

try {
  const env = await setup({ browser: false });
  const args = ["bench/growth.mjs", ...process.argv.slice(2)];
  const { code } = await run(process.execPath, args, { output: "show", env });
  process.exitCode = code;
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
