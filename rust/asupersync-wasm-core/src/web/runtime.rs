//! Owns the runtime that JavaScript holds: the driver over the real port, behind one borrow.
//!
//! Nothing of JavaScript is called from here but what the port calls to be turned again: requests,
//! sockets and promises are JavaScript's own, and known here by their numbers.

use std::cell::RefCell;

use asupersync_core::{ErrorKind, KernelError};
use js_sys::Function;

use crate::driver::{Driver, DriverConfig};
use crate::web::port::WebPort;

/// One runtime of this realm.
#[derive(Debug)]
pub struct WebRuntime(RefCell<Driver<WebPort>>);

impl WebRuntime {
    /// A runtime whose wake and timer call `pump`, the timer with `true`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidNumber`] for a hostile configuration.
    pub fn new(config: DriverConfig, pump: Function) -> Result<Self, KernelError> {
        let driver = Driver::new(config, WebPort::new(pump))?;
        Ok(Self(RefCell::new(driver)))
    }

    /// Gives one command to the driver. A runtime that is borrowed was stopped by a panic in
    /// the middle of a command.
    pub fn command(&self, command: impl FnOnce(&mut Driver<WebPort>) -> f64) -> f64 {
        match self.0.try_borrow_mut() {
            Ok(mut driver) => command(&mut driver),
            Err(_) => -f64::from(ErrorKind::Poisoned.code()),
        }
    }

    /// Reads from the driver; `None` after a panic.
    pub fn query<T>(&self, query: impl FnOnce(&mut Driver<WebPort>) -> T) -> Option<T> {
        self.0
            .try_borrow_mut()
            .ok()
            .map(|mut driver| query(&mut driver))
    }

    /// Turns the kernel; the address of the batch to deliver, or null where there is nothing.
    pub fn turn(&self) -> *const u32 {
        self.query(|driver| match driver.turn() {
            0 => core::ptr::null(),
            _ => driver.batch.address(),
        })
        .unwrap_or(core::ptr::null())
    }

    /// Notes that it was the timer that called the pump.
    pub fn note_timer(&self) {
        self.query(|driver| driver.port_mut().note_timer());
    }

    /// Lets go of the wake and the timer, when the runtime has closed.
    pub fn release(&self) {
        self.query(|driver| driver.port_mut().release());
    }
}
