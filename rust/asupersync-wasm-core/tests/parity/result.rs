//! Owns what a run gave, as it stands in the golden files.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::scenario::{Scenario, all};
use crate::world;

/// What one run of a scenario gave.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Run {
    pub(crate) seed: u32,
    /// Of tasks and regions, by name.
    pub(crate) outcomes: BTreeMap<String, String>,
    /// Every counter of the ABI, at the end.
    #[serde(serialize_with = "whole")]
    pub(crate) counts: BTreeMap<String, f64>,
    /// Whether the root closed and nothing was left live.
    pub(crate) quiescent: bool,
    pub(crate) certificate: String,
    pub(crate) fingerprint: String,
    /// Hash of the events in the trace ring, times included.
    pub(crate) trace: String,
    /// Calls with their answers, and records, in order.
    pub(crate) log: Vec<String>,
}

/// What all runs of a scenario gave: one golden file.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Golden {
    runs: Vec<Run>,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are whole and below 2^53"
)]
fn whole<S: serde::Serializer>(
    counts: &BTreeMap<String, f64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(name, count)| (name, *count as u64)))
}

pub(crate) fn hex(hash: u64) -> String {
    format!("{hash:016x}")
}

/// Runs every scenario whose name `is_wanted`: the text of its golden file, by its name.
pub(crate) fn golden_files(is_wanted: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    let scenarios = all();
    scenarios
        .iter()
        .filter(|scenario| is_wanted(&scenario.name))
        .map(|scenario| (scenario.name.clone(), golden_file(scenario)))
        .collect()
}

fn golden_file(scenario: &Scenario) -> String {
    let runs = runs(scenario);
    let mut text = serde_json::to_string_pretty(&Golden { runs }).expect("plain data");
    text.push('\n');
    text
}

/// Runs `scenario` with each of its seeds.
///
/// # Panics
/// When a run is not what the scenario expects.
pub(crate) fn runs(scenario: &Scenario) -> Vec<Run> {
    let runs = scenario
        .seeds
        .iter()
        .map(|seed| world::run(scenario, *seed));
    runs.inspect(|run| check(scenario, run)).collect()
}

fn check(scenario: &Scenario, run: &Run) {
    let place = || {
        let Scenario { name, concepts, .. } = scenario;
        let about = concepts.join(", ");
        format!("{name} ({about}), seed {}\n{:#?}", run.seed, run.log)
    };
    for (name, outcome) in &scenario.expect.outcomes {
        assert_eq!(
            run.outcomes.get(name),
            Some(outcome),
            "{name} of {}",
            place()
        );
    }
    for (name, count) in &scenario.expect.counts {
        assert_eq!(run.counts.get(name), Some(count), "{name} of {}", place());
    }
    assert!(run.quiescent, "something is left of {}", place());
}
