//! Owns a timer that calls once, for what must end although no kernel waits for it any more.

use wasm_bindgen::prelude::*;

use crate::web::port::{clear_timeout, set_timeout};

/// Calls once after its time; dropped before that, never.
#[derive(Debug)]
pub(crate) struct Timeout {
    timer: JsValue,
    _call: Closure<dyn FnMut()>,
}

impl Timeout {
    pub(crate) fn new(ms: f64, call: impl FnOnce() + 'static) -> Self {
        let call = Closure::once(call);
        Self {
            timer: set_timeout(&call, ms),
            _call: call,
        }
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        clear_timeout(&self.timer);
    }
}
