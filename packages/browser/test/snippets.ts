/** Owns the compiler's opinion of the pieces of code that pages and doc comments show. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** One piece of code, as it is shown. */
export interface Snippet {
  /** Where it stands, for the message. */
  readonly name: string;
  readonly code: string;
  /** With elements of JSX. */
  readonly isTsx?: boolean;
}

/** Time for the compiler on a machine that is busy with everything else. */
export const COMPILER_MS = 300_000;

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FOLDER = fileURLToPath(new URL("./", import.meta.url));
const DOORS = ["worker/worker.ts", "worker/worker-client.ts", "index.ts"].map((door) =>
  fileURLToPath(new URL(`../src/${door}`, import.meta.url)),
);
const IMPORTS = /^import .*$/gm;
const OPTIONS: ts.CompilerOptions = {
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  target: ts.ScriptTarget.ES2022,
  jsx: ts.JsxEmit.ReactJSX,
  types: ["node"],
  allowImportingTsExtensions: true,
  paths: {
    "#environment": ["./packages/browser/src/environment.production.ts"],
    "@asupersync/browser": ["./packages/browser/src/index.ts"],
    "@asupersync/browser/*": ["./packages/browser/src/worker/*.ts"],
    "@asupersync/react": ["./packages/react/src/index.ts"],
  },
};

/**
 * What the compiler says of the snippets, in one program over the sources. Each is the inside of a function
 * that has all that the package exports, and `standIns`: declarations of what its surroundings would have.
 *
 * @param beside Modules that they may import, by their names.
 */
export async function typeErrors(
  snippets: readonly Snippet[],
  standIns: string,
  beside: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const exported = await exportedNames();
  const texts = new Map<string, string>();
  for (const [name, text] of Object.entries(beside)) {
    texts.set(`${FOLDER}${name}.ts`, moduleOf({ name, code: "" }, exported, text));
  }
  const shown = snippets.map((snippet, index) => {
    const file = `${FOLDER}snippet-${index}.${snippet.isTsx ? "tsx" : "ts"}`;
    texts.set(file, moduleOf(snippet, exported, standIns));
    return { file, snippet };
  });

  const host = ts.createCompilerHost(OPTIONS);
  const { fileExists, getSourceFile } = host;
  host.getCurrentDirectory = () => ROOT;
  host.fileExists = (file) => texts.has(file) || fileExists(file);
  host.getSourceFile = (file, ...rest) => {
    const text = texts.get(file);
    if (text === undefined) return getSourceFile(file, ...rest);
    return ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  };
  const program = ts.createProgram([...texts.keys()], OPTIONS, host);
  return shown.flatMap(({ file, snippet }) => {
    const source = program.getSourceFile(file);
    const found = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    return found.map(({ code, start = 0, messageText }) => {
      const line = source?.text.slice(start).split("\n", 1)[0]?.trim();
      return `${snippet.name}: TS${code} ${ts.flattenDiagnosticMessageText(messageText, "\n")} at: ${line}`;
    });
  });
}

/** Its own imports stay at the top of the module; the rest is in a function, whose names hide those around. */
function moduleOf(
  { code }: Snippet,
  exported: ReadonlyMap<string, string>,
  standIns: string,
): string {
  const own = code.match(IMPORTS)?.join("\n") ?? "";
  const around = [...exported]
    .filter(([name]) => !new RegExp(`\\b${name}\\b`).test(own))
    .map(([name, door]) => `import { ${name} } from "${door}";\n`);
  const inside = code.replace(IMPORTS, "").replace(/^export /gm, "");
  const kind = /\byield\b/.test(inside) ? "function*" : "async function";
  return `${around.join("")}${own}\n${standIns}\nexport ${kind} example() {\n${inside}\n}\n`;
}

/** All names that the doors export, each with one that has it. */
async function exportedNames(): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const door of DOORS) {
    const text = await readFile(door, "utf8");
    for (const statement of ts.createSourceFile(door, text, ts.ScriptTarget.ES2022).statements) {
      if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined) continue;
      if (!ts.isNamedExports(statement.exportClause)) continue;
      for (const { name } of statement.exportClause.elements) names.set(name.text, door);
    }
  }
  return names;
}
