//! `cargo xtask planted`: makes the planted bugs of the simulator one at a time in a copy of the
//! sources, and expects that the simulator finds each of them.

use std::fs;
use std::io::{Read, Write, stdout};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

const LIST: &str = "rust/asupersync-simulator/planted.toml";
const TABLE: &str = "rust/asupersync-simulator/planted.md";
const SOURCES: &str = "rust/asupersync-core/src";

/// What the simulator is built from: cargo reads every member of the workspace first.
const COPIED: &[&str] = &["Cargo.toml", "Cargo.lock", "rust", "apps/rust-demo"];

/// Schedules within which a bug must be found.
const SCHEDULES: u32 = 10_000;

/// A kernel that does not come back has been found out too.
const PATIENCE: Duration = Duration::from_mins(10);

struct Bug {
    name: String,
    file: String,
    law: String,
    old: String,
    new: String,
}

/// Who found a bug, and in which schedule.
struct Found {
    finder: String,
    schedule: u64,
}

/// Checks that every bug can still be planted: its text stands exactly once in its file.
pub(crate) fn check(root: &Path) -> Result<()> {
    let bugs = read(root)?;
    for bug in &bugs {
        plant(bug, &source(root, bug)?)?;
    }
    println!("{} bugs can be planted", bugs.len());
    Ok(())
}

/// Plants every bug, or the one called `only`, and fails unless each is found. A full run writes
/// the table of what it saw.
pub(crate) fn run(root: &Path, only: Option<&str>) -> Result<()> {
    let mut bugs = read(root)?;
    if let Some(name) = only {
        bugs.retain(|bug| bug.name.contains(name));
        ensure!(!bugs.is_empty(), "no planted bug has {name:?} in its name");
    }
    let copy = root.join("target/planted");
    fs::create_dir_all(copy.join("apps"))?;
    for part in COPIED {
        sync(&root.join(part), &copy.join(part)).with_context(|| format!("copying {part}"))?;
    }
    build(&copy)?.context("the simulator does not build without a bug")?;
    let mut rows = Vec::new();
    let mut missed = Vec::new();
    for bug in &bugs {
        print!("{}: ", bug.name);
        stdout().flush()?;
        let found = try_bug(&copy, bug).with_context(|| bug.name.clone())?;
        match &found {
            Some(found) => println!("{} in schedule {}", found.finder, found.schedule),
            None => {
                println!("NOT FOUND");
                missed.push(bug.name.as_str());
            }
        }
        rows.push((bug, found));
    }
    ensure!(
        missed.is_empty(),
        "not found within {SCHEDULES} schedules: {missed:?}"
    );
    if only.is_none() {
        let table = fs::write(root.join(TABLE), table(&rows));
        table.with_context(|| format!("writing {TABLE}"))?;
        println!("all {} were found: {TABLE}", rows.len());
    }
    Ok(())
}

fn read(root: &Path) -> Result<Vec<Bug>> {
    let text = fs::read_to_string(root.join(LIST)).with_context(|| format!("reading {LIST}"))?;
    let list: toml::Table = text.parse().with_context(|| format!("parsing {LIST}"))?;
    let bugs = list.get("bug").and_then(toml::Value::as_array);
    let bugs = bugs.with_context(|| format!("{LIST} has no list `bug`"))?;
    bugs.iter().map(bug).collect()
}

fn bug(entry: &toml::Value) -> Result<Bug> {
    let text = |key: &str| -> Result<String> {
        let value = entry.get(key).and_then(toml::Value::as_str);
        Ok(value
            .with_context(|| format!("{LIST}: {entry:?} has no text `{key}`"))?
            .to_owned())
    };
    Ok(Bug {
        name: text("name")?,
        file: text("file")?,
        law: text("law")?,
        old: text("old")?,
        new: text("new")?,
    })
}

fn place(root: &Path, bug: &Bug) -> PathBuf {
    root.join(SOURCES).join(&bug.file)
}

fn source(root: &Path, bug: &Bug) -> Result<String> {
    let place = place(root, bug);
    fs::read_to_string(&place).with_context(|| format!("reading {}", place.display()))
}

/// The source with the bug in it.
fn plant(bug: &Bug, source: &str) -> Result<String> {
    let count = source.matches(&bug.old).count();
    ensure!(
        count == 1,
        "planted bug {:?}: its old text stands {count} times in {SOURCES}/{}, not once; say in \
         {LIST} how the bug is planted now",
        bug.name,
        bug.file
    );
    Ok(source.replace(&bug.old, &bug.new))
}

