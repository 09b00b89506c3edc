//! The parity corpus on the native kernel, by the calls of the ABI: equal to the golden files.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod calls;
mod port;
mod result;
mod scenario;
mod text;
mod world;

use std::collections::BTreeSet;
use std::fs;

use crate::scenario::{Scenario, all, room};

/// What the corpus must speak of, and no scenario may misspell.
const CONCEPTS: &[&str] = &[
    "any",
    "cancel",
    "cancel-kinds",
    "charge",
    "collect-all",
    "deadline",
    "deaf-body",
    "fail-fast",
    "finalizers",
    "generations",
    "handles",
    "hostile-numbers",
    "host-ops",
    "join",
    "late-completion",
    "leak",
    "limits",
    "linked",
    "mask",
    "nested",
    "obligations",
    "order",
    "poll-quota",
    "priority",
    "race",
    "region-close",
    "revocation",
    "semaphores",
    "shielded",
    "shutdown",
    "slice",
    "snapshot",
    "spawn",
    "streak",
    "tick-bound",
    "ties",
    "timeout",
];

#[test]
fn every_scenario_gives_its_golden_file() {
    let golden = room().join("golden");
    let files = result::golden_files(|_| true);
    for (name, text) in &files {
        let found = fs::read_to_string(golden.join(format!("{name}.json"))).unwrap_or_default();
        assert_eq!(
            found, *text,
            "{name} is stale: run `cargo xtask parity` and read the difference"
        );
    }
    assert_eq!(
        fs::read_dir(golden).unwrap().count(),
        files.len(),
        "no golden file is left over"
    );
}

#[test]
fn the_corpus_speaks_of_every_concept() {
    let scenarios = all();
    assert!(scenarios.len() >= 40, "{} scenarios", scenarios.len());
    let told: BTreeSet<&str> = scenarios
        .iter()
        .flat_map(|scenario| scenario.concepts.iter().map(String::as_str))
        .collect();
    assert_eq!(told, CONCEPTS.iter().copied().collect());
}

#[test]
fn a_second_run_of_every_scenario_is_the_first_one() {
    for scenario in &all() {
        assert_eq!(
            result::runs(scenario),
            result::runs(scenario),
            "{}",
            scenario.name
        );
    }
}

#[test]
fn without_seeded_ties_the_seed_is_in_the_certificate_and_nowhere_else() {
    let is_seeded = |scenario: &Scenario| {
        let concepts = &scenario.concepts;
        concepts.iter().any(|concept| concept == "ties")
    };
    for scenario in all().iter().filter(|scenario| !is_seeded(scenario)) {
        let [one, two] = [1, 2].map(|seed| world::run(scenario, seed));
        assert_eq!(one.fingerprint, two.fingerprint, "{}", scenario.name);
        assert_eq!(one.trace, two.trace, "{}", scenario.name);
        if one.counts["dispatches"] > 0.0 {
            assert_ne!(one.certificate, two.certificate, "{}", scenario.name);
        }
    }
}
