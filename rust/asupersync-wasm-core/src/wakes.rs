//! Owns when a driver is called again: one wake, one timer, slices that end.
//!
//! One wake and one timer are armed at a time. Work that becomes runnable outside a turn arms a
//! microtask. Turns go on until the slice is used up; then a macrotask is armed, so that the page
//! paints and takes input. A slice is measured in time and not by the kernel falling idle: a body
//! that awaits a checkpoint in a loop leaves the kernel idle between any two microtasks, and must
//! be interrupted all the same.

use asupersync_core::Time;

use crate::decode;

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

/// Arms the wake and the timer of one driver, over its port.
#[derive(Debug)]
pub(crate) struct Wakes<P> {
    port: P,
    wake: Wake,
    /// The port's clock when the kernel's was zero.
    zero_ms: f64,
    slice_ms: f64,
    slice_start_ms: f64,
    last_turn_ms: f64,
    /// The last turn left work, or bodies to deliver to: time that passes then is the driver's
    /// own, and no pause that the page had.
    is_busy: bool,
    armed_for: Time,
    holds_timer: bool,
}

impl<P: Port> Wakes<P> {
    /// Kernel time begins now; a slice lasts `slice_ms`.
    pub(crate) fn new(port: P, slice_ms: f64) -> Self {
        let now = port.now_ms();
        Self {
            port,
            wake: Wake::None,
            zero_ms: now,
            slice_ms,
            slice_start_ms: now,
            last_turn_ms: now,
            is_busy: false,
            armed_for: Time::NEVER,
            holds_timer: false,
        }
    }

    pub(crate) fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// Begins a turn: kernel time to turn at, or `None` when there is work, or a deadline that is
    /// over, but the slice is used up. Then a macrotask is armed, and nothing is to be done
    /// before it.
    pub(crate) fn begin_turn(
        &mut self,
        is_runnable: bool,
        next_deadline: Option<Time>,
    ) -> Option<Time> {
        let now_ms = self.port.now_ms();
        let has_timer_fired = self.port.take_timer_fired();
        let was_idle = !self.is_busy && now_ms - self.last_turn_ms > self.slice_ms;
        if self.wake == Wake::Macrotask || has_timer_fired || was_idle {
            self.slice_start_ms = now_ms;
        }
        self.wake = Wake::None;
        if has_timer_fired {
            self.armed_for = Time::NEVER;
            self.holds_timer = false;
        }
        self.last_turn_ms = now_ms;
        let now = self.time_at(now_ms);
        // A body that sleeps for no time is no less busy than one at a checkpoint.
        let has_work = is_runnable || next_deadline.is_some_and(|at| at <= now);
        if self.is_used_up(now_ms) && has_work {
            self.arm(Wake::Macrotask);
            return None;
        }
        Some(now)
    }

    /// Whether the slice has time left, for a turn that runs bodies itself.
    #[cfg(all(target_arch = "wasm32", feature = "rust-bodies"))]
    pub(crate) fn has_time(&self) -> bool {
        !self.is_used_up(self.port.now_ms())
    }

    /// Notes that the turn gave its caller work to carry out, after which it turns again.
    pub(crate) const fn has_delivery(&mut self) {
        self.is_busy = true;
    }

    /// Notes the end of a turn that ran bodies itself: the time that it took is no pause that the
    /// page had.
    #[cfg(all(target_arch = "wasm32", feature = "rust-bodies"))]
    pub(crate) fn has_turned(&mut self) {
        self.last_turn_ms = self.port.now_ms();
    }

    fn is_used_up(&self, now_ms: f64) -> bool {
        now_ms - self.slice_start_ms > self.slice_ms
    }

    /// Does what every command outside a turn ends with: arms a wake if there is work, or a
    /// deadline before the armed timer's, and nothing is armed that would find it.
    pub(crate) fn work_came(&mut self, is_runnable: bool, next_deadline: Option<Time>) {
        let is_earlier = next_deadline.is_some_and(|at| at < self.armed_for);
        if self.wake == Wake::None && (is_runnable || is_earlier) {
            self.arm(Wake::Microtask);
        }
    }

    /// Ends a turn, at the kernel time `now`: arms a wake if there is work, else the timer for the
    /// next deadline.
    pub(crate) fn settle(&mut self, now: Time, is_runnable: bool, next_deadline: Option<Time>) {
        self.is_busy = is_runnable;
        if is_runnable {
            if self.wake == Wake::None {
                self.arm(Wake::Microtask);
            }
            return;
        }
        match next_deadline {
            None if self.holds_timer => {
                self.holds_timer = false;
                self.port.idle_timer();
            }
            None => {}
            Some(at) if at < self.armed_for => {
                self.armed_for = at;
                self.holds_timer = true;
                let wait_ns = at.as_nanos().saturating_sub(now.as_nanos());
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

    /// Kernel time now.
    pub(crate) fn now(&self) -> Time {
        self.time_at(self.port.now_ms())
    }

    /// Kernel time now, in milliseconds.
    pub(crate) fn now_ms(&self) -> f64 {
        self.port.now_ms() - self.zero_ms
    }

    fn time_at(&self, ms: f64) -> Time {
        Time::from_nanos(decode::millis((ms - self.zero_ms).max(0.0)).unwrap_or(0))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a timer's length needs no more than 53 bits"
)]
pub(crate) fn to_ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}
