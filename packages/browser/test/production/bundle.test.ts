/** A production bundle holds nothing of what development builds have, whoever makes it without a setting. */
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";

/** A bundle of the sources as an app gets it, for one kind of build. */
async function bundleOf(environment: "development" | "production"): Promise<string> {
  const source = (file: string): string =>
    fileURLToPath(new URL(`../../src/${file}`, import.meta.url));
  const bundle = await rolldown({
    input: source("index.ts"),
    external: [/^@asupersync\//],
    platform: "browser",
    resolve: { alias: { "#environment": source(`environment.${environment}.ts`) } },
  });
  const { output } = await bundle.generate({ format: "es", minify: true });
  await bundle.close();
  return output[0].code;
}

/** One mark of each: missing awaits, collected ones, asynchronous stacks, who runs, texts of errors. */
const MARKS = [
  "which nobody awaited",
  "FinalizationRegistry",
  "createTask",
  "which belongs to it",
  "console.warn",
  "room for one more",
];

test("what only a development build has is in that, and not in the other", async () => {
  const [development, production] = await Promise.all([
    bundleOf("development"),
    bundleOf("production"),
  ]);
  expect(MARKS.filter((mark) => !development.includes(mark))).toEqual([]);
  expect(MARKS.filter((mark) => production.includes(mark))).toEqual([]);
});
