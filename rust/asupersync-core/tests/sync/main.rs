//! Channels and locks of Rust bodies, in the lab with a hundred seeds each: order, cancellation
//! and dropping in the middle, closing, leaks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod barrier;
mod broadcast;
mod channel;
mod leaks;
mod mutex;
mod notify;
mod oneshot;
mod random;
mod semaphore;
mod streams;
mod support;
mod watch;
