//! The repository's own tool, called as `cargo xtask COMMAND`.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks by printing"
)]

mod abi;
mod features;
mod miri;
mod parity;
mod planted;
mod process;
mod rust_demo;
mod sizes;
mod tidy;
mod wasm;

use std::env;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::wasm::{Names, Tier};

const USAGE: &str = "\
cargo xtask COMMAND
  wasm [--names] [TIER]  build the kernel's wasm into packages/browser-core/wasm: all tiers, or one of
                   core-min, core-trace, full-dev (--names keeps function names, for profiling)
  rust-demo        build the page in Rust alone into the demo's public folder
  lint-wasm        run clippy on the code that exists for wasm only
  features         check every combination of the facade's features, on both targets
  abi [--check]    write the TypeScript table of ABI codes, or fail when it is stale
  miri [--all]     run core's unit tests under Miri, which rustup installs if it is missing
                   (--all runs what else it can of core and native: much of an hour)
  parity [--check] write the golden files of the parity corpus and show what changed, or fail
                   when one is stale at any optimisation level
  sizes            print the sizes of the built wasm
  planted [--only NAME]  plant the simulator's bugs in a copy of the kernel, one at a time, and
                   expect that each is found (--only: those with NAME in their names)
  planted --check  check that each of them can still be planted
  tidy             check the repository's own rules";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[&str]) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("this crate lies two folders below the root");
    match arguments {
        ["wasm", rest @ ..] => {
            let (names, rest) = match rest {
                ["--names", rest @ ..] => (Names::Kept, rest),
                rest => (Names::Removed, rest),
            };
            match rest {
                [] => wasm::build(root, &Tier::ALL, names),
                [name] => {
                    let tier = Tier::of_name(name);
                    let tier = tier.with_context(|| format!("no tier {name:?}\n{USAGE}"))?;
                    wasm::build(root, &[tier], names)
                }
                _ => bail!("expected one tier, got {rest:?}\n{USAGE}"),
            }
        }
        ["rust-demo"] => rust_demo::build(root),
        ["features"] => features::check(root),
        ["lint-wasm"] => wasm::lint(root),
        ["abi"] => abi::write(root),
        ["abi", "--check"] => abi::check(root),
        ["miri"] => miri::run(root, miri::Tests::Units),
        ["miri", "--all"] => miri::run(root, miri::Tests::All),
        ["parity"] => parity::write(root),
        ["parity", "--check"] => parity::check(root),
        ["sizes"] => sizes::print(root),
        ["planted"] => planted::run(root, None),
        ["planted", "--only", name] => planted::run(root, Some(name)),
        ["planted", "--check"] => planted::check(root),
        ["tidy"] => tidy::check(root),
        _ => bail!("expected a command, got {arguments:?}\n{USAGE}"),
    }
}
