//! The kernel of Asupersync: regions own tasks, cancellation is a protocol, every run can be
//! repeated.
//!
//! The kernel does no I/O and reads no clock. Commands go in as methods of [`Kernel`], effects
//! come out of [`Kernel::take_effects`]; time and seed are arguments. The same commands give
//! the same effects, the same certificate and the same fingerprint on every target.
//!
//! [`exec`] runs Rust futures on it, over a host port.
//!
//! ```
//! use asupersync_core::{Effect, Kernel, KernelConfig, Outcome, Time};
//!
//! let mut kernel = Kernel::new(&KernelConfig::default());
//! let task = kernel.region_spawn(kernel.root())?;
//! kernel.tick(Time::ZERO);
//! assert_eq!(kernel.take_effects(), [Effect::Start { task }]);
//!
//! // The driver runs the body, which gives its value.
//! assert_eq!(kernel.task_complete(task, Outcome::Ok)?, Some(Outcome::Ok));
//! assert!(kernel.task_cancel(task, asupersync_core::CancelKind::User, "").is_err(), "stale");
//! # Ok::<(), asupersync_core::KernelError>(())
//! ```

#![forbid(unsafe_code)]

mod budget;
mod cancel;
mod certificate;
mod counters;
mod effect;
mod error;
pub mod exec;
#[cfg(feature = "trace")]
mod fingerprint;
#[cfg(not(feature = "trace"))]
#[path = "fingerprint_absent.rs"]
mod fingerprint;
mod handle;
mod host_op;
mod invariants;
mod kernel;
mod lanes;
pub mod limits;
mod list;
mod obligation;
mod outcome;
mod region;
mod rng;
mod semaphore;
mod snapshot;
mod table;
mod task;
mod time;
mod timers;
mod trace;
mod wait;

pub use budget::Budget;
pub use cancel::{CancelKind, CancelReason};
pub use certificate::HASH_VERSION;
pub use counters::Counters;
pub use effect::Effect;
pub use error::{ErrorKind, KernelError, Result};
pub use handle::{Handle, HandleKind};
pub use host_op::{HostOpKind, HostOpState};
pub use invariants::Violation;
pub use kernel::{Kernel, KernelConfig};
pub use lanes::{Lane, TieBreak};
pub use obligation::{LeakPolicy, ObligationKind, ObligationState};
pub use outcome::Outcome;
pub use region::{Ownership, Policy, RegionLimits, RegionState};
pub use semaphore::{
    ChannelHalves, PERMITS_CLOSED, PERMITS_GRANTED, PermitFlow, SemaphoreState, SemaphoreStatus,
};
pub use snapshot::Row;
pub use task::TaskState;
pub use time::Time;
pub use trace::{Event, EventKind, IS_TRACED, TraceLevel};
