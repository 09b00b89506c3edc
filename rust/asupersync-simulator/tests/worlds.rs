//! Random worlds: the model and the kernel's invariants agree with the kernel after every step.
//!
//! `SEEDS=n` enlarges the search; `cargo run -p asupersync-native --bin simulate` is made for
//! large ones.

#![allow(clippy::panic, reason = "a test stops where it fails")]

use asupersync_core::TieBreak;
use asupersync_simulator::oracle::determinism;
use asupersync_simulator::{Record, Schedule};

/// Runs the seeds of one test and stops at the first that disagrees.
fn sweep(ties: TieBreak, seeds: u64) -> Vec<Record> {
    let asked = std::env::var("SEEDS").map(|text| text.parse().expect("SEEDS is a number"));
    let run = |seed| {
        let schedule = Schedule {
            seed,
            ties,
            ..Schedule::default()
        };
        schedule.run().unwrap_or_else(|failure| {
            let ties = match ties {
                TieBreak::Insertion => "insertion",
                TieBreak::Seeded => "seeded",
            };
            panic!(
                "{failure}\nrepeat with:\n  cargo run -p asupersync-native --bin simulate -- \
                 --seed {seed} --ties {ties}\n"
            )
        })
    };
    (1..=asked.unwrap_or(seeds)).map(run).collect()
}

#[test]
fn random_commands_agree_with_the_model() {
    sweep(TieBreak::Insertion, 300);
}

#[test]
fn random_commands_under_seeded_ties_agree_with_the_model() {
    sweep(TieBreak::Seeded, 300);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let first = sweep(TieBreak::Seeded, 30);
    let second = sweep(TieBreak::Seeded, 30);
    for (first, second) in first.iter().zip(&second) {
        assert_eq!(determinism(first, second), Ok(()));
    }
    let work: u64 = first.iter().map(|record| record.dispatches).sum();
    assert!(
        work >= first.len() as u64 * 10,
        "the worlds dispatch little: {work}"
    );
}
