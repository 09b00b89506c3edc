//! The `wasm-bindgen` surface: one line a call, the panic hook, nothing else.
//!
//! What the calls mean is said in `asupersync-wasm-core`; natively this crate is empty.

#![forbid(unsafe_code)]

#[cfg(target_arch = "wasm32")]
mod kernel;
#[cfg(target_arch = "wasm32")]
mod panic;

#[cfg(target_arch = "wasm32")]
pub use kernel::{Kernel, abi_version, panic_message, tier};
