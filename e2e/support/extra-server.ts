/** Servers that single tests need beside the production one: started here, ended with the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "@playwright/test";
import { freePort } from "./ports.js";

/** A server of the test's own; leaving `await using` ends it. */
export interface ExtraServer extends AsyncDisposable {
  readonly url: string;
}

/**
 * Starts `command` and waits until it answers.
 *
 * @param command Given the port, the program's arguments for this Node.
 * @throws {Error} When the process ends before it answers: with what it wrote.
 */
export async function startServer(
  command: (port: string) => readonly string[],
  options: { readonly cwd: string; readonly answerMsMax: number },
): Promise<ExtraServer> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const child = spawn(process.execPath, command(String(port)), {
    cwd: options.cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const written: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => written.push(chunk.toString()));
  }
  await expect
    .poll(() => answers(url, child, written), { timeout: options.answerMsMax })
    .toBe(true);
  return { url, [Symbol.asyncDispose]: () => end(child) };
}

async function answers(url: string, child: ChildProcess, written: readonly string[]) {
  if (child.exitCode !== null) {
    throw new Error(`the server ended with code ${child.exitCode}:\n${written.join("")}`);
  }
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
