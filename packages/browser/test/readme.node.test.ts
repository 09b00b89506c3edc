/** The README's example is the one that runs here, word for word. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const EXAMPLE = /\/\/ From here on the README\.\n(.*)\/\/ As far as here the README/s;
const FIRST_BLOCK = /```ts\n(.*?)```/s;

async function part(path: string, pattern: RegExp): Promise<string | undefined> {
  return pattern.exec(await readFile(new URL(path, import.meta.url), "utf8"))?.[1];
}

test.each(["../../../README.md", "../README.md"])("%s shows the example", async (readme) => {
  const example = await part("readme-example.ts", EXAMPLE);
  expect(example).toBeDefined();
  expect(await part(readme, FIRST_BLOCK)).toBe(example);
});

test("the example does what its comments say", async () => {
  const { log, report } = await import("./readme-example.js");
  expect(log).toEqual(["near let go", "far let go", "near won", "NEAR"]);
  expect(report).toMatchObject({ outcome: "clean", revoked: [], failures: [] });
});
