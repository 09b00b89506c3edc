//! Runs the corpus and prints what came out as one JSON object: golden files by scenario.
//!
//! `cargo xtask parity` runs it at several optimisation levels and in several processes. Names as
//! arguments pick scenarios.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a tool of the tests stops at the first surprise, and speaks by printing"
)]

mod calls;
mod port;
mod result;
mod scenario;
mod text;
mod world;

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use serde::Serialize;

/// What one process gave, and how it differed from others.
#[derive(Serialize)]
struct Output {
    pointer_bits: u32,
    /// Made of the random seed that every map of this process which has one starts from.
    hash_probe: u64,
    files: BTreeMap<String, String>,
}

#[expect(
    clippy::disallowed_types,
    reason = "to show that what it decides reaches no hash of a run"
)]
fn hash_probe() -> u64 {
    std::hash::RandomState::new().hash_one(0)
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|each| each == name);
    let hash_probe = hash_probe();
    // Moves what is allocated from here on to other addresses than in the next process.
    let offset = usize::try_from(hash_probe % 65_536).expect("16 bits");
    let padding = vec![0_u8; offset];
    let output = Output {
        pointer_bits: usize::BITS,
        hash_probe,
        files: result::golden_files(is_wanted),
    };
    drop(padding);
    println!("{}", serde_json::to_string(&output).expect("plain data"));
}
