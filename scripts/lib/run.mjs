// Starts child processes the same way on every system: no shell, output shown, captured or both.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's top folder. */
export const root = path.resolve(fileURLToPath(import.meta.url), "../../..");

/** Where set-up keeps its notes about this machine; safe to delete. */
export const setupDir = path.join(root, "target", "setup");

/**
 * Runs a program to its end.
 *
 * @param {string} command Program, looked up on PATH.
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd] Default: the repository's top folder.
 * @param {Record<string, string | undefined>} [options.env] Added to this process's environment; undefined removes.
 * @param {"capture" | "show" | "both"} [options.output] Default "capture".
 * @param {number} [options.timeoutMs] After it the child is ended and the code is 124.
 * @returns {Promise<{ code: number, output: string }>} Exit code (127 when it could not be started) and what was captured.
 */
export function run(command, args, options = {}) {
  const { cwd = root, env = {}, output: mode = "capture", timeoutMs } = options;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: merged(env),
      stdio: mode === "show" ? "inherit" : ["ignore", "pipe", "pipe"],
    });
    /** @type {Buffer[]} */
    const chunks = [];
    child.stdout?.on("data", (chunk) => take(chunk, process.stdout));
    child.stderr?.on("data", (chunk) => take(chunk, process.stderr));
    let timedOut = false;
    const timer = timeoutMs && setTimeout(stop, timeoutMs);

    child.on("error", (error) => finish(127, error.message));
    child.on("close", (code) => finish(timedOut ? 124 : (code ?? 1)));

    /** @param {Buffer} chunk @param {NodeJS.WriteStream} shown */
    function take(chunk, shown) {
      chunks.push(chunk);
      if (mode === "both") shown.write(chunk);
    }
    function stop() {
      timedOut = true;
      child.kill("SIGKILL");
    }
    /** @param {number} code @param {string} [note] */
    function finish(code, note = timedOut ? `ended after ${timeoutMs} ms` : "") {
      clearTimeout(timer || undefined);
      resolve({ code, output: Buffer.concat(chunks).toString("utf8") + note });
    }
  });
}

/**
 * The JavaScript file behind a package's command, so that it can be run by this very Node: the
 * `.bin` entries are shell scripts on Unix and `.cmd` files on Windows.
 *
 * @param {string} packageName
 * @param {string} file The command's file inside the package.
 */
export function packageCommand(packageName, file) {
  return path.join(root, "node_modules", packageName, file);
}

/**
 * Runs npm with this Node: through npm's own script when npm started us, else the one beside Node.
 *
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function npm(args, options) {
  const beside = path.dirname(process.execPath);
  const script = [
    process.env.npm_execpath?.endsWith("npm-cli.js") ? process.env.npm_execpath : "",
    path.join(beside, "node_modules/npm/bin/npm-cli.js"),
    path.join(beside, "../lib/node_modules/npm/bin/npm-cli.js"),
  ].find((file) => file && existsSync(file));
  return script ? run(process.execPath, [script, ...args], options) : run("npm", args, options);
}

/** @param {Record<string, string | undefined>} extra */
function merged(extra) {
  const env = { ...process.env, ...extra };
  for (const [name, value] of Object.entries(extra)) if (value === undefined) delete env[name];
  return env;
}
