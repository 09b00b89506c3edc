//! Owns the turn: when the kernel runs, for how long, and how it is woken again.
//!
//! One wake and one timer are armed at a time. Work that becomes runnable outside a turn arms a
//! microtask. Turns go on until the slice is used up; then a macrotask is armed, so that the page
//! paints and takes input. A slice is measured in time and not by the kernel falling idle: a body
//! that awaits a checkpoint in a loop leaves the kernel idle between any two microtasks, and must
//! be interrupted all the same.

use asupersync_core::{Effect, Handle, HostOpState, Kernel, Result, Time};

pub use crate::config::DriverConfig;
use crate::decode;
use crate::encode::Batch;
use crate::reasons::Reasons;

/// What the driver needs from its surroundings. Nothing here may call back into the driver
/// before it returns.
pub trait Port {
    /// Milliseconds of a monotonic clock.
    fn now_ms(&self) -> f64;
    /// Has the pump called in a microtask.
    fn arm_microtask(&mut self);
    /// Has the pump called in a task of its own.
    fn arm_macrotask(&mut self);
    /// Has the pump called in `ms` milliseconds, in place of the timer armed before.
    fn arm_timer(&mut self, ms: f64);
    /// Says that nobody waits for the armed timer for now. It may go off all the same, but must
    /// not keep the realm alive. Cheaper than to disarm it, since the next wait is often near.
    fn idle_timer(&mut self);
    /// Says that the armed timer is waited for again.
    fn hold_timer(&mut self);
    /// Whether the armed timer has gone off since the last call. The clock cannot tell: a timer
    /// may go off before the time it was armed for, by the clock's own resolution.
    fn take_timer_fired(&mut self) -> bool;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wake {
    None,
    Microtask,
    Macrotask,
}

/// The kernel and its browser driver.
#[derive(Debug)]
pub struct Driver<P> {
    pub(crate) kernel: Kernel,
    pub(crate) port: P,
    pub(crate) reasons: Reasons,
    pub(crate) batch: Batch,
    pub(crate) rows: Vec<u32>,
    effects: Vec<Effect>,
    aborts: Vec<Handle>,
    wake: Wake,
    /// Between a turn that gave records and the call that ends their delivery: commands need
    /// arm nothing, the pump turns again by itself.
    delivering: bool,
    /// The port's clock when the kernel's was zero.
    zero_ms: f64,
    slice_ms: f64,
    slice_start_ms: f64,
    last_turn_ms: f64,
    armed_for: Time,
    holds_timer: bool,
}

impl<P: Port> Driver<P> {
    /// A driver with an open runtime.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidNumber`](asupersync_core::ErrorKind) for a hostile configuration.
    pub fn new(config: DriverConfig, port: P) -> Result<Self> {
        let kernel = Kernel::new(&config.kernel()?);
        decode::millis(config.slice_ms)?;
        let now = port.now_ms();
        Ok(Self {
            kernel,
            port,
            reasons: Reasons::default(),
            batch: Batch::default(),
            rows: Vec::new(),
            effects: Vec::new(),
            aborts: Vec::new(),
            wake: Wake::None,
            delivering: false,
            zero_ms: now,
            slice_ms: config.slice_ms,
            slice_start_ms: now,
            last_turn_ms: now,
            armed_for: Time::NEVER,
            holds_timer: false,
        })
    }

