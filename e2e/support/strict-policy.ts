/** The strictest Content-Security-Policy that a page with the kit can have. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { PackedApp } from "./packed-packages.js";

/** What the README asks for, and nothing beside it but the page's own icon. */
export const STRICT_POLICY_HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src data:",
};

/** Has `vite preview` answer with that policy, which holds for a worker's file as for the page. */
export function previewUnderStrictPolicy({ folder }: PackedApp): Promise<void> {
  const config = { preview: { headers: STRICT_POLICY_HEADERS } };
  return writeFile(
    path.join(folder, "vite.config.mjs"),
    `export default ${JSON.stringify(config)};`,
  );
}
