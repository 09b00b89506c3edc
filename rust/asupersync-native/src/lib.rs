//! The std host of Asupersync: one thread turns the kernel and parks when nothing can run; work
//! that blocks goes to a bounded pool.
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
mod runtime;

pub use blocking::{BLOCKING_QUEUE_MAX, BLOCKING_THREADS_MAX, spawn_blocking};
pub use runtime::{NativeConfig, NativeRuntime};
