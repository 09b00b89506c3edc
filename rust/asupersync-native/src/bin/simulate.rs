//! `simulate`: random worlds against the kernel, over all cores. After every step the model, the
//! oracles and the kernel's invariants must agree; the first disagreement is printed with the
//! one command that repeats it.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks by printing"
)]

use std::ffi::OsString;
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use asupersync_core::TieBreak;
use asupersync_simulator::{Failure, Record, STEPS_DEFAULT, Schedule};
use lexopt::prelude::{Long, Short, ValueExt};

const USAGE: &str = "\
Runs random worlds against the kernel and checks everything after every step.

simulate [--seeds N] [--from SEED]   seeds SEED to SEED + N - 1 (10000 from 1)
simulate --seed SEED                 one seed
  --steps M      random steps of a world before its shutdown (300)
  --ties WHICH   how the kernel orders equals: `insertion`, `seeded`,
                 or `both`, by turns from seed to seed (both)
  --jobs J       threads (one a core)

Prints what was run. On a disagreement prints the last commands, who found it and the
command that repeats it, and ends with 1; a wrong argument ends with 2.";

/// One run of this many is made twice: the second must be the same.
const REPEAT_EVERY: u64 = 10;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ties {
    Insertion,
    Seeded,
    Both,
}

impl Ties {
    const fn of(self, seed: u64) -> TieBreak {
        match self {
            Self::Insertion => TieBreak::Insertion,
            Self::Seeded => TieBreak::Seeded,
            Self::Both if seed.is_multiple_of(2) => TieBreak::Insertion,
            Self::Both => TieBreak::Seeded,
        }
    }
}

#[derive(Debug)]
struct Options {
    from: u64,
    seeds: u64,
    steps: u32,
    ties: Ties,
    jobs: NonZero<usize>,
}

impl Options {
    /// The options that `arguments` spell, or nothing if they ask for help.
    fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Self>, lexopt::Error> {
        let mut options = Self {
            from: 1,
            seeds: 10_000,
            steps: STEPS_DEFAULT,
            ties: Ties::Both,
            jobs: thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
        };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("seeds") => options.seeds = parser.value()?.parse()?,
                Long("from") => options.from = parser.value()?.parse()?,
                Long("seed") => {
                    options.from = parser.value()?.parse()?;
                    options.seeds = 1;
                }
                Long("steps") => options.steps = parser.value()?.parse()?,
                Long("jobs") => options.jobs = parser.value()?.parse()?,
                Long("ties") => {
                    options.ties = parser.value()?.parse_with(|text| match text {
                        "insertion" => Ok(Ties::Insertion),
                        "seeded" => Ok(Ties::Seeded),
                        "both" => Ok(Ties::Both),
                        _ => Err("expected `insertion`, `seeded` or `both`"),
                    })?;
                }
                Long("help") | Short('h') => return Ok(None),
                Short(_) | Long(_) | lexopt::Arg::Value(_) => return Err(argument.unexpected()),
            }
        }
        Ok(Some(options))
    }
}

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args_os().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("simulate: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let start = Instant::now();
    let search = Search::default();
    thread::scope(|scope| {
        for _ in 0..options.jobs.get() {
            scope.spawn(|| search.work(&options));
        }
    });
    let seconds = start.elapsed().as_secs_f64();
    let [seeds, steps, events, dispatches] = [
        &search.seeds,
        &search.steps,
        &search.events,
        &search.dispatches,
    ]
    .map(|count| count.load(Ordering::Relaxed));
    println!(
        "{seeds} seeds, {steps} steps checked, {events} events, {dispatches} dispatches \
         in {seconds:.1} s"
    );
    let failure = search.failure.into_inner();
    let Some(failure) = failure.unwrap_or_else(|poisoned| poisoned.into_inner()) else {
        println!("no disagreement");
        return ExitCode::SUCCESS;
    };
    let Schedule { seed, steps, ties } = failure.schedule;
    let ties = match ties {
        TieBreak::Insertion => "insertion",
        TieBreak::Seeded => "seeded",
    };
    eprintln!(
        "\n{failure}\n\nfound by: {}\nrepeat with:\n  cargo run -p asupersync-native --bin simulate -- \
         --seed {seed} --steps {steps} --ties {ties}",
        failure.finding.finder
    );
    ExitCode::FAILURE
}

/// What the threads share.
#[derive(Debug, Default)]
struct Search {
    taken: AtomicU64,
    has_failed: AtomicBool,
    failure: Mutex<Option<Box<Failure>>>,
    seeds: AtomicU64,
    steps: AtomicU64,
    events: AtomicU64,
    dispatches: AtomicU64,
}

impl Search {
    /// Takes one seed after the other until there are none, or one has failed.
    fn work(&self, options: &Options) {
        while !self.has_failed.load(Ordering::Relaxed) {
            let nth = self.taken.fetch_add(1, Ordering::Relaxed);
            if nth >= options.seeds {
                return;
            }
            let seed = options.from.wrapping_add(nth);
            let schedule = Schedule {
                seed,
                steps: options.steps,
                ties: options.ties.of(seed),
            };
            let is_repeated = nth.is_multiple_of(REPEAT_EVERY);
            let ran = schedule.run().and_then(|record| {
                if is_repeated {
                    schedule.run_again(&record)?;
                }
                Ok(record)
            });
            match ran {
                Ok(record) => self.count(&record),
                Err(failure) => self.failed(failure),
            }
        }
    }

    fn count(&self, record: &Record) {
        self.seeds.fetch_add(1, Ordering::Relaxed);
        self.steps.fetch_add(record.steps, Ordering::Relaxed);
        self.events.fetch_add(record.events, Ordering::Relaxed);
        self.dispatches
            .fetch_add(record.dispatches, Ordering::Relaxed);
    }

    /// Keeps the failure of the smallest seed.
    fn failed(&self, failure: Box<Failure>) {
        self.has_failed.store(true, Ordering::Relaxed);
        let kept = self.failure.lock();
        let mut kept = kept.unwrap_or_else(|poisoned| poisoned.into_inner());
        if kept
            .as_ref()
            .is_none_or(|other| failure.schedule.seed < other.schedule.seed)
        {
            *kept = Some(failure);
        }
    }
}
