// Runs turbo tasks over the workspaces: in dependency order, and only where the inputs changed.
import { spawn } from "node:child_process";
import { packageCommand, root, run } from "./run.mjs";

const TURBO = packageCommand("turbo", "bin/turbo");
const QUIET = ["--output-logs=errors-only", "--ui=stream"];
const ENV = { TURBO_TELEMETRY_DISABLED: "1", NEXT_TELEMETRY_DISABLED: "1" };

/**
 * @param {readonly string[]} args Task and filters.
 * @param {Parameters<typeof run>[2]} [options]
 */
export function turbo(args, options) {
  return run(process.execPath, [TURBO, "run", ...args, ...QUIET], {
    ...options,
    env: { ...ENV, ...options?.env },
  });
}

/**
 * Runs a task again whenever its inputs change.
 *
 * @param {readonly string[]} args Task and filters.
 * @returns {() => void} Ends it.
 */
export function watch(args) {
  const child = spawn(process.execPath, [TURBO, "watch", ...args, ...QUIET], {
    cwd: root,
    env: { ...process.env, ...ENV },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return () => child.kill();
}
