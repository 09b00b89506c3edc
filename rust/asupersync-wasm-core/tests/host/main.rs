//! The driver against a port that the tests hold: its turns, what it refuses, and what it answers.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test stops at the first surprise, and its random numbers are of every size"
)]

mod calls;
mod draw;
mod driver;
mod fake_port;
mod hostile;
mod model;
mod random;
mod semaphores;
