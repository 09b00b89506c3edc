//! Owns the trace: every transition as an event in a bounded ring.

use std::collections::VecDeque;

use crate::handle::Handle;
use crate::time::Time;

/// Whether this kernel has a trace: the feature `trace`, which is a default. Without it no event is
/// kept and there is no fingerprint; events are counted, and the certificate is kept up.
pub const IS_TRACED: bool = cfg!(feature = "trace");

/// How much the trace says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TraceLevel {
    /// Every transition.
    #[default]
    Transitions,
    /// What leads to them too: requests that only spread, places in the lanes, timers, deadlines
    /// and finalizers. For oracles, which judge a run by its trace alone.
    Full,
}

/// What happened. The hashes of a run are made of transitions, which are numbered below 64; the
/// others are recorded at [`TraceLevel::Full`] alone, and the hashes leave them out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum EventKind {
    /// A region was opened; the detail is its policy, with 256 added if it is
    /// [shielded](crate::Ownership::shielded) and 512 if it is
    /// [linked](crate::Ownership::linked); the argument is the handle of the region or task that
    /// owns it, 0 for the root.
    RegionOpened = 1,
    /// A region stopped admitting work.
    RegionClosing = 2,
    /// A region was cancelled and drains; the detail is the cancel kind.
    RegionDraining = 3,
    /// A region runs its finalizers.
    RegionFinalizing = 4,
    /// A region closed; the detail is its outcome.
    RegionClosed = 5,
    /// A task was created; the argument is the handle of its region.
    TaskSpawned = 6,
    /// A task was dispatched; the detail is the lane.
    TaskDispatched = 7,
    /// A task was asked to cancel (request); the detail is the cancel kind, the argument the
    /// handle that the reason names as its origin.
    TaskCancelRequested = 8,
    /// A task observed the request and drains; the detail is its cleanup polls.
    TaskCancelling = 9,
    /// A task's body has ended; what it owns drains, then its finalizers run. For the successor
    /// of a task that was revoked the argument is the handle of that task.
    TaskFinalizing = 10,
    /// A task completed; the detail is its outcome.
    TaskCompleted = 11,
    /// A body did not reach a checkpoint in its drain time; the detail is its state.
    TaskRevoked = 12,
    /// A finalizer ended; the detail is its outcome.
    FinalizerEnded = 13,
    /// A sleeping wait fell due; the argument is its time in nanoseconds.
    TimerFired = 14,
    /// A host operation was submitted; the detail is its kind, the argument the handle of its
    /// task.
    HostOpSubmitted = 15,
    /// A host operation was asked to cancel.
    HostOpCancelRequested = 16,
    /// A host operation drains.
    HostOpDraining = 17,
    /// A host operation completed; the detail is its outcome.
    HostOpCompleted = 18,
    /// A host operation did not drain in its time.
    HostOpRevoked = 19,
    /// A completion came for a host operation that was already cancelled; it was swallowed.
    HostOpLate = 20,
    /// A task gave an obligation, or one that it had asked permits for was granted them; the
    /// detail is its kind, as in the four below, the argument the handle of the task.
    ObligationReserved = 21,
    /// An obligation was kept.
    ObligationCommitted = 22,
    /// An obligation was taken back, by its holder or by the end of its task; or one that was
    /// only asked for came to nothing.
    ObligationAborted = 23,
    /// A task ended by itself and still held the obligation.
    ObligationLeaked = 24,
    /// An obligation went over to another task, whose handle is the argument.
    ObligationTransferred = 25,
    /// A semaphore was opened; the detail is its permits, the argument the handle of its region.
    SemaphoreOpened = 26,
    /// Two semaphores opened just before are the halves of a channel; the subject is the free
    /// half, the detail the slot of the items half, the argument its handle.
    ChannelOpened = 27,
    /// A semaphore was closed.
    SemaphoreClosed = 28,
    /// A semaphore was forgotten.
    SemaphoreDropped = 29,
    /// An obligation took its place in the line of a semaphore; the detail is the semaphore's
    /// slot, or 0 if its task has a cancellation to observe: then it is in no line, and fails;
    /// the argument is the handle of the task. [`EventKind::ObligationReserved`] or
    /// [`EventKind::ObligationAborted`] follows, at once or later.
    PermitAsked = 30,
    /// A semaphore granted the permits, as many as the detail, of the obligation that the event
    /// before reserved, whose handle is the argument.
    PermitsTaken = 31,
    /// A semaphore got permits, as many as the detail: those of the obligation that the event
    /// before ended, or new ones.
    PermitsGiven = 32,
    /// A semaphore granted permits, as many as the detail, to the task whose handle is the
    /// argument, and no obligation has them: the promise was kept in the same step.
    /// [`EventKind::PermitsGiven`] follows for where they went, unless they are used up.
    PermitsPassed = 33,
    /// A region was asked to cancel for the first time, whatever its state; detail and argument
    /// as for a task.
    RegionCancelRequested = 64,
    /// A task took a place in a lane; the detail is the lane, the argument its priority.
    TaskQueued = 65,
    /// A task lost its place in a lane without a dispatch.
    TaskUnqueued = 66,
    /// A task sleeps; the argument is the time in nanoseconds.
    TimerArmed = 67,
    /// A sleep ended before its time, which is the argument, or was forgotten.
    TimerDisarmed = 68,
    /// A region or task has a deadline from now on: the argument, in nanoseconds.
    DeadlineSet = 69,
    /// A region or task has one more finalizer; the detail is how many it has.
    FinalizerDeferred = 70,
    /// The last finalizer of a region or task starts; the detail is how many it has.
    FinalizerStarted = 71,
}

