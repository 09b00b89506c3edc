//! Random worlds against the kernel of Asupersync.
//!
//! A [`Schedule`] names one run: a seed, a number of steps, and how ties are broken. Its world
//! gives the kernel random commands, most of them sensible and some of them hostile; its bodies
//! answer at once, late, wrongly or never; at the end it shuts down, which must close
//! everything. After every step three parties are asked:
//!
//! - the [oracles](oracle), each of which knows one law and judges the kernel's trace by it;
//! - the *model*, a naive tree kept beside the kernel, which predicts what a command may do;
//! - the kernel's own invariants.
//!
//! A run is a function of its schedule, so a failure is repeated by naming it.
//!
//! ```
//! use asupersync_simulator::Schedule;
//!
//! let record = Schedule { seed: 1, steps: 50, ..Schedule::default() }.run()?;
//! assert!(record.steps >= 50);
//! # Ok::<(), Box<asupersync_simulator::Failure>>(())
//! ```

#![forbid(unsafe_code)]

mod check;
mod model;
pub mod oracle;
mod schedule;
mod world;

pub use check::{Finder, Finding};
pub use schedule::{Failure, Record, STEPS_DEFAULT, Schedule, Trace};
