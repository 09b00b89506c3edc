//! Owns the calls that change nothing: reasons, snapshot, counters, hashes, events.

use std::sync::Arc;

use asupersync_core::{CancelReason, HandleKind, Violation};

use crate::decode;
use crate::driver::Driver;
use crate::wakes::{Port, to_ms};

/// Numbers in one snapshot row: kind, slot, parent's kind, parent's slot, state, cancel kind + 1,
/// and the detail: a region's policy, the kind of a host operation or of an obligation.
pub const ROW_WORDS: usize = 7;

/// Numbers in one event: seq, time in ms, kind, subject's handle, detail.
pub const EVENT_NUMBERS: usize = 5;

/// Among the facts of a reason: causes were cut from its chain. The kind is below it.
pub const REASON_TRUNCATED: u32 = 16;

/// Among the facts of a reason: its requester said something.
pub const REASON_HAS_MESSAGE: u32 = 32;

/// What the number of the cause is multiplied by in the facts of a reason.
pub const REASON_CAUSE: u32 = 64;

impl<P: Port> Driver<P> {
    /// The live handle of a task at `slot`, or 0.
    #[must_use]
    pub fn task_at(&self, slot: f64) -> f64 {
        decode::word(slot, "a slot")
            .ok()
            .and_then(|slot| self.kernel.handle_at(HandleKind::Task, slot))
            .map_or(0.0, crate::commands::number)
    }

    /// Where the live thing named by a handle of any kind stands: a code of the group of its
    /// kind's states, or minus an error's code.
    #[must_use]
    pub fn state(&self, handle: f64) -> f64 {
        let kernel = &self.kernel;
        let state = decode::handle(handle).and_then(|handle| match handle.kind() {
            Some(HandleKind::Region) => kernel.region_state(handle).map(|state| state as u8),
            Some(HandleKind::HostOp) => kernel.host_op_state(handle).map(|state| state as u8),
            Some(HandleKind::Obligation) => {
                kernel.obligation_state(handle).map(|state| state as u8)
            }
            Some(HandleKind::Semaphore) => kernel
                .semaphore_status(handle)
                .map(|status| status.state as u8),
            Some(HandleKind::Task) | None => kernel.task_state(handle).map(|state| state as u8),
        });
        state.map_or_else(crate::commands::refusal, f64::from)
    }

    /// Number of the reason that a live task is cancelled for, or 0.
    pub fn task_reason(&mut self, task: f64) -> u32 {
        let found = decode::handle(task).and_then(|task| self.kernel.task_reason(task));
        self.reasons.enter_some(found.ok().flatten().as_ref())
    }

    /// Number of the reason that a live region is cancelled for, or 0.
    pub fn region_reason(&mut self, region: f64) -> u32 {
        let found = decode::handle(region).and_then(|region| self.kernel.region_reason(region));
        self.reasons.enter_some(found.ok().flatten().as_ref())
    }

    /// A reason of the current batch.
    #[must_use]
    pub fn reason(&self, id: u32) -> Option<&Arc<CancelReason>> {
        self.reasons.get(id)
    }

    /// Of a reason of the current batch its kind, [`REASON_TRUNCATED`] and [`REASON_HAS_MESSAGE`] where they
    /// hold, and [`REASON_CAUSE`] times the number of its cause, which is entered; 0 for no reason. They are
    /// one number because each call costs more than what it asks.
    pub fn reason_facts(&mut self, id: u32) -> f64 {
        let Some(reason) = self.reasons.get(id).map(Arc::clone) else {
            return 0.0;
        };
        let mut facts = u32::from(reason.kind.code());
        if reason.truncated {
            facts |= REASON_TRUNCATED;
        }
        if reason.message.is_some() {
            facts |= REASON_HAS_MESSAGE;
        }
        let cause = self.reasons.enter_some(reason.cause.as_ref());
        f64::from(cause) * f64::from(REASON_CAUSE) + f64::from(facts)
    }

    /// When a reason was requested, in ms.
    #[must_use]
    pub fn reason_at_ms(&self, id: u32) -> f64 {
        self.reasons
            .get(id)
            .map_or(0.0, |reason| to_ms(reason.at.as_nanos()))
    }

