//! Structured concurrency for Rust: tasks belong to regions, a region ends after all that it
//! holds, cancellation is a protocol that drains, and a run can be repeated from its seed.
//!
//! ```
//! use asupersync::{Error, Outcome, branch};
//! use std::time::Duration;
//!
//! let outcome = asupersync::run(|cx| async move {
//!     cx.race([
//!         branch(|cx| async move { cx.sleep(Duration::from_secs(60)).await?; Ok("slow") }),
//!         branch(|_| async { Ok::<_, Error>("fast") }),
//!     ]).await // The loser is cancelled and has drained.
//! });
//! assert_eq!(outcome, Outcome::Ok("fast"));
//! ```
//!
//! A body is a closure that gets a [`Cx`] and returns a future of a `Result`; the [`Cx`] is all
//! that it can ask. [`Outcome`] says how it ended. The same body runs on every [`Runtime`]:
//!
//! | feature | runtime | for |
//! | --- | --- | --- |
//! | `native-runtime` (default) | [`NativeRuntime`], which is the [`DefaultRuntime`] | programs |
#![cfg_attr(
    feature = "deterministic-mode",
    doc = "| `deterministic-mode` | [`Lab`] | tests: virtual time, a seed, a leak report |"
)]
#![cfg_attr(
    not(feature = "deterministic-mode"),
    doc = "| `deterministic-mode` | `Lab` | tests: virtual time, a seed, a leak report |"
)]
#![forbid(unsafe_code)]

#[cfg(not(any(feature = "native-runtime", feature = "deterministic-mode")))]
compile_error!(
    "asupersync has no runtime to run on: enable the feature `native-runtime` (the default) for \
     programs or `deterministic-mode` for tests"
);

#[cfg(all(feature = "native-runtime", target_family = "wasm"))]
compile_error!(
    "asupersync's feature `native-runtime` needs threads, which wasm has not: depend on it with \
     `default-features = false`"
);

// The README's example is run as a test of this crate.
#[cfg(all(doctest, feature = "native-runtime"))]
#[doc = include_str!("../../../README.md")]
struct Readme;

#[cfg(feature = "deterministic-mode")]
mod explore;
mod runtime;

pub use asupersync_core::exec::{
    Body, BoxBody, BoxFuture, Completer, Cx, Either, Error, HostOp, JoinHandle, Live, Outcome,
    PlatformFuture, PlatformSend, PlatformSync, Recording, ReplayError, Report, Result, Scope,
    branch, join, select,
};
#[cfg(feature = "deterministic-mode")]
pub use asupersync_core::exec::{Explored, Fault, FaultyRun, Lab, LabRun};
pub use asupersync_core::{CancelKind, CancelReason, ErrorKind, KernelConfig, KernelError, Time};
#[cfg(feature = "native-runtime")]
pub use asupersync_native::{AbandonedJob, NativeConfig, NativeRun, NativeRuntime, spawn_blocking};
#[cfg(feature = "tokio")]
pub use asupersync_native::{in_tokio, spawn_tokio};
#[cfg(feature = "deterministic-mode")]
pub use explore::{TEST_SEEDS, explore, test};

pub use runtime::Runtime;
#[cfg(feature = "native-runtime")]
pub use runtime::{DefaultRuntime, run};
