//! Owns what touches the browser: the port, the runtime that JavaScript holds, and by the feature
//! `rust-bodies` the runtime of apps that are Rust alone, with its capsules.

mod port;
mod runtime;
#[cfg(feature = "rust-bodies")]
pub mod rust;
#[cfg(feature = "rust-bodies")]
mod socket;
#[cfg(feature = "rust-bodies")]
mod timeout;

pub use port::WebPort;
pub use runtime::WebRuntime;
