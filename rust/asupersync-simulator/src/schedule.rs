//! Owns one run: what names it, what it leaves, and what is said when it fails.

use core::fmt;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use asupersync_core::{Event, TieBreak};

use crate::check::{Finder, Finding, Step};
use crate::oracle::{DETERMINISM, Rules, determinism};
use crate::world::World;

/// Random steps of a run, unless told otherwise: enough for a world to fill up and to age.
pub const STEPS_DEFAULT: u32 = 300;

/// Everything that a run depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// Decides every command, and ties when `ties` is seeded.
    pub seed: u64,
    /// Random steps before the shutdown. Fewer steps of one seed are a prefix of its run.
    pub steps: u32,
    /// How the kernel orders equals.
    pub ties: TieBreak,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            seed: 1,
            steps: STEPS_DEFAULT,
            ties: TieBreak::Insertion,
        }
    }
}

/// What a run leaves to compare: equal for equal schedules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// Commands and ticks, after each of which everything was checked.
    pub steps: u64,
    /// Events of the kernel's trace.
    pub events: u64,
    /// Dispatches of the kernel.
    pub dispatches: u64,
    /// Hash of all effects in their order.
    pub effects: u64,
    /// The kernel's certificate at the end.
    pub certificate: u64,
    /// The kernel's fingerprint at the end.
    pub fingerprint: u64,
}

/// The trace of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    /// What the oracles must know to judge it.
    pub rules: Rules,
    /// The events of each step: between two of them the kernel was at rest.
    pub steps: Vec<Vec<Event>>,
}

/// A run that went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The run.
    pub schedule: Schedule,
    /// What is wrong, and who found it.
    pub finding: Finding,
    /// The last commands and effects, the oldest first.
    pub log: Vec<String>,
    /// What a second run found, for its log; `None` if it found nothing, so that the first one
    /// cannot be repeated.
    pub again: Option<Finding>,
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.log {
            writeln!(out, "{line}")?;
        }
        write!(out, "seed {}: {}", self.schedule.seed, self.finding)?;
        match &self.again {
            Some(again) if *again == self.finding => Ok(()),
            Some(again) => write!(out, "\nbut the second time: {again}"),
            None => write!(out, "\nbut nothing the second time"),
        }
    }
}

impl std::error::Error for Failure {}

impl Schedule {
    /// Runs the world and checks everything after every step.
    ///
    /// # Errors
    /// The first [`Finding`], with the commands that led to it: the run is made a second time to
    /// keep them.
    pub fn run(&self) -> Result<Record, Box<Failure>> {
        let ran = self.attempt(&mut World::new(self.seed, self.ties, false));
        ran.map_err(|finding| self.failure(finding))
    }

    /// Runs the world once more and compares: a run is a function of its schedule.
    ///
    /// # Errors
    /// What differs from `first`, or what is wrong this time.
    pub fn run_again(&self, first: &Record) -> Result<(), Box<Failure>> {
        let second = self.run()?;
        determinism(first, &second).map_err(|message| {
            Box::new(Failure {
                schedule: *self,
                finding: Finding {
                    finder: Finder::Oracle(DETERMINISM),
                    message,
                },
                log: Vec::new(),
                again: None,
            })
        })
    }

    /// Runs the world and keeps its trace, for those who judge it themselves.
    ///
    /// # Errors
    /// As [`Schedule::run`].
    pub fn trace(&self) -> Result<Trace, Box<Failure>> {
        let mut world = World::new(self.seed, self.ties, false);
        world.trace = Some(Vec::new());
        match self.attempt(&mut world) {
            Ok(_) => Ok(Trace {
                rules: world.rules,
                steps: world.trace.unwrap_or_default(),
            }),
            Err(finding) => Err(self.failure(finding)),
        }
    }

    /// The failure of a run that had this finding, with the log of a second run.
    fn failure(&self, finding: Finding) -> Box<Failure> {
        let mut world = World::new(self.seed, self.ties, true);
        let again = self.attempt(&mut world).err();
        Box::new(Failure {
            schedule: *self,
            finding,
            log: world.log.into_iter().flatten().collect(),
            again,
        })
    }

    fn attempt(&self, world: &mut World) -> Step<Record> {
        let ran = catch_unwind(AssertUnwindSafe(|| world.run(self.steps)));
        ran.unwrap_or_else(|payload| {
            Err(Finding {
                finder: Finder::Panic,
                message: words(payload.as_ref()),
            })
        })
    }
}

/// What a panic said.
fn words(payload: &(dyn Any + Send)) -> String {
    let said = payload.downcast_ref::<String>().map(String::as_str);
    said.or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("the kernel panicked")
        .to_owned()
}
