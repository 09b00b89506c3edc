// Starts the demo's server, says where it is, and ends it when this process is told to end.
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { SetupError } from "./progress.mjs";
import { packageCommand, root } from "./run.mjs";

const PORT_DEFAULT = 3000;
const PORTS_TRIED = 20;
const READY_TIMEOUT_MS = 120_000;
const POLL_MS = 100;

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
 * @returns {Promise<number>} The exit code: 0 when it was asked to end.
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
  const address = `http://localhost:${port}`;
  if (await Promise.race([answers(address), ended.then(() => false)])) {
    console.log(`\nThe demo is at ${address}  (Ctrl-C stops it)\n`);
  }
  const [code] = await ended;
  return asked ? 0 : (code ?? 1);
}

/** @param {string} address @returns {Promise<boolean>} Whether it answered in time. */
async function answers(address) {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    try {
      await fetch(address, { method: "HEAD" });
      return true;
    } catch {
      await setTimeout(POLL_MS);
    }
  }
  return false;
}
