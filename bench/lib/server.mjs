/**
 * A loopback server for the page of one run: gives it the bundles of the benchmark, and the kernel's
 * wasm wherever a bundle asks for it, and takes what it posts.
 */

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { basename, extname, join, normalize } from "node:path";
import { json } from "node:stream/consumers";
import { inspect } from "node:util";
import { bundlesFolder } from "./bundles.mjs";
import { repositoryRoot } from "./repository.mjs";

const CONTENT_TYPES = {
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

const WASM_FOLDER = join(repositoryRoot, "packages", "browser-core", "wasm");

// Isolated pages get a clock of 5 µs instead of 100 µs.
const ISOLATION_HEADERS = {
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>bench</title>
<link rel="icon" href="data:,">
<script type="module" src="/bundles/page/page.mjs"></script>
`;

/**
 * @param {(pathname: string, body: unknown) => unknown} onPost Gives what the page is answered, as JSON.
 * @returns {Promise<{ origin: string, close(): Promise<void> }>}
 */
export async function openServer(onPost) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    if (request.method === "POST") return answerPost(request, response, pathname, onPost);
    if (pathname === "/") return send(response, 200, "text/html; charset=utf-8", PAGE);
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

async function answerPost(request, response, pathname, onPost) {
  try {
    const answer = (await onPost(pathname, await json(request))) ?? null;
    send(response, 200, "application/json", JSON.stringify(answer));
  } catch (error) {
    send(response, 500, "text/plain", inspect(error));
  }
}

function send(response, status, contentType, body) {
  response.writeHead(status, { ...ISOLATION_HEADERS, "content-type": contentType }).end(body);
}

/** The file for a path, or `undefined`. Wherever a bundle looks for wasm, it is the kernel's. */
function servedPath(pathname) {
  const path = normalize(decodeURIComponent(pathname)).replaceAll("\\", "/");
  if (extname(path) === ".wasm") return join(WASM_FOLDER, basename(path));
  if (!path.startsWith("/bundles/") || extname(path) !== ".mjs") return undefined;
  return join(bundlesFolder, path.slice("/bundles/".length));
}
