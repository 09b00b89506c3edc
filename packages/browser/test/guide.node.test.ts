/**
 * What the guide shows is what runs: each of its TypeScript blocks stands in the test of the same name, or
 * in what belongs to that: `workers.worker.ts`.
 */
import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const GUIDE = new URL("../../../docs/guide/", import.meta.url);
const TESTS = new URL("guide/", import.meta.url);
const BLOCK = /```tsx?\n(.*?)```/gs;

const pages = (await readdir(GUIDE)).filter((file) => file.endsWith(".md"));

/** Without what formatting makes of it: the indentation, and where lines are broken. */
function words(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

test.each(pages)("%s shows what its test runs", async (page) => {
  const text = await readFile(new URL(page, GUIDE), "utf8");
  const blocks = [...text.matchAll(BLOCK)].map((match) => match[1] ?? "");
  if (blocks.length === 0) return;
  const name = page.replace(/md$/, "");
  const files = (await readdir(TESTS)).filter((file) => file.startsWith(name));
  expect(files).toContain(`${name}test.ts`);
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, TESTS), "utf8")));
  const code = texts.map(words).join("\n");
  for (const block of blocks) expect(code).toContain(words(block));
});
