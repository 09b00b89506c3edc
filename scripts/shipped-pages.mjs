// Lays the guide and the pages of the error codes into the package that ships them, and has its README link
// them there; with `--back` the README links the repository's again. Run by npm before and after it packs.
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const IN_REPOSITORY = "](../../docs/";
const IN_PACKAGE = "](docs/";

const pages = fileURLToPath(new URL("../docs", import.meta.url));
const shipped = fileURLToPath(new URL("../packages/browser/docs", import.meta.url));
const readme = fileURLToPath(new URL("../packages/browser/README.md", import.meta.url));

const isBack = process.argv.includes("--back");
rmSync(shipped, { recursive: true, force: true });
if (!isBack) {
  for (const folder of ["errors", "guide"]) {
    cpSync(`${pages}/${folder}`, `${shipped}/${folder}`, { recursive: true });
  }
}
// Each way undoes the other whatever came between, so a pack that was ended early leaves nothing to mend.
const [from, to] = isBack ? [IN_PACKAGE, IN_REPOSITORY] : [IN_REPOSITORY, IN_PACKAGE];
// In one step, for whoever reads it meanwhile.
writeFileSync(`${shipped}-readme`, readFileSync(readme, "utf8").replaceAll(from, to));
renameSync(`${shipped}-readme`, readme);
