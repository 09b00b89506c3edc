// The README's example, run as it stands there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { createRuntime } from "@asupersync/browser";
import ts from "typescript";
import { root } from "./lib/run.mjs";

const README = path.join(root, "README.md");

test("the README's example does what its comments say", async () => {
  const { outcome, log, report } = await run(example());
  assert.deepEqual(outcome, { kind: "ok", value: "NEAR" });
  assert.deepEqual(log, ["near let go", "far let go", "near won", "NEAR"]);
  assert.equal(report.outcome, "clean");
});

test("the README's example has about twenty lines and no type error", () => {
  const code = example();
  const lines = code.split("\n").filter((line) => line.trim() !== "");
  assert.ok(lines.length <= 20, `${lines.length} lines`);
  assert.equal(typeErrors("packages/browser/readme-example.ts", code), "");
});

test("the README's hook has no type error in a component that searches", () => {
  const code = `
    import { useAsupersyncTask } from "@asupersync/react";
    interface Hit { readonly name: string }
    export function Hits({ q }: { readonly q: string }) {
      ${block("tsx")}
      const found: readonly Hit[] | undefined = hits.value;
      return found?.map(({ name }) => name).join();
    }`;
  assert.equal(typeErrors("packages/react/readme-example.tsx", code), "");
});

/**
 * What the compiler says of `code` as if it stood in the file `name`.
 *
 * @param {string} name
 * @param {string} code
 */
function typeErrors(name, code) {
  const file = path.join(root, name);
  const options = {
    ...{ noEmit: true, strict: true, skipLibCheck: true, types: [], jsx: ts.JsxEmit.ReactJSX },
    ...{
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.esnext.disposable.d.ts"],
    },
  };
  const host = ts.createCompilerHost(options);
  const read = host.readFile;
  host.readFile = (name) => (name === file ? code : read(name));
  const exists = host.fileExists;
  host.fileExists = (name) => name === file || exists(name);
  const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([file], options, host));
  return ts.formatDiagnostics(diagnostics, formatHost);
}

const formatHost = {
  getCanonicalFileName: (/** @type {string} */ name) => name,
  getCurrentDirectory: () => root,
  getNewLine: () => "\n",
};

function example() {
  return block("ts");
}

/** The README's first block in `language`. */
function block(/** @type {string} */ language) {
  const fenced = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``);
  const [, code] = fenced.exec(readFileSync(README, "utf8")) ?? [];
  assert.ok(code, `the README has an example in ${language}`);
  return code;
}

/** @param {string} code */
async function run(code) {
  const body = code.replace(/^import .*$/m, "");
  const { outputText } = ts.transpileModule(body, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const AsyncFunction = /** @type {any} */ (async () => {}).constructor;
  const main = new AsyncFunction(
    "createRuntime",
    `${outputText}\nreturn { outcome, log, report };`,
  );
  return main(createRuntime);
}
