// Owns what users find once the packages are installed: the licence, links that lead somewhere, types that
// need no more than the README says.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { PUBLISHED } from "./packed.mjs";
import { npm, root } from "./run.mjs";

const LICENCES = ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT"];

/**
 * Installs the tarballs into `folder`, which is emptied first. Peers are those of the folders above.
 *
 * @param {string} folder
 * @param {readonly string[]} tarballs
 */
export async function installInto(folder, tarballs) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, "package.json"),
    JSON.stringify({ name: "installed", private: true, type: "module" }),
  );
  const options = ["--offline", "--legacy-peer-deps", "--no-audit"];
  const { code, output } = await npm(["install", ...options, ...tarballs], { cwd: folder });
  if (code !== 0) throw new Error(`npm install ended with code ${code}:\n${output}`);
}

/**
 * What is wrong with the packages in `folder`, a line each.
 *
 * @param {string} folder
 * @returns {string[]}
 */
export function faultsOfInstalled(folder) {
  const packages = PUBLISHED.map((name) => {
    const place = path.resolve(folder, "node_modules", "@asupersync", name);
    return { place, manifest: JSON.parse(readFileSync(path.join(place, "package.json"), "utf8")) };
  });
  return [
    ...packages.flatMap(({ place }) => licenceFaults(place)),
    ...packages.flatMap(({ place, manifest }) => linkFaults(place, manifest.dependencies)),
    ...typeFaults(
      folder,
      packages.flatMap(({ manifest }) => doors(manifest)),
    ),
  ];
}

/** A package has the licences of the repository. @param {string} place @returns {string[]} */
function licenceFaults(place) {
  const faults = [];
  for (const file of LICENCES) {
    const shipped = path.join(place, file);
    if (!existsSync(shipped)) faults.push(`${shipped}: is missing`);
    else if (!readFileSync(shipped).equals(readFileSync(path.join(root, file)))) {
      faults.push(`${shipped}: is not the ${file} of the repository`);
    }
  }
  return faults;
}

/**
 * A link in a page leads to a file of the package, or of one that is installed with it.
 *
 * @param {string} place
 * @param {Record<string, string>} [dependencies]
 */
function linkFaults(place, dependencies = {}) {
  const packages = [place, ...Object.keys(dependencies).map((name) => sibling(place, name))];
  const pages = readdirSync(place, { recursive: true, encoding: "utf8" });
  const faults = [];
  for (const page of pages.filter((file) => file.endsWith(".md"))) {
    const file = path.join(place, page);
    for (const [, target = ""] of readFileSync(file, "utf8").matchAll(
      /\]\(([^)#:]+)(?:#[^)]*)?\)/g,
    )) {
      const led = path.resolve(path.dirname(file), target);
      const isShipped = packages.some((each) => led.startsWith(`${each}${path.sep}`));
      if (!isShipped || !existsSync(led))
        faults.push(`${file}: the link ${target} leads to nothing`);
    }
  }
  return faults;
}

/** @param {string} place @param {string} name */
function sibling(place, name) {
  return path.resolve(place, "../..", name);
}

/**
 * What may be imported of a package, but for assets.
 *
 * @param {{ name: string, exports: Record<string, unknown> }} manifest
 */
function doors({ name, exports }) {
  const typed = Object.entries(exports).filter(([, to]) => typeof to === "object");
  return typed.map(([door]) => path.posix.join(name, door));
}

/**
 * All doors compile in a project with the libraries that the README names, which looks into declarations.
 *
 * @param {string} folder
 * @param {readonly string[]} imported
 */
function typeFaults(folder, imported) {
  const file = path.join(folder, "doors.ts");
  writeFileSync(file, imported.map((door) => `import "${door}";\n`).join(""));
  const program = ts.createProgram([file], {
    ...{ noEmit: true, strict: true, skipLibCheck: false, types: [] },
    ...{ module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022 },
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
  });
  return ts.getPreEmitDiagnostics(program).map(({ file: at, start = 0, messageText }) => {
    const line = at ? at.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${at?.fileName}:${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}
