// Copies the desktop picture of the last run into the documentation, for the README.
import { copyFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { root } from "../scripts/lib/run.mjs";

const from = path.join(root, "e2e", "artifacts", "desktop-light.png");
const to = path.join(root, "docs", "screenshot.png");

await mkdir(path.dirname(to), { recursive: true });
await copyFile(from, to);