    /// Writes the live tree as rows of [`ROW_WORDS`] numbers and gives their count.
    pub fn snapshot(&mut self) -> usize {
        self.rows.clear();
        let rows = self.kernel.snapshot();
        for row in &rows {
            let parent = row
                .parent
                .map_or([0, 0], |p| [p.kind().map_or(0, |k| k as u32), p.slot()]);
            self.rows.extend_from_slice(&[
                row.subject.kind().map_or(0, |kind| kind as u32),
                row.subject.slot(),
                parent[0],
                parent[1],
                u32::from(row.state),
                row.cancel.map_or(0, |kind| u32::from(kind.code()) + 1),
                u32::from(row.detail),
            ]);
        }
        rows.len()
    }

    /// The rows of the last [`Driver::snapshot`].
    #[must_use]
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// The records of the current batch.
    #[must_use]
    pub fn records(&self) -> &[u32] {
        self.batch.words()
    }

    /// A counter by its code in the group `CounterCode` of [`abi::GROUPS`](crate::abi::GROUPS); NaN
    /// for no code.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
    pub fn count(&self, which: f64) -> f64 {
        let counters = self.kernel.counters();
        let count = match decode::word(which, "a counter code") {
            Ok(0) => u64::from(counters.tasks_live),
            Ok(1) => u64::from(counters.regions_live),
            Ok(2) => u64::from(counters.host_ops_live),
            Ok(3) => u64::from(counters.timers_live),
            Ok(4) => counters.tasks_spawned,
            Ok(5) => counters.tasks_completed,
            Ok(6) => counters.tasks_cancelled,
            Ok(7) => counters.tasks_revoked,
            Ok(8) => counters.host_ops_revoked,
            Ok(9) => counters.dispatches,
            Ok(10) => counters.events,
            Ok(11) => counters.events_dropped,
            Ok(12) => u64::from(counters.obligations_live),
            Ok(13) => counters.obligations_reserved,
            Ok(14) => counters.obligations_committed,
            Ok(15) => counters.obligations_aborted,
            Ok(16) => counters.obligations_leaked,
            Ok(_) | Err(_) => return f64::NAN,
        };
        count as f64
    }

    /// The schedule certificate; see [`Kernel::certificate`](asupersync_core::Kernel::certificate).
    #[must_use]
    pub fn certificate(&self) -> u64 {
        self.kernel.certificate()
    }

    /// The trace fingerprint; see [`Kernel::fingerprint`](asupersync_core::Kernel::fingerprint).
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.kernel.fingerprint()
    }

    /// Times that a live task may still be resumed before its quota cancels it, or -1 for no quota.
    #[must_use]
    pub fn task_polls(&self, task: f64) -> f64 {
        let found = decode::handle(task).and_then(|task| self.kernel.task_polls_left(task));
        found.ok().flatten().map_or(-1.0, f64::from)
    }

    /// Makes the ring keep `capacity` events from now on; those held go.
    pub fn keep_events(&mut self, capacity: f64) -> f64 {
        match decode::word(capacity, "a trace capacity") {
            Ok(capacity) => {
                self.kernel.keep_events(capacity);
                0.0
            }
            Err(error) => crate::commands::refusal(error),
        }
    }

    /// The events after number `seq` that the ring holds, [`EVENT_NUMBERS`] numbers each. What is
    /// no number of an event gives all.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "sequence numbers stay below 2^53"
    )]
    pub fn events(&self, seq: f64) -> Vec<f64> {
        let mut numbers = Vec::new();
        for event in self.kernel.events_after(decode::seed(seq).unwrap_or(0)) {
            numbers.extend_from_slice(&[
                event.seq as f64,
                to_ms(event.at.as_nanos()),
                f64::from(event.kind as u8),
                crate::commands::number(event.subject),
                f64::from(event.detail),
            ]);
        }
        numbers
    }

    /// Checks every invariant of the kernel. O(live): for tests.
    ///
    /// # Errors
    /// The first violation found.
    pub fn check_invariants(&self) -> Result<(), Violation> {
        self.kernel.check_invariants()
    }

    /// The next number of the seeded stream, from 0 to below 1.
    #[expect(
        clippy::cast_precision_loss,
        reason = "53 bits are kept, which is exact"
    )]
    pub fn random(&mut self) -> f64 {
        (self.kernel.random() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The root region.
    #[must_use]
    pub fn root(&self) -> f64 {
        crate::commands::number(self.kernel.root())
    }
}
