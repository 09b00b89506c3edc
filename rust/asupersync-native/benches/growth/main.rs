//! How the kernel's cost and memory grow, natively: what spawn, wake, sleep, cancel and close cost
//! with so many tasks live, and what memory does while ten million tasks come and go.
//!
//! `cargo bench -p asupersync-native --bench growth -- [--live N]... [--soak TASKS] [--json]`.
//! Without arguments it is short. `node bench/growth.mjs` runs it in full and keeps the result.

#![allow(
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "a program that prints what it measured, over the effects that its commands can have"
)]

mod clock;
mod law;
mod memory;
mod report;
mod soak;

use std::process::ExitCode;

/// What was asked for on the command line.
#[derive(Debug, Default)]
struct Options {
    live: Vec<u32>,
    soak: u64,
    json: bool,
}

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(argument) => {
            println!("expected [--live N]... [--soak TASKS] [--json], got {argument}");
            return ExitCode::FAILURE;
        }
    };
    let points: Vec<_> = options
        .live
        .iter()
        .map(|live| law::measure(*live))
        .collect();
    let soak = (options.soak > 0).then(|| soak::run(options.soak));
    let text = if options.json {
        report::json(&points, soak.as_ref())
    } else {
        report::table(&points, soak.as_ref())
    };
    println!("{text}");
    ExitCode::SUCCESS
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let value = arguments.next().unwrap_or_default();
            value
                .parse::<u64>()
                .map_err(|_| format!("{argument} {value}"))
        };
        match argument.as_str() {
            "--live" => {
                let live = u32::try_from(number()?).map_err(|error| error.to_string())?;
                options.live.push(live.max(1));
            }
            "--soak" => options.soak = number()?,
            "--json" => options.json = true,
            // What cargo itself says to every benchmark.
            "--bench" => {}
            _ => return Err(argument),
        }
    }
    if options.live.is_empty() && options.soak == 0 {
        options.live = vec![1_000, 10_000, 100_000];
        options.soak = 200_000;
    }
    Ok(options)
}
