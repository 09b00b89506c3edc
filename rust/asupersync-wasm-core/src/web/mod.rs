//! Owns what touches the browser: the ports, the capsules of requests and sockets, the runtime that
//! JavaScript holds, and the runtime of apps that are Rust alone.

mod fetch;
mod port;
mod runtime;
pub mod rust;
mod socket;
mod timeout;

pub use port::WebPort;
pub use runtime::WebRuntime;
