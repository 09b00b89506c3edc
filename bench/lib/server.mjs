/**
 * A loopback server that gives a page the benchmark's modules and the packages as they were built.
 * Nothing is bundled: an import map names the files that the packages' own `exports` name, so what
 * is measured is what is published.
 */

import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { repositoryRoot } from "./repository.mjs";

const CONTENT_TYPES = {
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

const SERVED_FOLDERS = ["bench", "packages"];

// Isolated pages get a clock of 5 µs instead of 100 µs.
const ISOLATION_HEADERS = {
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** @returns {Promise<{ origin: string, close(): Promise<void> }>} */
export async function openServer() {
  const page = benchPage();
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname === "/") return send(response, 200, "text/html; charset=utf-8", page);
    const path = servedPath(pathname);
    try {
      if (path === undefined) throw new Error("not served");
      send(response, 200, CONTENT_TYPES[extname(path)], await readFile(path));
    } catch {
      send(response, 404, "text/plain", `no such file: ${pathname}`);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function send(response, status, contentType, body) {
  response.writeHead(status, { ...ISOLATION_HEADERS, "content-type": contentType }).end(body);
}

/** The file for a path of a served folder with a known type, or `undefined`. */
function servedPath(pathname) {
  const path = normalize(decodeURIComponent(pathname)).replaceAll("\\", "/").slice(1);
  const [folder] = path.split("/");
  if (!SERVED_FOLDERS.includes(folder) || CONTENT_TYPES[extname(path)] === undefined) return;
  return join(repositoryRoot, path);
}

function benchPage() {
  const importMap = JSON.stringify({ imports: packageImports() });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>bench</title>
<link rel="icon" href="data:,">
<script type="importmap">${importMap}</script>
`;
}

/** Every entry of every package under `packages/`, as an import map's table. */
function packageImports() {
  const packagesPath = join(repositoryRoot, "packages");
  /** @type {Record<string, string>} */
  const imports = {};
  if (!existsSync(packagesPath)) return imports;
  for (const folder of readdirSync(packagesPath)) {
    const manifestPath = join(packagesPath, folder, "package.json");
    if (!existsSync(manifestPath)) continue;
    const { name, exports = {} } = JSON.parse(readFileSync(manifestPath, "utf8"));
    for (const [entry, conditions] of Object.entries(exports)) {
      const target = browserTarget(conditions);
      if (target === undefined) continue;
      imports[name + entry.slice(1)] = `/packages/${folder}/${target.slice(2)}`;
    }
  }
  return imports;
}

/** What a browser would take of an `exports` entry. */
function browserTarget(conditions) {
  if (typeof conditions === "string") return conditions;
  for (const [condition, target] of Object.entries(conditions ?? {})) {
    if (["browser", "import", "default"].includes(condition)) return browserTarget(target);
  }
}