/// One recorded transition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// Number of the event in its run, from 1.
    pub seq: u64,
    /// Kernel time of the transition.
    pub at: Time,
    /// What happened.
    pub kind: EventKind,
    /// What it happened to.
    pub subject: Handle,
    /// A number whose meaning [`EventKind`] gives.
    pub detail: u32,
    /// A handle or a time whose meaning [`EventKind`] gives, else 0.
    pub argument: u64,
}

#[derive(Debug)]
pub(crate) struct Trace {
    ring: VecDeque<Event>,
    capacity: usize,
    seq: u64,
    dropped: u64,
}

impl Trace {
    pub(crate) fn new(capacity: u32) -> Self {
        Self {
            ring: VecDeque::new(),
            capacity: capacity as usize,
            seq: 0,
            dropped: 0,
        }
    }

    #[inline]
    pub(crate) fn record(&mut self, at: Time, kind: EventKind, subject: Handle, detail: u32) {
        self.record_with(at, kind, subject, detail, 0);
    }

    pub(crate) fn record_with(
        &mut self,
        at: Time,
        kind: EventKind,
        subject: Handle,
        detail: u32,
        argument: u64,
    ) {
        self.seq += 1;
        if !IS_TRACED || self.capacity == 0 {
            self.dropped += 1;
            return;
        }
        self.keep(Event {
            seq: self.seq,
            at,
            kind,
            subject,
            detail,
            argument,
        });
    }

    /// Out of line: events are recorded in a dozen places, and most runs keep none.
    #[inline(never)]
    fn keep(&mut self, event: Event) {
        if self.ring.len() == self.capacity {
            self.ring.pop_front();
            self.dropped += 1;
        }
        self.ring.push_back(event);
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.ring.iter()
    }

    /// The events that the ring still holds, but for those up to number `seq`. O(given).
    pub(crate) fn events_after(&self, seq: u64) -> impl Iterator<Item = &Event> {
        // Numbers run without a gap in the ring.
        let held_before = self.ring.front().map_or(0, |event| event.seq - 1);
        let skipped = usize::try_from(seq.saturating_sub(held_before)).unwrap_or(usize::MAX);
        self.ring.range(skipped.min(self.ring.len())..)
    }

    /// Keeps as many events from now on as `capacity`; those held already go.
    pub(crate) fn keep_events(&mut self, capacity: u32) {
        self.dropped += self.ring.len() as u64;
        self.ring = VecDeque::new();
        self.capacity = capacity as usize;
    }

    pub(crate) fn recorded(&self) -> u64 {
        self.seq
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::{EventKind, Trace};
    use crate::handle::Handle;
    use crate::time::Time;

    #[test]
    fn the_ring_keeps_the_newest_and_counts_what_it_dropped() {
        let mut trace = Trace::new(3);
        for n in 0..10 {
            trace.record(Time::ZERO, EventKind::TaskSpawned, Handle::from_raw(n), 0);
        }
        assert_eq!(
            trace.events().map(|event| event.seq).collect::<Vec<_>>(),
            [8, 9, 10]
        );
        assert_eq!(trace.dropped(), 7);
        assert_eq!(trace.recorded(), 10);
    }

    #[test]
    fn events_after_a_number_are_those_still_held() {
        let mut trace = Trace::new(3);
        let after = |trace: &Trace, seq| trace.events_after(seq).map(|e| e.seq).collect::<Vec<_>>();
        assert_eq!(after(&trace, 0), [0; 0]);
        for n in 0..5 {
            trace.record(Time::ZERO, EventKind::TaskSpawned, Handle::from_raw(n), 0);
        }
        assert_eq!(after(&trace, 0), [3, 4, 5]);
        assert_eq!(after(&trace, 3), [4, 5]);
        assert_eq!(after(&trace, 5), [0; 0]);
        assert_eq!(after(&trace, u64::MAX), [0; 0]);
    }

    #[test]
    fn a_ring_of_another_capacity_begins_empty_and_what_went_counts_as_dropped() {
        let mut trace = Trace::new(0);
        let record = |trace: &mut Trace| {
            trace.record(Time::ZERO, EventKind::TaskSpawned, Handle::from_raw(1), 0);
        };
        record(&mut trace);
        trace.keep_events(2);
        record(&mut trace);
        assert_eq!(
            trace.events_after(0).map(|e| e.seq).collect::<Vec<_>>(),
            [2]
        );
        trace.keep_events(0);
        record(&mut trace);
        assert_eq!(trace.events().count(), 0);
        assert_eq!((trace.recorded(), trace.dropped()), (3, 3));
    }

    #[test]
    fn without_a_ring_every_event_counts_as_dropped() {
        let mut trace = Trace::new(0);
        for n in 0..3 {
            trace.record(Time::ZERO, EventKind::TaskSpawned, Handle::from_raw(n), 0);
        }
        assert_eq!(trace.events().count(), 0);
        assert_eq!((trace.recorded(), trace.dropped()), (3, 3));
    }
}
