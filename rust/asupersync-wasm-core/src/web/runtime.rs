//! Owns the runtime that JavaScript holds: the driver over the real port, with its capsules.
//!
//! JavaScript is never called while the driver is borrowed: `fetch` and `abort` may run user
//! code (a patched `fetch`, an abort listener), and that code may call back in.

use std::cell::RefCell;
use std::rc::Rc;

use asupersync_core::{ErrorKind, Handle, HostOpKind, KernelError};
use js_sys::{Function, Object};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::commands::number;
use crate::decode;
use crate::driver::{Driver, DriverConfig};
use crate::web::fetch::{AfterAbort, FetchCapsule, Fetches};
use crate::web::port::WebPort;

/// Code of a host operation's result: it gave its value, or it failed.
const RESULT_OK: f64 = 0.0;
const RESULT_ERR: f64 = 1.0;

#[derive(Debug)]
struct Inner {
    driver: Driver<WebPort>,
    fetches: Fetches,
}

/// One runtime of this realm.
#[derive(Clone, Debug)]
pub struct WebRuntime(Rc<RefCell<Inner>>);

impl WebRuntime {
    /// A runtime whose wake and timer call `pump`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidNumber`] for a hostile configuration.
    pub fn new(config: DriverConfig, pump: Function) -> Result<Self, KernelError> {
        let driver = Driver::new(config, WebPort::new(pump))?;
        Ok(Self(Rc::new(RefCell::new(Inner {
            driver,
            fetches: Fetches::default(),
        }))))
    }

    /// Gives one command to the driver. A runtime that is borrowed was stopped by a panic in
    /// the middle of a command.
    pub fn command(&self, command: impl FnOnce(&mut Driver<WebPort>) -> f64) -> f64 {
        match self.0.try_borrow_mut() {
            Ok(mut inner) => command(&mut inner.driver),
            Err(_) => -f64::from(ErrorKind::Poisoned.code()),
        }
    }

    /// Reads from the driver; `None` after a panic.
    pub fn query<T>(&self, query: impl FnOnce(&mut Driver<WebPort>) -> T) -> Option<T> {
        self.0
            .try_borrow_mut()
            .ok()
            .map(|mut inner| query(&mut inner.driver))
    }

    /// Turns the kernel, then carries out the aborts that it ordered of `fetch` capsules.
    pub fn turn(&self) -> usize {
        let Some((records, aborts)) = self.query(|driver| (driver.turn(), driver.take_aborts()))
        else {
            return 0;
        };
        for op in aborts {
            self.abort_fetch(op);
        }
        records
    }

    fn abort_fetch(&self, op: Handle) {
        let Ok(Some((controller, after))) = self
            .0
            .try_borrow_mut()
            .map(|mut inner| inner.fetches.abort(op))
        else {
            return;
        };
        controller.abort();
        if after == AfterAbort::Ended {
            self.end_fetch(op, RESULT_ERR);
        }
    }

    fn end_fetch(&self, op: Handle, code: f64) {
        if let Ok(mut inner) = self.0.try_borrow_mut() {
            // Stale when the operation was revoked meanwhile: then there is nothing to end.
            inner.driver.host_complete(number(op), code);
        }
    }

    /// Starts a request: the operation's handle, 0 if the task is being cancelled, or minus an
    /// error's code. Its headers or its failure come as the result of the wait `token`.
    pub fn fetch_start(&self, task: f64, token: f64, url: &str, init: &Object) -> f64 {
        let kind = f64::from(HostOpKind::Fetch as u8);
        let answer = self.command(|driver| driver.host_open(task, token, kind));
        let Ok(op) = decode::handle(answer) else {
            return answer;
        };
        if op.raw() == 0 {
            return answer;
        }
        match FetchCapsule::start(url, init) {
            Ok((capsule, promise)) => {
                if let Ok(mut inner) = self.0.try_borrow_mut() {
                    inner.fetches.insert(op, capsule);
                }
                let runtime = self.clone();
                spawn_local(async move {
                    let result = JsFuture::from(promise).await;
                    runtime.fetch_settled(op, result);
                });
                answer
            }
            // A realm without abort controllers: nothing was sent.
            Err(_) => self.host_complete(answer, RESULT_ERR),
        }
    }

    fn fetch_settled(&self, op: Handle, result: Result<JsValue, JsValue>) {
        let has_response = result.is_ok();
        if let Ok(mut inner) = self.0.try_borrow_mut() {
            inner
                .fetches
                .settled(op, result.unwrap_or_else(|failure| failure));
            let op_number = number(op);
            // A response that comes after the abort is let go like a failure: nobody waits.
            let is_cancelled = inner.driver.is_host_op_cancelled(op);
            if has_response && !is_cancelled {
                inner.driver.host_notify(op_number, RESULT_OK);
                return;
            }
            inner.driver.host_complete(op_number, RESULT_ERR);
            if is_cancelled {
                inner.fetches.remove(op);
            }
        }
    }

    /// The response or the failure of a request, once.
    #[must_use]
    pub fn fetch_take(&self, op: f64) -> JsValue {
        let (Ok(op), Ok(mut inner)) = (decode::handle(op), self.0.try_borrow_mut()) else {
            return JsValue::UNDEFINED;
        };
        inner.fetches.take(op).unwrap_or(JsValue::UNDEFINED)
    }

    /// Waits for the next result of a host operation.
    pub fn host_wait(&self, op: f64, token: f64) -> f64 {
        let answer = self.command(|driver| driver.host_wait(op, token));
        self.mark(op, answer, |fetches, op| fetches.reading(op, true));
        answer
    }

    /// Gives a host operation's wait its result.
    pub fn host_notify(&self, op: f64, code: f64) -> f64 {
        let answer = self.command(|driver| driver.host_notify(op, code));
        self.mark(op, answer, |fetches, op| fetches.reading(op, false));
        answer
    }

    /// Ends a host operation.
    pub fn host_complete(&self, op: f64, code: f64) -> f64 {
        let answer = self.command(|driver| driver.host_complete(op, code));
        self.mark(op, answer, Fetches::remove);
        answer
    }

    fn mark(&self, op: f64, answer: f64, change: impl FnOnce(&mut Fetches, Handle)) {
        if answer >= 0.0
            && let (Ok(op), Ok(mut inner)) = (decode::handle(op), self.0.try_borrow_mut())
        {
            change(&mut inner.fetches, op);
        }
    }

    /// Lets go of the wake and the timer, when the runtime has closed.
    pub fn release(&self) {
        if let Ok(mut inner) = self.0.try_borrow_mut() {
            inner.driver.port_mut().release();
        }
    }
}
