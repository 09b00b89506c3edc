//! The std host of Asupersync: one thread turns the kernel and parks when nothing can run; work
//! that blocks goes to a bounded pool. The feature `tokio` adds a bridge: the runtime inside a
//! Tokio runtime, and Tokio's futures inside its bodies.
//!
//! ```
//! use asupersync_core::exec::{Error, Outcome};
//! use asupersync_native::{NativeRuntime, spawn_blocking};
//!
//! let outcome = NativeRuntime::new().run(|cx| async move {
//!     let sum = spawn_blocking(&cx, || (1..=1_000).sum::<u32>()).await?;
//!     Ok::<_, Error>(sum)
//! });
//! assert_eq!(outcome, Outcome::Ok(500_500));
//! ```

#![forbid(unsafe_code)]

mod blocking;
mod host;
mod parker;
mod pool;
mod runtime;
#[cfg(feature = "tokio")]
mod tokio_bridge;

pub use blocking::{BLOCKING_QUEUE_MAX, BLOCKING_THREADS_MAX, spawn_blocking};
pub use pool::AbandonedJob;
pub use runtime::{NativeConfig, NativeRun, NativeRuntime};
#[cfg(feature = "tokio")]
pub use tokio_bridge::{in_tokio, spawn_tokio};
