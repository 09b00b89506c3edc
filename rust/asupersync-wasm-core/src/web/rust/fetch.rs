//! Owns the `fetch` capsule: one request and its response body, with the controller that aborts
//! both.
//!
//! ```text
//!            headers            reading               settled
//!  Waiting ──────────► Parked ◄───────────► Reading ──────────────► Parked
//!     │ abort, then       │ abort: nothing     │ abort, then the reader's promise rejects
//!     ▼ the rejection     ▼ else will end it   ▼
//!   ended               ended                ended
//! ```

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = fetch)]
    fn global_fetch(url: &str, init: &JsValue) -> Result<Promise, JsValue>;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Waiting,
    Parked,
    Reading,
}

/// What an aborted capsule still has to wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum AfterAbort {
    /// Its promise settles.
    Settles,
    /// Nothing.
    Ended,
}

/// One request and its response body.
#[derive(Debug)]
pub(super) struct FetchCapsule {
    controller: AbortController,
    stage: Stage,
}

impl FetchCapsule {
    /// Starts a request: the capsule, and the promise of its headers. `init` is the caller's own
    /// copy: the signal is set on it. A `fetch` that throws has sent nothing and gives the same
    /// as one that rejects.
    pub(super) fn start(url: &str, init: &Object) -> Result<(Self, Promise), JsValue> {
        let controller = AbortController::new()?;
        Reflect::set(init, &JsValue::from_str("signal"), &controller.signal())?;
        let promise = global_fetch(url, init).unwrap_or_else(|failure| Promise::reject(&failure));
        let stage = Stage::Waiting;
        Ok((Self { controller, stage }, promise))
    }

    /// The promise that was waited for, of the headers or of a read, has settled.
    pub(super) const fn settled(&mut self) {
        self.stage = Stage::Parked;
    }

    /// The body is being read: the reader's promise settles.
    pub(super) const fn reading(&mut self) {
        self.stage = Stage::Reading;
    }

    /// The controller, to abort with nothing borrowed, and what follows.
    pub(super) fn abort_by(&self) -> (AbortController, AfterAbort) {
        let after = match self.stage {
            Stage::Parked => AfterAbort::Ended,
            Stage::Waiting | Stage::Reading => AfterAbort::Settles,
        };
        (self.controller.clone(), after)
    }
}
