// `npm run dev`: all set-up, then the demo's development server beside a rebuild of the packages on
// every change, until Ctrl-C.
import { choosePort, serve } from "./lib/next-server.mjs";
import { explain } from "./lib/progress.mjs";
import { setup } from "./lib/setup.mjs";
import { watch } from "./lib/turbo.mjs";

try {
  await setup({ browser: false });
  const port = await choosePort();
  const stop = watch(["build", "--filter=./packages/*"]);
  process.exitCode = await serve("dev", port);
  stop();
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
