//! `cargo xtask tidy`: the repository's own rules, for what no other linter knows.

mod links;
mod rooms;
mod sources;

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// One breach of a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// The file, from the root, with a line where that helps: `rust/a/src/b.rs:7`.
    place: String,
    /// What is wrong and what is wanted.
    message: String,
}

impl Finding {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Finding {
        Finding {
            place: place.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.message)
    }
}

/// Prints every breach and fails if there is one.
pub(crate) fn check(root: &Path) -> Result<()> {
    let files = project_files(root)?;
    let mut findings = rooms::check_crates(&cargo_metadata(root)?)?;
    findings.extend(rooms::check_kernel_tree(&kernel_tree(root)?));
    for file in &files {
        findings.extend(sources::check_place(file));
        let bytes = fs::read(root.join(file)).with_context(|| format!("reading {file}"))?;
        findings.extend(sources::check_size(file, bytes.len()));
        let Ok(text) = String::from_utf8(bytes) else {
            continue; // an image or the like: its place and size are all there is to check
        };
        findings.extend(sources::check_text(file, &text));
        if file.ends_with(".md") {
            findings.extend(links::check(file, &text, &files));
        }
        if file.ends_with("package.json") {
            findings.extend(rooms::check_package(file, &text)?);
        }
    }
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!("{} files keep the rules", files.len());
        return Ok(());
    }
    bail!("{} breaches of the rules above", findings.len());
}

/// Every file that git tracks or would track, from the root, with `/` on every system.
fn project_files(root: &Path) -> Result<Vec<String>> {
    let list = process::read(Command::new("git").current_dir(root).args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "-z",
    ]))?;
    let files = list.split('\0').filter(|file| !file.is_empty());
    // A file that was deleted but not yet committed is still in git's list.
    Ok(files
        .filter(|file| root.join(file).is_file())
        .map(str::to_owned)
        .collect())
}

fn cargo_metadata(root: &Path) -> Result<String> {
    process::read(Command::new("cargo").current_dir(root).args([
        "metadata",
        "--no-deps",
        "--format-version=1",
    ]))
}

/// Everything that the kernel's crate is built of, on any target and with every feature.
fn kernel_tree(root: &Path) -> Result<String> {
    process::read(Command::new("cargo").current_dir(root).args([
        "tree",
        "--package=asupersync-core",
        "--edges=normal",
        "--target=all",
        "--all-features",
        "--prefix=none",
    ]))
}
