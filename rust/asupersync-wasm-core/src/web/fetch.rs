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

/// What an aborted capsule still has to wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AfterAbort {
    /// Its promise settles.
    Settles,
    /// Nothing.
    Ended,
}

/// One request and its response body.
#[derive(Debug)]
pub(crate) struct FetchCapsule {
    controller: AbortController,
    stage: Stage,
}

impl FetchCapsule {
    /// Starts a request: the capsule, and the promise of its headers. `init` is the caller's own
    /// copy: the signal is set on it. A `fetch` that throws has sent nothing and gives the same
    /// as one that rejects.
    pub(crate) fn start(url: &str, init: &Object) -> Result<(Self, Promise), JsValue> {
        let controller = AbortController::new()?;
        Reflect::set(init, &JsValue::from_str("signal"), &controller.signal())?;
        let promise = global_fetch(url, init).unwrap_or_else(|failure| Promise::reject(&failure));
        let stage = Stage::Waiting;
        Ok((Self { controller, stage }, promise))
    }

    /// The promise that was waited for, of the headers or of a read, has settled.
    pub(crate) const fn settled(&mut self) {
        self.stage = Stage::Parked;
    }

    /// The body is being read: the reader's promise settles.
    pub(crate) const fn reading(&mut self) {
        self.stage = Stage::Reading;
    }

    /// The controller, to abort with nothing borrowed, and what follows.
    pub(crate) fn abort_by(&self) -> (AbortController, AfterAbort) {
        let after = match self.stage {
            Stage::Parked => AfterAbort::Ended,
            Stage::Waiting | Stage::Reading => AfterAbort::Settles,
        };
        (self.controller.clone(), after)
    }
}

#[derive(Debug)]
struct Entry {
    op: Handle,
    capsule: FetchCapsule,
    /// The response, or what the request failed with, until JavaScript takes it.
    result: Option<JsValue>,
}

/// The open capsules of JavaScript bodies, by slot.
#[derive(Debug, Default)]
pub(crate) struct Fetches(Slots<Entry>);

impl Fetches {
    pub(crate) fn insert(&mut self, op: Handle, capsule: FetchCapsule) {
        let entry = Entry {
            op,
            capsule,
            result: None,
        };
        self.0.insert(op.slot(), entry);
    }

    fn of(&mut self, op: Handle) -> Option<&mut Entry> {
        self.0.get_mut(op.slot()).filter(|entry| entry.op == op)
    }

    /// The request has its response or its failure.
    pub(crate) fn settled(&mut self, op: Handle, result: JsValue) {
        if let Some(entry) = self.of(op) {
            entry.capsule.settled();
            entry.result = Some(result);
        }
    }

    /// The response or failure, once.
    pub(crate) fn take(&mut self, op: Handle) -> Option<JsValue> {
        self.of(op)?.result.take()
    }

    pub(crate) fn reading(&mut self, op: Handle, is_reading: bool) {
        if let Some(entry) = self.of(op) {
            if is_reading {
                entry.capsule.reading();
            } else {
                entry.capsule.settled();
            }
        }
    }

    /// The controller of an operation that is to be aborted, and what follows.
    pub(crate) fn abort(&mut self, op: Handle) -> Option<(AbortController, AfterAbort)> {
        Some(self.of(op)?.capsule.abort_by())
    }

    pub(crate) fn remove(&mut self, op: Handle) {
        if self.of(op).is_some() {
            self.0.remove(op.slot());
        }
    }
}
