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
//! that it can ask. [`Outcome`] says how it ended. The same body runs on every [`Runtime`], and
//! what it may move between tasks is [`PlatformSend`]: `Send` natively, anything in a browser.
//!
//! # Features
//!
//! | feature | gives | for |
//! | --- | --- | --- |
//! | `native-runtime` (default) | `NativeRuntime`, which is the `DefaultRuntime` | programs |
//! | `wasm-runtime` | `BrowserRuntime`, which is the `DefaultRuntime` in wasm | pages and workers |
//! | `browser-io` | `fetch`, `WebSocket`; with it comes `wasm-runtime` | pages and workers |
//! | `browser-trace` | `trace_json_lines`; with it comes `wasm-runtime` | pages and workers |
//! | `deterministic-mode` | `Lab`: virtual time, a seed, a leak report; `test`, `explore` | tests, anywhere |
//! | `tokio` | `in_tokio`, `spawn_tokio`, `NativeRuntime::drive`; with it comes `native-runtime` | programs on Tokio |
//!
//! A crate for one platform names the runtime; one for both leaves that to the target:
//!
//! ```toml
//! [dependencies]
//! asupersync = { path = "../asupersync/rust/asupersync", default-features = false }
//!
//! [target.'cfg(not(target_family = "wasm"))'.dependencies]
//! asupersync = { path = "../asupersync/rust/asupersync", features = ["native-runtime"] }
//!
//! [target.'cfg(target_family = "wasm")'.dependencies]
//! asupersync = { path = "../asupersync/rust/asupersync", default-features = false, features = ["browser-io"] }
//! ```
//!
//! The crate is not on a registry: what is called so there is another one.
//!
//! A feature that its target cannot have, or no runtime at all, fails to compile with a sentence
//! that says what to choose.
//!
//! # What is where
//!
//! | | native | browser | lab |
//! | --- | --- | --- | --- |
//! | [`Cx`] with all that it gives, [`JoinHandle`], [`Scope`], [`join`], [`select`] | yes | yes | yes |
//! | `launch`, the entry point of a program | blocks until the end | returns at once | |
//! | [`Runtime::run_then`] | blocks until the end | returns at once | runs to the end |
//! | [`BlockingRuntime::run_blocking`], the function `run` | yes | no: a page cannot wait | yes |
//! | `BrowserRuntime::spawn`, `run` as a future, `close`, `snapshot` | | yes | |
//! | `spawn_blocking` | a thread of a bounded pool | no: there are no threads | in the task, at once |
//! | `in_tokio`, `spawn_tokio` | `tokio` | | |
//! | `fetch`, `WebSocket` | | `browser-io` | |
//! | events as JSON lines | | `browser-trace` | |
//! | time | monotonic | monotonic | virtual |
//! | a body that panics | its task has [panicked](Outcome::Panicked) | the wasm instance has ended | its task has panicked |
//!
//! # In a browser
//!
//! ```rust,custom
//! use asupersync::{Error, Request};
//! use wasm_bindgen::prelude::*;
//!
//! #[wasm_bindgen(start)]
//! fn main() {
//!     asupersync::launch(|cx| async move {
//!         let motto = asupersync::fetch(&cx, Request::get("/motto.txt")).await?;
//!         web_sys::console::log_1(&motto.text(&cx).await?.into());
//!         Ok::<_, Error>(())
//!     });
//! }
//! ```
#![forbid(unsafe_code)]

#[cfg(feature = "deterministic-mode")]
mod explore;
mod requirements;
mod runtime;

pub use asupersync_core::exec::sync;
pub use asupersync_core::exec::{
    AnyError, Body, BoxBody, BoxFuture, Capsule, Completer, Cx, Either, Error, HostOp, Interval,
    Jitter, JoinHandle, Live, MissedTicks, Outcome, PlatformFuture, PlatformSend, PlatformSync,
    Recording, ReplayError, Report, Result, Schedule, Scope, ScopeOptions, ScopePolicy, Tick,
    branch, join, select,
};
#[cfg(feature = "deterministic-mode")]
pub use asupersync_core::exec::{Explored, Fault, FaultyRun, Lab, LabRun};
pub use asupersync_core::{
    Budget, CancelKind, CancelReason, ErrorKind, Event, EventKind, Handle, HandleKind, HostOpKind,
    KernelConfig, KernelError, LeakPolicy, RegionLimits, Row, Time,
};
#[cfg(all(feature = "native-runtime", not(target_family = "wasm")))]
pub use asupersync_native::{AbandonedJob, NativeConfig, NativeRun, NativeRuntime, spawn_blocking};
#[cfg(all(feature = "tokio", not(target_family = "wasm")))]
pub use asupersync_native::{in_tokio, spawn_tokio};
#[cfg(all(feature = "browser-trace", target_family = "wasm"))]
pub use asupersync_wasm_core::web::rust::trace_json_lines;
#[cfg(all(feature = "wasm-runtime", target_family = "wasm"))]
pub use asupersync_wasm_core::web::rust::{BrowserConfig, BrowserRuntime};
#[cfg(all(feature = "browser-io", target_family = "wasm"))]
pub use asupersync_wasm_core::web::rust::{
    Closed, ClosedBy, Credentials, Message, Overflow, Request, RequestBody, Response,
    SocketOptions, WebSocket, fetch,
};

#[cfg(feature = "deterministic-mode")]
pub use explore::{TEST_SEEDS, explore, test};
#[cfg(all(feature = "native-runtime", not(target_family = "wasm")))]
pub use runtime::run;
pub use runtime::{BlockingRuntime, Runtime};
#[cfg(any(
    all(feature = "native-runtime", not(target_family = "wasm")),
    all(feature = "wasm-runtime", target_family = "wasm")
))]
pub use runtime::{DefaultRuntime, launch};

// The README's example is run as a test of this crate.
#[cfg(all(doctest, feature = "native-runtime"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