    /// Runs the kernel once and gives the number of records to deliver. 0 means that there is
    /// nothing now: a wake or the timer is armed if anything is to come.
    pub fn turn(&mut self) -> usize {
        let now_ms = self.port.now_ms();
        let new_slice = self.wake == Wake::Macrotask || now_ms - self.last_turn_ms > self.slice_ms;
        if new_slice {
            self.slice_start_ms = now_ms;
        }
        self.wake = Wake::None;
        if self.port.take_timer_fired() {
            self.armed_for = Time::NEVER;
            self.holds_timer = false;
        }
        self.last_turn_ms = now_ms;
        self.batch.clear();
        self.reasons.clear();
        if now_ms - self.slice_start_ms > self.slice_ms && self.kernel.is_runnable() {
            self.delivering = false;
            self.arm(Wake::Macrotask);
            return 0;
        }
        let now = self.time_at(now_ms);
        self.kernel.tick(now);
        let mut effects = core::mem::take(&mut self.effects);
        self.kernel.take_effects_into(&mut effects);
        for effect in &effects {
            if let Effect::HostCancel { op, .. } = effect {
                self.aborts.push(*op);
            }
            self.batch.push_effect(effect, &mut self.reasons);
        }
        self.effects = effects;
        self.delivering = !self.batch.is_empty();
        if !self.delivering {
            self.settle_wake();
        }
        self.batch.len()
    }

    /// Ends the delivery of a batch before the kernel is idle, so that the bodies that it
    /// resumed can run; the pump is called again if there is more to do.
    pub fn pause(&mut self) {
        self.delivering = false;
        self.settle_wake();
    }

    /// Whether the host operation `op` was ordered to abort, or has ended.
    #[must_use]
    pub fn is_host_op_cancelled(&self, op: Handle) -> bool {
        self.kernel.host_op_state(op) != Ok(HostOpState::Submitted)
    }

    /// The port, to let go of what it holds.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// Host operations that the last turns ordered to be aborted.
    pub fn take_aborts(&mut self) -> Vec<Handle> {
        core::mem::take(&mut self.aborts)
    }

    /// Does what every command ends with: arms a wake if the command made work and nothing is
    /// armed that would find it.
    pub(crate) fn after_command(&mut self) {
        if !self.delivering && self.wake == Wake::None {
            self.wake_if_needed();
        }
    }

    fn wake_if_needed(&mut self) {
        let is_earlier = self
            .kernel
            .next_deadline()
            .is_some_and(|at| at < self.armed_for);
        if self.kernel.is_runnable() || is_earlier {
            self.arm(Wake::Microtask);
        }
    }

    fn settle_wake(&mut self) {
        if self.kernel.is_runnable() {
            if self.wake == Wake::None {
                self.arm(Wake::Microtask);
            }
            return;
        }
        match self.kernel.next_deadline() {
            None if self.holds_timer => {
                self.holds_timer = false;
                self.port.idle_timer();
            }
            None => {}
            Some(at) if at < self.armed_for => {
                self.armed_for = at;
                self.holds_timer = true;
                let wait_ns = at.as_nanos().saturating_sub(self.kernel.now().as_nanos());
                self.port.arm_timer(to_ms(wait_ns));
            }
            // A timer armed too early is left: it finds nothing due and arms the next.
            Some(_) if !self.holds_timer => {
                self.holds_timer = true;
                self.port.hold_timer();
            }
            Some(_) => {}
        }
    }

    fn arm(&mut self, wake: Wake) {
        self.wake = wake;
        match wake {
            Wake::None => {}
            Wake::Microtask => self.port.arm_microtask(),
            Wake::Macrotask => self.port.arm_macrotask(),
        }
    }

    /// Kernel time now, told to the kernel: commands that name a time or a reason need it fresh.
    pub(crate) fn sample(&mut self) -> Time {
        let now = self.time_at(self.port.now_ms());
        self.kernel.advance(now);
        self.kernel.now()
    }

    /// Runtime time now, in milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> f64 {
        self.port.now_ms() - self.zero_ms
    }

    fn time_at(&self, ms: f64) -> Time {
        Time::from_nanos(decode::millis((ms - self.zero_ms).max(0.0)).unwrap_or(0))
    }

    /// A number that moves whenever anything in the tree may have changed.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "2^53 events take centuries")]
    pub fn revision(&self) -> f64 {
        self.kernel.counters().events as f64
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a timer's length needs no more than 53 bits"
)]
pub(crate) fn to_ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}
