//! The driver against a port that the tests hold: its turns, and what it refuses.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod driver;
mod fake_port;
mod hostile;