/// Plants the bug in the copy, runs the simulator, and takes the bug out again.
fn try_bug(copy: &Path, bug: &Bug) -> Result<Option<Found>> {
    let sound = source(copy, bug)?;
    fs::write(place(copy, bug), plant(bug, &sound)?)?;
    let found = match build(copy)? {
        Some(program) => simulate(&program),
        None => bail!("with the bug the kernel does not build; see above"),
    };
    fs::write(place(copy, bug), sound)?;
    found
}

/// Builds the simulator of the copy; nothing if it does not compile.
fn build(copy: &Path) -> Result<Option<PathBuf>> {
    let target = copy.join("target");
    // Most bugs are found in the first few schedules: what takes time is to build the kernel.
    let plain = "profile.dev.package.asupersync-core.opt-level=0";
    let arguments = [
        "build",
        "--config",
        plain,
        "--quiet",
        "-p",
        "asupersync-native",
        "--bin",
        "simulate",
    ];
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(copy)
        .args(arguments)
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env("CARGO_TARGET_DIR", &target);
    let output = cargo.output().context("cannot start cargo")?;
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        return Ok(None);
    }
    let program = format!("debug/simulate{}", std::env::consts::EXE_SUFFIX);
    Ok(Some(target.join(program)))
}

fn simulate(program: &Path) -> Result<Option<Found>> {
    let mut child = Command::new(program)
        .args(["--seeds", &SCHEDULES.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start the simulator")?;
    let mut errors = child.stderr.take().context("it has an error stream")?;
    let (said, saying) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        // What came before an error is what there is to judge.
        let _ = errors.read_to_end(&mut text);
        let _ = said.send(String::from_utf8_lossy(&text).into_owned());
    });
    let Ok(text) = saying.recv_timeout(PATIENCE) else {
        child.kill()?;
        child.wait()?;
        let finder = "no answer".to_owned();
        return Ok(Some(Found {
            finder,
            schedule: 0,
        }));
    };
    // It has sent its last word.
    let _ = reader.join();
    if child.wait()?.success() {
        return Ok(None);
    }
    let after = |mark: &str| text.rsplit_once(mark).map(|(_, rest)| rest);
    let finder = after("found by: ").and_then(|rest| rest.lines().next());
    let seed = after("--seed ").and_then(|rest| rest.split_whitespace().next());
    let (Some(finder), Some(seed)) = (finder, seed) else {
        bail!("the simulator failed without a finding:\n{text}");
    };
    Ok(Some(Found {
        finder: finder.to_owned(),
        schedule: seed.parse().context("a seed is a number")?,
    }))
}

/// Makes `to` equal to `from`, and leaves alone what is equal already, so that cargo builds only
/// what has changed.
fn sync(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        let wanted = fs::read(from)?;
        if fs::read(to).ok().as_ref() != Some(&wanted) {
            fs::write(to, wanted)?;
        }
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if !from.join(entry.file_name()).exists() {
            if entry.path().is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
    }
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        sync(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

fn table(rows: &[(&Bug, Option<Found>)]) -> String {
    let mut table = format!(
        "# Planted bugs, and who finds them\n\n\
         Written by `cargo xtask planted`, which plants the bugs of planted.toml one at a time and\n\
         runs up to {SCHEDULES} schedules against each. The schedule is the first that fails, counted\n\
         from 1; the finder is the one that spoke first in it: the oracles, then the model, then the\n\
         invariants.\n\n\
         | bug | law that it breaks | found by | in schedule |\n\
         | --- | --- | --- | --: |\n"
    );
    for (bug, found) in rows {
        if let Some(Found { finder, schedule }) = found {
            table += &format!("| {} | {} | {finder} | {schedule} |\n", bug.name, bug.law);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::{Bug, plant};

    fn bug() -> Bug {
        Bug {
            name: "one".to_owned(),
            file: "a.rs".to_owned(),
            law: "a law".to_owned(),
            old: "a < b".to_owned(),
            new: "a <= b".to_owned(),
        }
    }

    #[test]
    fn a_bug_is_planted_where_its_text_stands_once() {
        let planted = plant(&bug(), "if a < b { }").expect("it stands once");
        assert_eq!(planted, "if a <= b { }");
    }

    #[test]
    fn a_text_that_is_gone_or_ambiguous_is_an_error_that_names_the_bug() {
        for source in ["if b > a { }", "a < b && a < b"] {
            let error = plant(&bug(), source).expect_err("it does not stand once");
            assert!(error.to_string().contains("one"), "{error}");
        }
    }
}
