//! `cargo xtask parity`: the golden files of the parity corpus, written from the native kernel or
//! held against it at several optimisation levels and in several processes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::process;

const GOLDEN: &str = "parity/golden";

/// Processes that run the corpus at each optimisation level. Each has hash seeds and addresses of
/// its own.
const PROCESSES: u32 = 2;

/// The profile of development optimises the kernel a little. Here it is compiled as written.
const AS_WRITTEN: &[&str] = &["--config=profile.dev.package.asupersync-core.opt-level=0"];

/// Cargo's profiles by what sets them apart here.
const PROFILES: [(&str, &[&str]); 2] =
    [("opt-level 0", AS_WRITTEN), ("opt-level 3", &["--release"])];

/// Golden files by the name of their scenario.
type Files = BTreeMap<String, String>;

/// What one process gave.
struct Output {
    pointer_bits: u64,
    hash_probe: u64,
    files: Files,
}

/// Writes the golden files and prints what is different now.
pub(crate) fn write(root: &Path) -> Result<()> {
    let (before, now) = (read(root)?, run(root, PROFILES[0].1)?.files);
    if before == now {
        println!("{} golden files are as they were", now.len());
        return Ok(());
    }
    show_difference(root, &before, &now)?;
    put(&root.join(GOLDEN), &now)?;
    println!(
        "{} golden files written: read the difference above",
        now.len()
    );
    Ok(())
}

/// Fails when a golden file is stale, at any optimisation level and in any process.
pub(crate) fn check(root: &Path) -> Result<()> {
    let golden = read(root)?;
    let mut probes = BTreeSet::new();
    for (level, flags) in PROFILES {
        for _ in 0..PROCESSES {
            let Output {
                pointer_bits,
                hash_probe,
                files,
            } = run(root, flags)?;
            if files != golden {
                show_difference(root, &golden, &files)?;
                bail!(
                    "the golden files are stale, or {level} is another run: `cargo xtask parity` writes them"
                );
            }
            ensure!(
                probes.insert(hash_probe),
                "two processes had the same hash seed"
            );
            let scenarios = files.len();
            println!(
                "{level}, {pointer_bits} bits, hash seed {hash_probe:016x}: {scenarios} scenarios as golden"
            );
        }
    }
    Ok(())
}

/// Runs the corpus in a process of its own.
fn run(root: &Path, flags: &[&str]) -> Result<Output> {
    let mut command = Command::new("cargo");
    command
        .current_dir(root)
        .args([
            "run",
            "--quiet",
            "--locked",
            "--package",
            "asupersync-wasm-core",
        ])
        .args(["--example", "parity"])
        .args(flags);
    let text = process::read(&mut command).context("running the corpus")?;
    let output: Value = serde_json::from_str(&text).context("reading what the corpus gave")?;
    let number = |name: &str| {
        output[name]
            .as_u64()
            .with_context(|| format!("no number {name}"))
    };
    Ok(Output {
        pointer_bits: number("pointer_bits")?,
        hash_probe: number("hash_probe")?,
        files: serde_json::from_value(output["files"].clone())?,
    })
}

fn read(root: &Path) -> Result<Files> {
    let mut files = Files::new();
    for entry in fs::read_dir(root.join(GOLDEN))? {
        let file = entry?.path();
        let name = file.file_stem().and_then(|stem| stem.to_str());
        let name = name.context("golden files have plain names")?.to_owned();
        files.insert(name, fs::read_to_string(&file)?);
    }
    Ok(files)
}

/// Makes `folder` hold `files` and nothing else.
fn put(folder: &Path, files: &Files) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    for (name, text) in files {
        fs::write(folder.join(format!("{name}.json")), text)?;
    }
    Ok(())
}

/// Prints the difference, as git shows one.
fn show_difference(root: &Path, before: &Files, now: &Files) -> Result<()> {
    let place = |name: &str| -> PathBuf { root.join("target/parity").join(name) };
    put(&place("before"), before)?;
    put(&place("now"), now)?;
    let mut git = Command::new("git");
    git.current_dir(root.join("target/parity")).args([
        "--no-pager",
        "diff",
        "--no-index",
        "--stat",
        "--patch",
        "before",
        "now",
    ]);
    // It ends with 1 where there is a difference.
    git.status()
        .context("cannot start `git`; is it installed and on PATH?")?;
    Ok(())
}
