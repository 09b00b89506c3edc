//! Owns the runtime of apps that are Rust alone: futures on the kernel, turned by the page's event
//! loop, with `fetch` and WebSockets that belong to their tasks.
//!
//! The wake, the slices and the timer are those that JavaScript bodies have; the capsules are its own.

mod exchange;
mod fetch;
mod host;
mod message;
mod request;
mod response;
mod runtime;
mod trace;
mod websocket;

pub use message::{Closed, ClosedBy, Message, Overflow, SocketOptions};
pub use request::{Credentials, Request, RequestBody, fetch};
pub use response::Response;
pub use runtime::{BrowserConfig, BrowserRuntime};
pub use trace::trace_json_lines;
pub use websocket::WebSocket;

use asupersync_core::exec::Error;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(message: &str);
}

/// Says on the console that a program has failed, and why.
pub fn report_failure(message: &str) {
    console_error(message);
}

/// What JavaScript threw or rejected with, as an error of a wait.
fn failed(thrown: &JsValue) -> Error {
    let message = match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.to_string()),
        None => format!("{thrown:?}"),
    };
    Error::Failed(message.into())
}
