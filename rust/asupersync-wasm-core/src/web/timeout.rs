//! Owns a timer that calls once, for what must end although no kernel waits for it any more.

use wasm_bindgen::prelude::*;

use crate::web::port::{TIMEOUT_MS_MAX, clear_timeout, set_timeout};

/// Calls once after its time; dropped before that, never.
#[derive(Debug)]
pub(crate) struct Timeout {
    timer: JsValue,
    _call: Closure<dyn FnMut()>,
}

impl Timeout {
    /// Calls in `ms` milliseconds, or in the 24 days that are the longest a browser can wait.
    pub(crate) fn new(ms: f64, call: impl FnOnce() + 'static) -> Self {
        let call = Closure::once(call);
        Self {
            timer: set_timeout(call.as_ref().unchecked_ref(), ms.min(TIMEOUT_MS_MAX)),
            _call: call,
        }
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        clear_timeout(&self.timer);
    }
}
