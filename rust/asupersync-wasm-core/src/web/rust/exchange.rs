//! Owns one request as a task's host operation: the capsule of the browser, the capsule of the
//! kernel, and the promise that is waited for.

use core::future::poll_fn;
use core::task::{Poll, Waker};
use std::cell::RefCell;
use std::rc::Rc;

use asupersync_core::exec::{Capsule, Cx, Result};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::failed;
use super::fetch::{AfterAbort, FetchCapsule};

/// A request under way or a response that may be read. Dropped before it is over, it is aborted
/// at the network, and its operation ends when the browser has let go.
#[derive(Debug)]
pub(super) struct Exchange(Rc<State>);

#[derive(Debug)]
struct State {
    fetch: RefCell<FetchCapsule>,
    /// `None` once the operation has ended.
    capsule: RefCell<Option<Capsule>>,
    /// What the promise that is waited for gave.
    settled: RefCell<Option<Result<JsValue, JsValue>>>,
    waker: RefCell<Option<Waker>>,
}

impl Exchange {
    /// Begins, with the promise of the response.
    pub(super) fn new(fetch: FetchCapsule, capsule: Capsule, headers: Promise) -> Self {
        let state = Rc::new(State {
            fetch: RefCell::new(fetch),
            capsule: RefCell::new(None),
            settled: RefCell::new(None),
            waker: RefCell::new(None),
        });
        let aborted = Rc::clone(&state);
        capsule.on_cancel(move || aborted.abort());
        *state.capsule.borrow_mut() = Some(capsule);
        state.listen(headers);
        Self(state)
    }

    /// Begins a read of the body, by what `read` asks of the response.
    pub(super) fn read(&self, read: Result<Promise, JsValue>) -> Result<()> {
        let promise = read.map_err(|thrown| failed(&thrown))?;
        self.0.fetch.borrow_mut().reading();
        self.0.listen(promise);
        Ok(())
    }

    /// Waits for the promise that was begun.
    pub(super) async fn settled(&self, cx: &Cx) -> Result<JsValue> {
        let settled = poll_fn(|context| match self.0.settled.take() {
            Some(settled) => Poll::Ready(settled),
            None => {
                *self.0.waker.borrow_mut() = Some(context.waker().clone());
                Poll::Pending
            }
        });
        cx.wait(settled).await?.map_err(|thrown| failed(&thrown))
    }

    /// Ends the operation: everything was read.
    pub(super) fn complete(&self) {
        if let Some(capsule) = self.0.capsule.take() {
            capsule.complete();
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.0.capsule.borrow().is_some() {
            self.0.abort();
        }
    }
}

impl State {
    fn listen(self: &Rc<Self>, promise: Promise) {
        let state = Rc::clone(self);
        spawn_local(async move {
            let settled = JsFuture::from(promise).await;
            state.settle(settled);
        });
    }

    fn settle(&self, settled: Result<JsValue, JsValue>) {
        self.fetch.borrow_mut().settled();
        *self.settled.borrow_mut() = Some(settled);
        let is_given_up = self.is_given_up();
        if is_given_up {
            self.end();
        }
        let waker = self.waker.take();
        waker.into_iter().for_each(Waker::wake);
    }

    fn is_given_up(&self) -> bool {
        let (controller, _) = self.fetch.borrow().abort_by();
        controller.signal().aborted()
    }

    fn abort(&self) {
        let (controller, after) = self.fetch.borrow().abort_by();
        // With nothing borrowed: a listener of the signal may be code of others.
        controller.abort();
        if after == AfterAbort::Ended {
            self.end();
        }
    }

    /// The operation ends as one that was given up.
    fn end(&self) {
        drop(self.capsule.take());
    }
}
