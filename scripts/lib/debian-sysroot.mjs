// Builds the wasm target's std from Debian's packages, once, into the user's cache folder.
//
// Debian ships a compiler, its std's source with every crate that std needs, and a wasm linker; so
// this way needs no network but Debian's. Only the build of std itself runs with RUSTC_BOOTSTRAP.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { installPackages, searchPackages } from "./debian.mjs";
import { SetupError, tail } from "./progress.mjs";
import { run } from "./run.mjs";

const RUSTC = "/usr/bin/rustc";
const CARGO = "/usr/bin/cargo";
const CLIPPY = "/usr/bin/cargo-clippy";
const STD_SOURCE = "/usr/lib/rustlib/src/rust/library";
const RELEASE_MIN = [1, 95];

/** Part of the sysroot's name: raise it when the way it is built changes. */
const RECIPE = "v1";

/**
 * @param {string} target
 * @param {boolean} mayInstall Whether missing packages may be installed.
 * @param {(note: string) => void} note
 * @returns {Promise<{ done: string, compiler: { rustc: string, clippy: string, flags: string[] } } | { refusal: string }>}
 * @throws {SetupError} When installing or building fails.
 */
export async function debianSysroot(target, mayInstall, note) {
  const missing = await missingPackages();
  if (missing.length > 0 && !mayInstall) {
    return { refusal: `as root: apt-get install ${missing.join(" ")}` };
  }
  if (missing.length > 0) {
    note(`apt-get install ${missing.join(" ")}`);
    await installPackages(missing);
  }
  const version = (await compilerVersion()) ?? "";
  const linker = wasmLinker() ?? "";
  const sysroot = path.join(cacheDir(), `${version}-${RECIPE}`);
  const cached = existsSync(sysroot);
  if (!cached) {
    note(`building std for ${target} with Debian's rustc, about a minute, once`);
    await buildStd(target, linker, sysroot);
  }
  return {
    done: cached ? "cached sysroot of Debian's rustc" : "built with Debian's rustc",
    compiler: {
      rustc: RUSTC,
      clippy: CLIPPY,
      flags: [`--sysroot=${sysroot}`, `-Clinker=${linker}`],
    },
  };
}

async function missingPackages() {
  const missing = [];
  if (!(await compilerVersion())) missing.push("rustc-web");
  if (!existsSync(CARGO)) missing.push("cargo-web");
  if (!existsSync(CLIPPY)) missing.push("rust-web-clippy");
  if (!existsSync(path.join(STD_SOURCE, "Cargo.lock"))) missing.push("rust-web-src");
  if (!wasmLinker()) {
    const linkers = await searchPackages("^lld-[0-9]+$");
    missing.push(newest(linkers) ?? "lld");
  }
  return missing;
}

/** @returns {Promise<string | undefined>} Such as `1.96.0-ab12cd34`; undefined when absent or too old. */
async function compilerVersion() {
  if (!existsSync(RUSTC)) return undefined;
  const { output } = await run(RUSTC, ["-vV"]);
  const release = /^release: ((\d+)\.(\d+)\S*)$/m.exec(output);
  const commit = /^commit-hash: (\w+)$/m.exec(output)?.[1]?.slice(0, 8) ?? "none";
  const [major, minor] = [Number(release?.[2]), Number(release?.[3])];
  const [majorMin = 0, minorMin = 0] = RELEASE_MIN;
  const recent = major > majorMin || (major === majorMin && minor >= minorMin);
  return release && recent ? `${release[1]}-${commit}` : undefined;
}

/** @returns {string | undefined} */
function wasmLinker() {
  const name = newest(readdirSync("/usr/bin").filter((file) => /^wasm-ld-\d+$/.test(file)));
  return name && path.join("/usr/bin", name);
}

/** @param {readonly string[]} names Ending in `-<number>`. */
function newest(names) {
  /** @param {string} name */
  const number = (name) => Number(name.slice(name.lastIndexOf("-") + 1));
  return [...names].sort((a, b) => number(a) - number(b)).at(-1);
}

function cacheDir() {
  const cache = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache");
  return path.join(cache, "asupersync", "wasm-sysroot");
}

/**
 * Builds an empty crate with `-Zbuild-std` and keeps the libraries that this leaves behind.
 *
 * @param {string} target @param {string} linker @param {string} sysroot Where they go.
 */
async function buildStd(target, linker, sysroot) {
  mkdirSync(path.dirname(sysroot), { recursive: true });
  const work = mkdtempSync(`${sysroot}.`);
  try {
    mkdirSync(path.join(work, "src"));
    writeFileSync(path.join(work, "src/lib.rs"), "#![no_std]\n");
    writeFileSync(path.join(work, "Cargo.toml"), MANIFEST);
    // The caller's flags, wrapper and toolchain are for its own compiler, not for this one.
    const cleared = Object.fromEntries(
      [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTUP_TOOLCHAIN",
      ].map((name) => [name, undefined]),
    );
    const { code, output } = await run(
      CARGO,
      [
        ...["build", "--quiet", "--release", "--target", target],
        "-Zbuild-std=std,panic_abort,proc_macro,test",
        ...vendored(),
      ],
      {
        cwd: work,
        env: {
          ...cleared,
          PATH: "/usr/bin:/bin",
          RUSTC,
          RUSTC_BOOTSTRAP: "1",
          CARGO_HOME: path.join(work, "cargo-home"),
          CARGO_TARGET_DIR: path.join(work, "target"),
          CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: `-Cembed-bitcode=yes -Clinker=${linker}`,
        },
      },
    );
    if (code !== 0) {
      throw new SetupError(
        `building std for ${target} failed:\n${tail(output)}`,
        "mend what cargo says above, then run the same command again",
      );
    }
    keepLibraries(path.join(work, "target", target, "release/deps"), target, work, sysroot);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const MANIFEST = `[package]
name = "empty"
version = "0.0.0"
edition = "2024"

[profile.release]
opt-level = 3
codegen-units = 1
panic = "abort"

[workspace]
`;

/** @returns {string[]} Options that take std's dependencies from Debian's source: no registry. */
function vendored() {
  const vendor = path.join(STD_SOURCE, "vendor");
  if (!existsSync(vendor)) return [];
  return [
    "--offline",
    ...["--config", 'source.crates-io.replace-with="debian"'],
    ...["--config", `source.debian.directory=${JSON.stringify(realpathSync(vendor))}`],
  ];
}

/** @param {string} built @param {string} target @param {string} work @param {string} sysroot */
function keepLibraries(built, target, work, sysroot) {
  const made = path.join(work, "sysroot");
  const libraries = path.join(made, "lib/rustlib", target, "lib");
  mkdirSync(libraries, { recursive: true });
  for (const file of readdirSync(built)) {
    if (file.endsWith(".rlib") && !file.startsWith("libempty-")) {
      copyFileSync(path.join(built, file), path.join(libraries, file));
    }
  }
  try {
    // The rename is what makes it complete: a sysroot that exists can be used.
    renameSync(made, sysroot);
  } catch (error) {
    if (!existsSync(sysroot)) throw error; // another set-up, at the same time, was first
  }
}
