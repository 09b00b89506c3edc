//! Owns the turn for JavaScript bodies: the kernel runs once, and its effects become records.

use asupersync_core::{Effect, Kernel, Result, Time};

pub use crate::config::DriverConfig;
use crate::decode;
use crate::encode::Batch;
use crate::reasons::Reasons;
use crate::wakes::{Port, Wakes};

/// The kernel and its browser driver.
#[derive(Debug)]
pub struct Driver<P> {
    pub(crate) kernel: Kernel,
    wakes: Wakes<P>,
    pub(crate) reasons: Reasons,
    pub(crate) batch: Batch,
    pub(crate) rows: Vec<u32>,
    effects: Vec<Effect>,
    /// Between a turn that gave records and the call that ends their delivery: commands need
    /// arm nothing, the pump turns again by itself.
    delivering: bool,
    /// Events by the time that the invariants were checked last.
    #[cfg(feature = "checks")]
    checked_events: u64,
}

impl<P: Port> Driver<P> {
    /// A driver with an open runtime.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidNumber`](asupersync_core::ErrorKind) for a hostile configuration.
    pub fn new(config: DriverConfig, port: P) -> Result<Self> {
        let kernel = Kernel::new(&config.kernel()?);
        decode::millis(config.slice_ms)?;
        Ok(Self {
            kernel,
            wakes: Wakes::new(port, config.slice_ms),
            reasons: Reasons::default(),
            batch: Batch::default(),
            rows: Vec::new(),
            effects: Vec::new(),
            delivering: false,
            #[cfg(feature = "checks")]
            checked_events: 0,
        })
    }

    /// Runs the kernel once and gives the number of records to deliver. 0 means that there is
    /// nothing now: a wake or the timer is armed if anything is to come.
    pub fn turn(&mut self) -> usize {
        self.batch.clear();
        self.reasons.clear();
        let (is_runnable, next) = (self.kernel.is_runnable(), self.kernel.next_deadline());
        let Some(now) = self.wakes.begin_turn(is_runnable, next) else {
            self.delivering = false;
            return 0;
        };
        self.kernel.tick(now);
        #[cfg(feature = "checks")]
        self.check_itself();
        let mut effects = core::mem::take(&mut self.effects);
        self.kernel.take_effects_into(&mut effects);
        for effect in &effects {
            self.batch.push_effect(effect, &mut self.reasons);
        }
        self.effects = effects;
        self.delivering = !self.batch.is_empty();
        if self.delivering {
            self.wakes.has_delivery();
        } else {
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

    /// The port, to let go of what it holds.
    pub fn port_mut(&mut self) -> &mut P {
        self.wakes.port_mut()
    }

    /// Does what every command ends with: arms a wake if the command made work and nothing is
    /// armed that would find it. Out of line: there are forty commands.
    #[inline(never)]
    pub(crate) fn after_command(&mut self) {
        if !self.delivering {
            self.wakes
                .work_came(self.kernel.is_runnable(), self.kernel.next_deadline());
        }
    }

    /// Stops on a broken invariant. A check looks at all that is live, so there is one as soon as
    /// as many events have come since the last: O(log n) an event.
    #[cfg(feature = "checks")]
    fn check_itself(&mut self) {
        let counters = self.kernel.counters();
        let live = [
            counters.regions_live,
            counters.tasks_live,
            counters.host_ops_live,
            counters.obligations_live,
            counters.timers_live,
        ];
        let live: u64 = live.into_iter().map(u64::from).sum();
        if counters.events - self.checked_events >= live {
            self.checked_events = counters.events;
            let checked = self.kernel.check_invariants();
            assert!(checked.is_ok(), "a broken invariant: {checked:?}");
        }
    }

    fn settle_wake(&mut self) {
        let (is_runnable, next) = (self.kernel.is_runnable(), self.kernel.next_deadline());
        self.wakes.settle(self.kernel.now(), is_runnable, next);
    }

    /// Kernel time now, told to the kernel: commands that name a time or a reason need it fresh.
    pub(crate) fn sample(&mut self) -> Time {
        self.kernel.advance(self.wakes.now());
        self.kernel.now()
    }

    /// Runtime time now, in milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> f64 {
        self.wakes.now_ms()
    }

    /// A number that moves whenever anything in the tree may have changed.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "2^53 events take centuries")]
    pub fn revision(&self) -> f64 {
        self.kernel.counters().events as f64
    }
}
