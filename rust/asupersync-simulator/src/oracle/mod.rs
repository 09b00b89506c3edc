//! Owns the oracles: small state machines over the kernel's trace, each of which knows one law
//! and nothing of the kernel's insides or of the model.
//!
//! They are fed event by event with what the trace has said before ([`Tree`]), and asked once
//! more whenever the kernel has returned from a command. Any kernel that is traced at
//! [`TraceLevel::Full`](asupersync_core::TraceLevel::Full) can be judged:
//!
//! ```
//! use asupersync_core::{Kernel, KernelConfig, Outcome, Time, TraceLevel};
//! use asupersync_simulator::oracle::{Judge, Rules, oracles};
//!
//! let config = KernelConfig {
//!     trace_capacity: 64,
//!     trace_level: TraceLevel::Full,
//!     ..KernelConfig::default()
//! };
//! let mut kernel = Kernel::new(&config);
//! let task = kernel.region_spawn(kernel.root())?;
//! kernel.tick(Time::ZERO);
//! kernel.task_complete(task, Outcome::Ok)?;
//! kernel.region_close(kernel.root())?;
//!
//! let (cancel_streak, ties) = (config.cancel_streak, config.ties);
//! let mut judge = Judge::new(oracles(Rules { cancel_streak, ties }));
//! for event in kernel.events() {
//!     judge.event(event)?;
//! }
//! judge.rest()?;
//! judge.end()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cancel_protocol;
mod cancel_signal_order;
mod channel_atomicity;
mod deadline_monotone;
mod determinism;
mod finalizer_order;
mod lane_order;
mod lane_streak;
mod loser_drain;
mod obligation_leak;
mod quiescence;
mod region_tree;
mod task_leak;
mod timer_order;
mod tree;
mod wake_dedup;

use core::fmt;

use asupersync_core::{Event, TieBreak};

pub use determinism::{DETERMINISM, determinism};
pub use tree::Tree;

/// What an oracle says: nothing, or which law was broken and how.
pub type Verdict = Result<(), String>;

/// One law over the trace.
pub trait Oracle: fmt::Debug + Send {
    /// What the law is called.
    fn name(&self) -> &'static str;

    /// Judges the next event; `tree` is what the trace has said before it.
    ///
    /// # Errors
    /// How the event breaks the law.
    fn event(&mut self, event: &Event, tree: &Tree) -> Verdict;

    /// Judges the state between two commands, when nothing is under way.
    ///
    /// # Errors
    /// What is missing.
    fn rest(&mut self, tree: &Tree) -> Verdict {
        let _ = tree;
        Ok(())
    }

    /// Judges what is left when the root region has closed.
    ///
    /// # Errors
    /// What is left.
    fn end(&mut self, tree: &Tree) -> Verdict {
        let _ = tree;
        Ok(())
    }
}

/// What the oracles must know of the kernel's configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Dispatches of the cancel lane in a row while other work is runnable.
    pub cancel_streak: u32,
    /// How equals are ordered.
    pub ties: TieBreak,
}

/// Every oracle over one trace, in the order in which they are asked. [`determinism`] compares
/// two.
#[must_use]
pub fn oracles(rules: Rules) -> Vec<Box<dyn Oracle>> {
    vec![
        Box::new(region_tree::RegionTree::default()),
        Box::new(task_leak::TaskLeak),
        Box::new(obligation_leak::ObligationLeak::default()),
        Box::new(finalizer_order::FinalizerOrder::default()),
        Box::new(loser_drain::LoserDrain::default()),
        Box::new(quiescence::Quiescence::default()),
        Box::new(deadline_monotone::DeadlineMonotone::default()),
        Box::new(cancel_protocol::CancelProtocol::default()),
        Box::new(cancel_signal_order::CancelSignalOrder),
        Box::new(channel_atomicity::ChannelAtomicity::default()),
        Box::new(wake_dedup::WakeDedup::default()),
        Box::new(lane_order::LaneOrder::new(rules)),
        Box::new(lane_streak::LaneStreak::new(rules)),
        Box::new(timer_order::TimerOrder::new(rules)),
    ]
}

/// What an oracle objects to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Objection {
    /// The name of the oracle.
    pub oracle: &'static str,
    /// What it says.
    pub message: String,
}

impl std::error::Error for Objection {}

impl fmt::Display for Objection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.oracle, self.message)
    }
}

/// Oracles at work on one trace.
#[derive(Debug)]
pub struct Judge {
    oracles: Vec<Box<dyn Oracle>>,
    tree: Tree,
}

impl Judge {
    /// A judge who asks `oracles`.
    #[must_use]
    pub fn new(oracles: Vec<Box<dyn Oracle>>) -> Self {
        Self {
            oracles,
            tree: Tree::default(),
        }
    }

    /// Takes in the next event.
    ///
    /// # Errors
    /// The first objection.
    pub fn event(&mut self, event: &Event) -> Result<(), Objection> {
        self.ask(
            |oracle, tree| oracle.event(event, tree),
            || format!("{event:?}: "),
        )?;
        self.tree.apply(event);
        Ok(())
    }

    /// Says that the kernel has returned from a command.
    ///
    /// # Errors
    /// The first objection.
    pub fn rest(&mut self) -> Result<(), Objection> {
        self.ask(|oracle, tree| oracle.rest(tree), String::new)
    }

    /// Says that the root region has closed.
    ///
    /// # Errors
    /// The first objection.
    pub fn end(&mut self) -> Result<(), Objection> {
        self.ask(|oracle, tree| oracle.end(tree), String::new)
    }

    fn ask(
        &mut self,
        mut question: impl FnMut(&mut dyn Oracle, &Tree) -> Verdict,
        place: impl FnOnce() -> String,
    ) -> Result<(), Objection> {
        for oracle in &mut self.oracles {
            if let Err(message) = question(oracle.as_mut(), &self.tree) {
                return Err(Objection {
                    oracle: oracle.name(),
                    message: place() + &message,
                });
            }
        }
        Ok(())
    }
}
