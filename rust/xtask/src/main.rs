//! The repository's own tool, called as `cargo xtask COMMAND`.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks by printing"
)]

mod abi;
mod planted;
mod process;
mod sizes;
mod tidy;
mod wasm;

use std::env;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
cargo xtask COMMAND
  wasm [--names]   build the kernel's wasm into packages/browser-core/wasm
                   (--names keeps function names, for profiling)
  lint-wasm        run clippy on the code that exists for wasm only
  abi [--check]    write the TypeScript table of ABI codes, or fail when it is stale
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
        ["wasm"] => wasm::build(root, wasm::Names::Removed),
        ["wasm", "--names"] => wasm::build(root, wasm::Names::Kept),
        ["lint-wasm"] => wasm::lint(root),
        ["abi"] => abi::write(root),
        ["abi", "--check"] => abi::check(root),
        ["sizes"] => sizes::print(root),
        ["planted"] => planted::run(root, None),
        ["planted", "--only", name] => planted::run(root, Some(name)),
        ["planted", "--check"] => planted::check(root),
        ["tidy"] => tidy::check(root),
        _ => bail!("expected a command, got {arguments:?}\n{USAGE}"),
    }
}
