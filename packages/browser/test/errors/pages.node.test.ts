/**
 * Every code has its page, of the sections that people look for; every page has a code; the package ships
 * them; and the examples do what they say. A new code is one row of a table and one page here; the index is
 * written by `npx vitest run test/errors --update`.
 */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import * as sdk from "../../src/index.js";
import { COMPILER_MS, typeErrors } from "../snippets.js";

const ROOT = new URL("../../../../", import.meta.url);
const PAGES = new URL("docs/errors/", ROOT);
const SECTIONS = ["Why", "Mend", "Example"];

/** The codes in the tables and types of all packages. */
async function codesInSources(): Promise<string[]> {
  const codes = new Set<string>();
  const packages = new URL("packages/", ROOT);
  for (const file of await readdir(packages, { recursive: true })) {
    if (!/^[\w-]+[\\/]src[\\/](?:.*[\\/])?errors\.ts$/.test(file)) continue;
    const text = await readFile(new URL(file.replaceAll("\\", "/"), packages), "utf8");
    for (const [, code] of text.matchAll(/^ {2}([A-Z][A-Z_]+): \{$/gm)) codes.add(code ?? "");
    for (const [type] of text.matchAll(/^export type \w+ErrorCode =[^;]+;/gm)) {
      for (const [, code] of type.matchAll(/"([A-Z_]+)"/g)) codes.add(code ?? "");
    }
  }
  return [...codes].sort();
}

interface Page {
  readonly code: string;
  readonly text: string;
  readonly summary: string;
  /** Every block of TypeScript. */
  readonly blocks: readonly { readonly code: string; readonly isTsx: boolean }[];
  /** Those that are run. */
  readonly examples: readonly string[];
}

async function readPage(file: string): Promise<Page> {
  const text = await readFile(new URL(file, PAGES), "utf8");
  const code = file.replace(/\.md$/, "");
  const summary = text.split("\n\n")[1] ?? "";
  const blocks = [...text.matchAll(/```(tsx?)\n(.*?)```/gs)].map(([, language, code = ""]) => ({
    code,
    isTsx: language === "tsx",
  }));
  const examples = blocks
    .filter((block) => /^\/\/ (?:Fails|Works)\b/.test(block.code))
    .map((block) => block.code);
  return { code, text, summary, blocks, examples };
}

const files = (await readdir(PAGES)).filter((file) => file.endsWith(".md") && file !== "README.md");
const pages = await Promise.all(files.sort().map(readPage));

test("each code has its page, and each page its code", async () => {
  expect(pages.map(({ code }) => code)).toEqual(await codesInSources());
});

test.each(pages)(
  "$code says what, why, how to mend it, and shows it",
  ({ code, text, summary }) => {
    expect(text.startsWith(`# ${code}\n\n`)).toBe(true);
    expect(summary.length).toBeGreaterThan(30);
    expect(summary).not.toMatch(/^(?:[#|-]|```)/);
    const headings = [...text.matchAll(/^## (.*)$/gm)].map((match) => match[1]);
    expect(headings).toEqual(SECTIONS);
    for (const section of text.split(/^## .*$/m).slice(1)) {
      expect(section.trim().length).toBeGreaterThan(20);
    }
    expect(text.split("## Example")[1]).toContain("```");
  },
);

test("the index lists them all, each with its first sentence", async () => {
  const rows = pages.map(({ code, summary }) => {
    const [sentence = ""] = /^.*?\.(?=\s|$)/s.exec(summary) ?? [];
    return `| [\`${code}\`](${code}.md) | ${sentence.replace(/\s+/g, " ")} |`;
  });
  const index = [
    "# Errors",
    "",
    "Every error of the packages has a stable `code`, and every code a page: what it is, why it is, and what to",
    "do. The message says what was expected and what came. The pages are in the package too, where messages say:",
    "`node_modules/@asupersync/browser/docs/errors/`. Examples that begin with *Fails* or *Works* are run; they",
    "have a `runtime`, and all that the package exports.",
    "",
    "| code | |",
    "| --- | --- |",
    ...rows,
    "",
  ].join("\n");
  await expect(index).toMatchFileSnapshot(new URL("README.md", PAGES).pathname);
});

/** What the examples have around them that are not run: the tasks of a worker, and what they show and load. */
const STAND_INS = `
  declare const runtime: Runtime;
  declare const cx: Cx;
  declare const url: string;
  declare const tasks: { resize(cx: WorkerCx, width: number): Promise<string> };
  declare const start: () => Worker;
  declare const worker: TaskWorker<{ resize(cx: WorkerCx, size: { width: number }): Promise<string> }>;
  declare const element: HTMLElement;
  declare const socket: ReconnectingSocket;
  declare function warn(text: string): void;
  declare function show(message: unknown): void;
  declare function showOffline(): void;
  declare function report(error: unknown): void;
  declare function draw(cx: Cx, width: number): string;
  declare function load(cx: Cx, q: string): Promise<string[]>;
  declare function App(): null;
  declare function List(props: { hits: readonly string[] }): null;
`;

describe("the examples", () => {
  test(
    "have no type error",
    async () => {
      const snippets = pages.flatMap(({ code: name, blocks }) =>
        blocks.map((block) => ({ name, ...block })),
      );
      expect(await typeErrors(snippets, STAND_INS)).toEqual([]);
    },
    COMPILER_MS,
  );

  const all = pages.flatMap(({ code, examples }) =>
    examples.map((example, index) => ({ code, example, index })),
  );
  test.each(all)("of $code do what they say ($index)", async ({ code, example }) => {
    const seen = await codesSeen(example);
    if (example.startsWith("// Fails")) expect(seen).toContain(code);
    else expect(seen).toEqual([]);
  });
});

/** The codes of what is thrown, warned of or reported while `example` runs in a runtime of its own. */
async function codesSeen(example: string): Promise<string[]> {
  const seen: unknown[] = [];
  const runtime = await sdk.createRuntime({
    onFailure: ({ error }) => void seen.push(error),
    onWarning: (warning) => void seen.push(warning),
  });
  const names = { ...sdk, runtime };
  const { outputText } = ts.transpileModule(`async function example() {\n${example}\n}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const run = new Function(...Object.keys(names), `${outputText}\nreturn example();`) as (
    ...values: unknown[]
  ) => Promise<void>;
  await run(...Object.values(names)).catch((error: unknown) => seen.push(error));
  await runtime.close();
  return seen.map((each) =>
    String((each as { readonly code?: unknown } | undefined)?.code ?? each),
  );
}

test("the package ships the pages where its messages say", async () => {
  const { stdout } = await promisify(execFile)(
    "npm",
    ["pack", "--dry-run", "--json", "--silent", "--workspace", "@asupersync/browser"],
    { cwd: ROOT },
  );
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const packed = files.map(({ path }) => path).filter((path) => path.startsWith("docs/errors/"));
  expect(packed.sort()).toEqual(
    ["README.md", ...pages.map(({ code }) => `${code}.md`)]
      .map((file) => `docs/errors/${file}`)
      .sort(),
  );
  const { message } = new sdk.CancelledError({
    kind: "user",
    message: undefined,
    at: 0,
    cause: undefined,
    truncated: false,
  });
  const [, path] = /\(see @asupersync\/browser\/(.*)\)$/.exec(message) ?? [];
  expect(packed).toContain(path);
});
