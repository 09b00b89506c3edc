//! Owns the Rust author's API: futures as tasks of the kernel, over a [`Host`] port.
//!
//! A body is an `FnOnce(Cx)` that returns a future of a `Result`. Its [`Cx`] is all that it can
//! ask: to wait, to spawn, to combine. Tasks belong to regions, and a region ends after all that
//! it holds, so nothing outlives what started it.
//!
//! One file a concept: `cx` is the door, with a file for each kind of ask; `group` is the region
//! behind every combinator; `wait` is one kernel wait as a future; `state` holds the records and
//! carries out effects, `shared` has its lock; `executor` turns, and `current` says which task a
//! thread polls; `inbox` is how others reach it; [`sync`] has channels and locks. The kernel is not changed by any of it.
//!
//! ```
//! use core::time::Duration;
//! use asupersync_core::exec::{Error, Lab, Outcome, branch};
//!
//! let run = Lab::new(1).run(|cx| async move {
//!     cx.race([
//!         branch(|cx| async move { cx.sleep(Duration::from_millis(5)).await?; Ok("slow") }),
//!         branch(|cx| async move { cx.sleep(Duration::from_millis(1)).await?; Ok("fast") }),
//!     ])
//!     .await
//! });
//! assert_eq!(run.outcome, Outcome::<_, Error>::Ok("fast"));
//! ```

mod abort;
mod capsule;
mod current;
mod cx;
mod error;
mod executor;
mod explore;
mod finalizers;
mod group;
mod host;
mod host_op;
mod inbox;
mod interval;
mod join;
mod lab;
mod leavings;
mod outcome;
mod packet;
mod platform;
mod record;
mod recording;
mod report;
mod schedule;
mod scope;
mod select;
mod shared;
mod state;
pub mod sync;
mod tape;
mod wait;

pub use capsule::Capsule;
pub use cx::Cx;
pub use error::{AnyError, Error, Result};
pub use executor::{Executor, Next};
pub use explore::{Explored, Fault, FaultyRun};
pub use group::{Body, BoxBody, branch};
pub use host::{Bell, Host};
pub use host_op::{Completer, HostOp};
pub use interval::{Interval, MissedTicks, Tick};
pub use join::JoinHandle;
pub use lab::{Lab, LabRun};
pub use outcome::Outcome;
pub use platform::{BoxFuture, PlatformFuture, PlatformSend, PlatformSync};
pub use recording::{Input, Recording, ReplayError};
pub use report::{Live, Report};
pub use schedule::{Jitter, Schedule};
pub use scope::{Scope, ScopeOptions, ScopePolicy};
pub use select::{Either, join, select};
