/** Cuts one function out of the demo's own source, so that what the page shows is what runs. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

const LINES_MAX = 14;

/**
 * The function `name` of `client/tasks/<file>.ts`, without its indented helpers.
 *
 * Runs while the page is built, in the app's own folder.
 *
 * @throws {Error} When the function is not there, or too long to be shown: the build then fails.
 */
export async function sourceExcerpt(file: string, name: string): Promise<string> {
  const path = join(process.cwd(), "client", "tasks", `${file}.ts`);
  const source = await readFile(path, "utf8");
  const pattern = new RegExp(`^export (?:async )?function ${name}\\b[\\s\\S]*?^}$`, "m");
  const excerpt = pattern.exec(source)?.[0];
  if (excerpt === undefined) throw new Error(`expected a function ${name} in ${path}`);
  const lines = excerpt.split("\n").length;
  if (lines > LINES_MAX) {
    throw new Error(`expected at most ${LINES_MAX} lines to show, ${name} has ${lines}`);
  }
  return excerpt;
}
