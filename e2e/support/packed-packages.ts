/** The packages as a user gets them: packed, and installed into a folder far from this workspace. */
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { packInto } from "../../scripts/lib/packed.mjs";
import { npm, root } from "../../scripts/lib/run.mjs";

/** What the packages expect beside them; taken from here, so that no registry is asked. */
const PEERS = ["react", "react-dom", "scheduler"];

/** A folder with the installed packages; leaving `await using` removes it. */
export interface PackedApp extends AsyncDisposable {
  readonly folder: string;
}

/**
 * Copies `fixture` into a fresh folder and installs the packed packages there.
 *
 * @param parent Where the folder is made. Default: far from this workspace.
 */
export async function installPacked(
  fixture: string,
  { parent = tmpdir() }: { readonly parent?: string } = {},
): Promise<PackedApp> {
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, "asupersync-packed-"));
  await cp(fixture, folder, { recursive: true });
  await writeFile(
    path.join(folder, "package.json"),
    JSON.stringify({ name: "packed-app", private: true, type: "module" }),
  );

  const files = await packOnce();
  // Peers come from this workspace: with `--offline` the test cannot leave the machine.
  await demand(["install", "--offline", "--legacy-peer-deps", "--no-audit", ...files], folder);
  for (const peer of PEERS) {
    await symlink(
      path.join(root, "node_modules", peer),
      path.join(folder, "node_modules", peer),
      "junction",
    );
  }
  return {
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

let packed: Promise<string[]> | undefined;

/** The tarballs, packed by the first test of this process that asks. */
function packOnce(): Promise<string[]> {
  packed ??= packInto(path.join(root, "target", "packed-e2e"));
  return packed;
}

async function demand(args: readonly string[], cwd: string): Promise<void> {
  const { code, output } = await npm(args, { cwd });
  if (code !== 0) throw new Error(`npm ${args[0]} ended with code ${code}:\n${output}`);
}
