//! The browser's side of the kernel: its drivers, for JavaScript bodies and for Rust bodies, and the
//! ABI that JavaScript calls.
//!
//! [`abi`] is the one table of codes; [`decode`] makes typed values of hostile numbers, and
//! [`DriverConfig`] a configuration; [`encode`] makes records of effects, [`events`] a text of the
//! trace; [`Driver`] turns the kernel for JavaScript, whose calls are [`commands`], [`semaphores`] and
//! [`queries`];
//! `wakes` decides when a driver turns again. All of that runs natively too, over a [`Port`] that a
//! test supplies. `web` is the real port and the runtime that JavaScript holds; it exists in wasm
//! only. With the feature `rust-bodies` it has the runtime of Rust bodies too, and their capsules of
//! requests and sockets: JavaScript has its own.

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
pub mod semaphores;
mod wakes;
#[cfg(target_arch = "wasm32")]
pub mod web;

pub use config::CONFIG_NUMBERS;
pub use driver::{Driver, DriverConfig};
pub use wakes::Port;
