// Starts the demo's server, says where it is, and ends it when this process is told to end.
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { explain, SetupError, seconds } from "./progress.mjs";
import { packageCommand, root } from "./run.mjs";

const PORT_DEFAULT = 3000;
const PORTS_TRIED = 20;
const READY_TIMEOUT_MS = 120_000;
const POLL_MS = 100;
/** For a server that does not even answer a signal. */
const END_TIMEOUT_MS = 5_000;

/**
 * @returns {Promise<number>} PORT when it is set, else the first free one from 3000.
 * @throws {SetupError} When there is none.
 */
export async function choosePort() {
  const asked = process.env.PORT;
  if (asked) {
    const port = Number(asked);
    if (Number.isInteger(port) && port > 0 && port < 65_536 && (await isFree(port))) return port;
    throw new SetupError(`port ${asked} cannot be used`, "set PORT to a free one, or unset it");
  }
  for (let port = PORT_DEFAULT; port < PORT_DEFAULT + PORTS_TRIED; port += 1) {
    if (await isFree(port)) return port;
  }
  throw new SetupError(
    `no port from ${PORT_DEFAULT} to ${PORT_DEFAULT + PORTS_TRIED - 1} is free`,
    "set PORT to a free one",
  );
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}

/**
 * @param {"start" | "dev"} command Next's.
 * @param {number} port
 * @returns {Promise<number>} The exit code: 0 when it was asked to end, 1 when it never answered;
 *   a person has then been told.
 */
export async function serve(command, port) {
  const server = spawn(
    process.execPath,
    [packageCommand("next", "dist/bin/next"), command, "--port", String(port)],
    {
      cwd: path.join(root, "apps/next-demo"),
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1" },
      stdio: ["ignore", command === "dev" ? "inherit" : "ignore", "inherit"],
    },
  );
  let asked = false;
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
    process.on(signal, () => {
      asked = true;
      server.kill(signal);
    });
  }
  const ended = once(server, "exit");
  const waiting = new AbortController();
  server.once("exit", () => waiting.abort());
  const address = `http://localhost:${port}`;
  if (await answers(address, waiting.signal)) {
    console.log(`\nThe demo is at ${address}  (Ctrl-C stops it)\n`);
  } else if (!waiting.signal.aborted) {
    const force = globalThis.setTimeout(() => server.kill("SIGKILL"), END_TIMEOUT_MS);
    server.kill();
    await ended;
    clearTimeout(force);
    explain(
      new SetupError(
        `the demo's server did not answer at ${address} within ${seconds(READY_TIMEOUT_MS)}`,
        "run the same command again; if that does not help, set PORT to another port",
      ),
    );
    return asked ? 0 : 1;
  }
  const [code] = await ended;
  return asked ? 0 : (code ?? 1);
}

/**
 * @param {string} address
 * @param {AbortSignal} ended Aborted when there is no server any more that could answer.
 * @returns {Promise<boolean>} Whether it answered in time.
 */
async function answers(address, ended) {
  // Also for a request under way: a server may take a connection and never say a word.
  const signal = AbortSignal.any([ended, AbortSignal.timeout(READY_TIMEOUT_MS)]);
  while (!signal.aborted) {
    try {
      await fetch(address, { method: "HEAD", signal });
      return true;
    } catch {
      await setTimeout(POLL_MS);
    }
  }
  return false;
}
