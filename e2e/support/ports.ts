/** A free port of this machine, chosen once and known to every process of the run. */
import { createServer } from "node:net";

/**
 * The port kept in the environment variable `name`, or a free one that is then kept there.
 *
 * The configuration is read again by every worker, which inherits the variable: so all agree.
 */
export async function portFor(name: string): Promise<number> {
  const kept = process.env[name];
  if (kept !== undefined) return Number(kept);
  const port = await freePort();
  process.env[name] = String(port);
  return port;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === "object") resolve(address.port);
        else reject(new Error(`expected a port, got ${String(address)}`));
      });
    });
  });
}
