//! The browser's side of the kernel: a driver that turns it, and the ABI that JavaScript calls.
//!
//! [`abi`] is the one table of codes; [`decode`] makes typed values of hostile numbers;
//! [`encode`] makes records of effects; [`Driver`] holds the kernel and decides when to wake;
//! [`commands`] are the calls. All of that runs natively too, over a [`Port`] that a test
//! supplies. `web` is the real port and the `fetch` capsule, and exists in wasm only.

#![forbid(unsafe_code)]

pub mod abi;
pub mod commands;
mod config;
pub mod decode;
mod driver;
pub mod encode;
pub mod events;
pub mod queries;
mod reasons;
#[cfg(target_arch = "wasm32")]
mod slots;
mod wakes;
#[cfg(target_arch = "wasm32")]
pub mod web;

pub use config::CONFIG_NUMBERS;
pub use driver::{Driver, DriverConfig};
pub use wakes::Port;
