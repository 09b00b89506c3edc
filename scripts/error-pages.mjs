// Copies the pages of the error codes into the package that ships them, where its messages say they are.
// Run by npm before the package is packed.
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const pages = fileURLToPath(new URL("../docs/errors", import.meta.url));
const packed = fileURLToPath(new URL("../packages/browser/docs", import.meta.url));

rmSync(packed, { recursive: true, force: true });
cpSync(pages, `${packed}/errors`, { recursive: true });
