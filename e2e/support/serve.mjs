// Builds the demo and serves it on a port until it is told to end: `node serve.mjs <mode> <port>`.
// Modes: production (Turbopack build), webpack (webpack build), development (`next dev`).
import { spawn } from "node:child_process";
import path from "node:path";
import { packageCommand, root, run } from "../../scripts/lib/run.mjs";
import { turbo } from "../../scripts/lib/turbo.mjs";

const [mode, port] = process.argv.slice(2);
const app = path.join(root, "apps", "next-demo");
const next = packageCommand("next", "dist/bin/next");
const env = {
  NEXT_TELEMETRY_DISABLED: "1",
  // A request must still be on its way when a test cancels it, on the slowest machine.
  ASUPERSYNC_DEMO_PACE: "3",
};

switch (mode) {
  case "production":
    // The server lists its public folder when it starts: the page in Rust must lie there by then.
    demand(await run("cargo", ["xtask", "rust-demo"], { cwd: root }));
    demand(await turbo(["build", "--filter=next-demo"], { env }));
    serve("start");
    break;
  case "webpack":
    env.NEXT_DIST_DIR = ".next-webpack";
    demand(await turbo(["build", "--filter=next-demo^..."], { env }));
    demand(await run(process.execPath, [next, "build", "--webpack"], { cwd: app, env }));
    serve("start");
    break;
  case "development":
    demand(await turbo(["build", "--filter=next-demo^..."], { env }));
    serve("dev");
    break;
  default:
    throw new Error(`expected production, webpack or development, got ${mode}`);
}

/** @param {{ code: number, output: string }} built */
function demand({ code, output }) {
  if (code === 0) return;
  process.stderr.write(output);
  process.exit(code);
}

/** @param {"start" | "dev"} command */
function serve(command) {
  const child = spawn(process.execPath, [next, command, "--port", port], {
    cwd: app,
    env: { ...process.env, ...env },
    stdio: "inherit",
  });
  child.on("exit", (code) => process.exit(code ?? 0));
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => child.kill(signal));
}
