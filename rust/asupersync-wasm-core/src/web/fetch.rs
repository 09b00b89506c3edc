//! Owns the `fetch` capsule: one request and its response body, with the controller that aborts
//! both.
//!
//! ```text
//!            headers            host_wait             host_notify
//!  Waiting ──────────► Parked ◄───────────► Reading ──────────────► Parked
//!     │ abort, then       │ abort: nothing     │ abort, then the reader's promise rejects
//!     ▼ the rejection     ▼ else will end it   ▼
//!   ended               ended                ended
//! ```

use asupersync_core::Handle;
use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

use crate::slots::Slots;

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

#[derive(Debug)]
struct Capsule {
    op: Handle,
    controller: AbortController,
    stage: Stage,
    /// The response, or what the request failed with, until JavaScript takes it.
    result: Option<JsValue>,
}

/// What an aborted capsule still has to wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AfterAbort {
    /// Its promise settles.
    Settles,
    /// Nothing.
    Ended,
}

/// The open capsules, by slot.
#[derive(Debug, Default)]
pub(crate) struct Fetches(Slots<Capsule>);

impl Fetches {
    /// Starts a request. `init` is the SDK's own copy: the signal is set on it.
    pub(crate) fn start(url: &str, init: &Object) -> Result<(AbortController, Promise), JsValue> {
        let controller = AbortController::new()?;
        Reflect::set(init, &JsValue::from_str("signal"), &controller.signal())?;
        let promise = global_fetch(url, init)?;
        Ok((controller, promise))
    }

    pub(crate) fn insert(&mut self, op: Handle, controller: AbortController) {
        let capsule = Capsule {
            op,
            controller,
            stage: Stage::Waiting,
            result: None,
        };
        self.0.insert(op.slot(), capsule);
    }

    fn of(&mut self, op: Handle) -> Option<&mut Capsule> {
        self.0.get_mut(op.slot()).filter(|capsule| capsule.op == op)
    }

    /// The request has its response or its failure.
    pub(crate) fn settled(&mut self, op: Handle, result: JsValue) {
        if let Some(capsule) = self.of(op) {
            capsule.stage = Stage::Parked;
            capsule.result = Some(result);
        }
    }

    /// The response or failure, once.
    pub(crate) fn take(&mut self, op: Handle) -> Option<JsValue> {
        self.of(op)?.result.take()
    }

    pub(crate) fn reading(&mut self, op: Handle, is_reading: bool) {
        if let Some(capsule) = self.of(op) {
            capsule.stage = if is_reading {
                Stage::Reading
            } else {
                Stage::Parked
            };
        }
    }

    /// The controller of an operation that is to be aborted, and what follows.
    pub(crate) fn abort(&mut self, op: Handle) -> Option<(AbortController, AfterAbort)> {
        let capsule = self.of(op)?;
        let after = if capsule.stage == Stage::Parked {
            AfterAbort::Ended
        } else {
            AfterAbort::Settles
        };
        Some((capsule.controller.clone(), after))
    }

    pub(crate) fn remove(&mut self, op: Handle) {
        if self.of(op).is_some() {
            self.0.remove(op.slot());
        }
    }
}
