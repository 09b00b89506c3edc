//! A port for tests: a clock that stands still until it is told, and a count of what was armed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asupersync_wasm_core::{Driver, DriverConfig, Port};

/// What a driver asked of its port, in order.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Armed {
    Microtask,
    Macrotask,
    Timer(f64),
    TimerIdle,
    TimerHeld,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct FakePort {
    pub(crate) now: Rc<Cell<f64>>,
    pub(crate) armed: Rc<RefCell<Vec<Armed>>>,
    pub(crate) fired: Rc<Cell<bool>>,
}

impl FakePort {
    pub(crate) fn taken(&self) -> Vec<Armed> {
        self.armed.borrow_mut().drain(..).collect()
    }

    pub(crate) fn pass(&self, ms: f64) {
        self.now.set(self.now.get() + ms);
    }

    /// The timer goes off, `ms` after now.
    pub(crate) fn fire(&self, ms: f64) {
        self.pass(ms);
        self.fired.set(true);
    }

    fn arm(&self, armed: Armed) {
        self.armed.borrow_mut().push(armed);
    }
}

impl Port for FakePort {
    fn now_ms(&self) -> f64 {
        self.now.get()
    }
    fn arm_microtask(&mut self) {
        self.arm(Armed::Microtask);
    }
    fn arm_macrotask(&mut self) {
        self.arm(Armed::Macrotask);
    }
    fn arm_timer(&mut self, ms: f64) {
        self.arm(Armed::Timer(ms));
    }
    fn idle_timer(&mut self) {
        self.arm(Armed::TimerIdle);
    }
    fn hold_timer(&mut self) {
        self.arm(Armed::TimerHeld);
    }
    fn take_timer_fired(&mut self) -> bool {
        self.fired.take()
    }
}

pub(crate) const CONFIG: DriverConfig = DriverConfig {
    seed: 1.0,
    ..DriverConfig::DEFAULT
};

pub(crate) fn driver() -> (Driver<FakePort>, FakePort) {
    let port = FakePort::default();
    let driver = Driver::new(CONFIG, port.clone()).expect("a sane configuration");
    (driver, port)
}

/// The records of the current batch: (code, slot, token, aux).
pub(crate) fn records(driver: &Driver<FakePort>) -> Vec<(u32, u32, u32, u32)> {
    driver
        .records()
        .chunks(4)
        .map(|r| (r[0], r[1], r[2], r[3]))
        .collect()
}
