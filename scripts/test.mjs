// `npm test [-- STEP…]`: all set-up, every check and every test, or the steps named.
import { runSteps } from "./lib/run-steps.mjs";
import { quickSteps, slowSteps } from "./lib/steps.mjs";

await runSteps([...quickSteps, ...slowSteps], process.argv.slice(2));
