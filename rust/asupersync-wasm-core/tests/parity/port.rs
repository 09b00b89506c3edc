//! Owns virtual time: a port whose clock stands still until a scenario lets it pass.

use std::cell::Cell;
use std::rc::Rc;

use asupersync_wasm_core::Port;

/// The scenarios turn the driver themselves, so what it arms need not be kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct VirtualPort(Rc<Cell<f64>>);

impl VirtualPort {
    pub(crate) fn pass(&self, ms: f64) {
        self.0.set(self.0.get() + ms);
    }
}

impl Port for VirtualPort {
    fn now_ms(&self) -> f64 {
        self.0.get()
    }
    fn arm_microtask(&mut self) {}
    fn arm_macrotask(&mut self) {}
    fn arm_timer(&mut self, _ms: f64) {}
    fn idle_timer(&mut self) {}
    fn hold_timer(&mut self) {}
    fn take_timer_fired(&mut self) -> bool {
        false
    }
}
