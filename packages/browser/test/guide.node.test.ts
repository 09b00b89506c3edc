/**
 * What the guide shows is what runs: each of its blocks of code stands in the test of the same name, or in
 * the folder of that name: `workers/page.ts`.
 */
import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const GUIDE = new URL("../../../docs/guide/", import.meta.url);
const TESTS = new URL("guide/", import.meta.url);
const BLOCK = /```(?:[tj]sx?|[mc]js)\n(.*?)```/gs;

const pages = (await readdir(GUIDE)).filter((file) => file.endsWith(".md"));

/** Without what formatting makes of it: the indentation, and where lines are broken. */
function words(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

test.each(pages)("%s shows what its test runs", async (page) => {
  const text = await readFile(new URL(page, GUIDE), "utf8");
  const blocks = [...text.matchAll(BLOCK)].map((match) => match[1] ?? "");
  if (blocks.length === 0) return;
  const name = page.replace(/\.md$/, "");
  const isOf = (file: string): boolean => file === `${name}.test.ts` || file.startsWith(`${name}/`);
  const files = (await readdir(TESTS, { recursive: true }))
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => isOf(file) && file.endsWith(".ts"));
  expect(files).toContain(`${name}.test.ts`);
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, TESTS), "utf8")));
  const code = texts.map(words).join("\n");
  for (const block of blocks) expect(code).toContain(words(block));
});
