//! `cargo xtask miri`: runs under Miri the unit tests of core, and with `--all` what else it can
//! run of core and of the native host.
//!
//! Miri interprets each step, some hundred times slower than a debug build: the unit tests take
//! about a minute of processor time, all the others much of an hour. What is left out below would
//! take it hours and shows it nothing that a smaller test of the same code does not: the random
//! worlds by their number, trees and tables by their size. Properties draw fewer cases.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use crate::process;

/// Test files of core that are left out, with what makes them long.
const TOO_LONG: &[(&str, &str)] = &[
    ("deep_trees", "trees of 100,000 levels"),
    ("exec_random", "1,200 random programs"),
    ("limits", "tables filled to their maxima"),
    ("mutants", "the other files once more, as one"),
];

/// Single tests that are left out of files that are not, by the same reasons.
const TOO_LONG_TESTS: &[&str] = &[
    "a_chain_of_transfers_and_many_obligations_of_one_task_cost_no_stack",
    "a_hundred_thousand_forged_numbers_change_nothing",
    "dead_timers_are_compacted_away",
    "due_timers_and_ready_work_share_what_the_cancel_lane_leaves",
    "every_cleanup_dispatch_of_a_body_is_charged_whatever_lane_it_comes_by",
    "finalizers_are_charged_polls_and_not_cost",
    "finalizers_are_counted_to_their_maximum",
    "places_of_tasks_that_moved_on_do_not_pile_up",
    "seeded_ties_reach_every_order_of_equals_and_the_seed_decides",
    "the_streak_bound_holds_whatever_else_is_runnable",
    "what_is_opened_for_a_clean_up_has_no_quotas_and_no_deadline",
    "work_outside_the_cancel_lane_is_dispatched_within_the_streak_bound",
];

/// Proptest and the native host ask the system for entropy, the working folder and the clock,
/// which Miri does not hand out unless told to.
const FLAGS: &str = "-Zmiri-disable-isolation -Zmiri-strict-provenance";

/// Cases of a property: each is interpreted step by step.
const CASES: &str = "4";

/// Which tests are run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tests {
    /// The unit tests of core.
    Units,
    /// What Miri can run of core and of the native host.
    All,
}

/// Installs what is missing by rustup, then runs the tests.
///
/// # Errors
/// When Miri cannot be had, or finds something.
pub(crate) fn run(root: &Path, tests: Tests) -> Result<()> {
    ensure_miri()?;
    let mut core = miri(root, "asupersync-core");
    core.args(["--no-fail-fast", "--lib"]);
    if tests == Tests::Units {
        return process::run(&mut core);
    }
    for test in test_files(root)? {
        core.args(["--test", &test]);
    }
    // The one that is a folder.
    core.args(["--test", "sync"]);
    core.arg("--");
    for test in TOO_LONG_TESTS {
        core.args(["--skip", test]);
    }
    process::run(&mut core)?;
    process::run(miri(root, "asupersync-native").args(["--lib", "--tests"]))
}

fn miri(root: &Path, package: &str) -> Command {
    let mut command = Command::new("cargo");
    command
        .current_dir(root)
        .args(["+nightly", "miri", "test", "--package", package])
        // Of its own, so that nothing else is built again afterwards.
        .args(["--target-dir", "target/miri"])
        .env("MIRIFLAGS", FLAGS)
        .env("PROPTEST_CASES", CASES);
    command
}

fn ensure_miri() -> Result<()> {
    if is_installed() {
        return Ok(());
    }
    let installed = Command::new("rustup")
        .args(["toolchain", "install", "nightly", "--profile", "minimal"])
        .args(["--component", "miri", "--component", "rust-src"])
        .status();
    ensure!(
        installed.is_ok_and(|status| status.success()) && is_installed(),
        "Miri is a component of Rust's nightly toolchain, which rustup could not install here; \
         run `rustup toolchain install nightly --component miri` where it can"
    );
    Ok(())
}

fn is_installed() -> bool {
    Command::new("cargo")
        .args(["+nightly", "miri", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The test files of core that are not left out.
fn test_files(root: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root.join("rust/asupersync-core/tests"))? {
        let path = entry?.path();
        let is_test = path.extension().is_some_and(|extension| extension == "rs");
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        if let (true, Some(name)) = (is_test, stem)
            && !TOO_LONG.iter().any(|(long, _)| *long == name)
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}
