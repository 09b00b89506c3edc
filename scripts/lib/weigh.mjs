// What code weighs as a page downloads it: bundled by rolldown as a production build of Vite does it,
// minified, and compressed with gzip.
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

/** @param {string | Uint8Array} content @returns {number} Bytes after gzip. */
export function compressed(content) {
  return gzipSync(content, { level: 9 }).length;
}

/**
 * Bundles a module, tree-shaken.
 *
 * @param {string} source Its text; files are named by their whole path.
 * @param {(string | RegExp)[]} external What is left out.
 * @returns {Promise<{ readonly bytes: number, readonly exports: string[] }>} Bytes after gzip, and the names that it exports.
 */
export async function weigh(source, external = []) {
  const entry = "entry.js";
  const bundle = await rolldown({
    input: entry,
    external,
    logLevel: "silent",
    resolve: { conditionNames: ["production", "import", "browser", "default"] },
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? source : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true, codeSplitting: false });
  await bundle.close();
  const [{ code, exports }] = output;
  return { bytes: compressed(code), exports };
}

/** @param {number} bytes Of a thousand to the kilobyte, as browsers' tools count. */
export function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} KB`;
}

/** @param {string[][]} table */
export function print(table) {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? "").length)),
  );
  for (const row of table) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  }
}
