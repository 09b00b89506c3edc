//! Owns what touches the browser: the port of the driver, and the `fetch` capsule.

mod fetch;
mod port;
mod runtime;

pub use port::WebPort;
pub use runtime::WebRuntime;
