// `npm run setup`: everything that building and testing needs, without running any of it.
import { explain } from "./lib/progress.mjs";
import { setup } from "./lib/setup.mjs";

setup({ browser: true }).catch((error) => {
  explain(error);
  process.exitCode = 1;
});
