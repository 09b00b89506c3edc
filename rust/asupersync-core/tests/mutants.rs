//! Owns what kills mutants: the fast behaviour tests as one binary, so that `cargo mutants` links
//! once a mutant. It runs only when it is named; every other run has the files by themselves.

#![allow(
    clippy::duplicate_mod,
    reason = "every behaviour file brings the driver, as it does by itself"
)]

#[path = "budgets.rs"]
mod budgets;
#[path = "cancel.rs"]
mod cancel;
#[path = "channels.rs"]
mod channels;
#[path = "finalizers.rs"]
mod finalizers;
#[path = "handles.rs"]
mod handles;
#[path = "host_ops.rs"]
mod host_ops;
#[path = "lanes.rs"]
mod lanes;
#[path = "laws.rs"]
mod laws;
#[path = "leaks.rs"]
mod leaks;
#[path = "limits.rs"]
mod limits;
#[path = "obligations.rs"]
mod obligations;
#[path = "permits.rs"]
mod permits;
#[path = "policy.rs"]
mod policy;
#[path = "region.rs"]
mod region;
#[path = "revocation.rs"]
mod revocation;
#[path = "semaphores.rs"]
mod semaphores;
#[path = "snapshot.rs"]
mod snapshot;
#[path = "task.rs"]
mod task;
#[path = "timers.rs"]
mod timers;
#[path = "trace.rs"]
mod trace;

/// Left out: what takes seconds, and what goes through the executor.
const LEFT_OUT: [&str; 5] = [
    "deep_trees",
    "exec_",
    "mutants",
    "run_laws",
    "semaphores_random",
];

#[test]
fn every_behaviour_file_is_here_or_left_out_on_purpose() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let here = include_str!("mutants.rs");
    for entry in std::fs::read_dir(folder).expect("the folder of this file") {
        let path = entry.expect("an entry of it").path();
        let (Some(stem), Some("rs")) = (
            path.file_stem().and_then(|stem| stem.to_str()),
            path.extension().and_then(|ending| ending.to_str()),
        ) else {
            continue;
        };
        assert!(
            LEFT_OUT.iter().any(|start| stem.starts_with(start))
                || here.contains(&format!("#[path = \"{stem}.rs\"]\n")),
            "tests/{stem}.rs is neither a module of tests/mutants.rs nor left out"
        );
    }
}
