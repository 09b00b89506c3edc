// `npm run check [-- STEP…]`: what to run before every push: `npm test` without the demo's build and
// its e2e tests.
import { runSteps } from "./lib/run-steps.mjs";
import { quickSteps } from "./lib/steps.mjs";

await runSteps(quickSteps, process.argv.slice(2));
