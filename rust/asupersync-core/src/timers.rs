//! Owns pending deadlines: a heap in (deadline, arming order).
//!
//! A disarmed timer stays in the heap until it surfaces or until the dead outnumber the
//! living; either way arming and disarming are O(log n) amortised and memory follows the
//! living.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::cancel::CancelKind;
use crate::handle::{HostOpKey, RegionKey, TaskKey, WaitKey};
use crate::time::Time;

/// What a timer is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum TimerTarget {
    /// A sleeping wait.
    Wait(WaitKey),
    /// A region that is to be cancelled with this kind.
    Region(RegionKey, CancelKind),
    /// A task's own deadline.
    Task(TaskKey),
    /// The end of the time that a cancelled task or a finalizer has, with the timer's number.
    DrainTask(TaskKey, u32),
    /// The end of the time that a cancelled host operation has.
    DrainHostOp(HostOpKey),
}

#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Time, u64, TimerTarget)>>,
    armed: u64,
    live: u32,
}

/// Below this many entries dead ones are left to surface by themselves.
const COMPACT_FROM: usize = 256;

impl Timers {
    /// Arms a timer. `tie` orders equal deadlines; `None` is arming order.
    pub(crate) fn arm(&mut self, at: Time, target: TimerTarget, tie: Option<u64>) {
        self.armed += 1;
        self.live += 1;
        self.heap
            .push(Reverse((at, tie.unwrap_or(self.armed), target)));
    }

    /// Says that one armed timer no longer counts; its owner knows it by its own state.
    pub(crate) fn disarmed(&mut self) {
        self.live -= 1;
    }

    /// Whether the dead outnumber the living.
    pub(crate) fn wants_compaction(&self) -> bool {
        self.heap.len() > COMPACT_FROM && self.heap.len() / 2 > self.live as usize
    }

    /// Keeps only what `counts` says is armed. O(n), paid for by the n / 2 that it drops.
    pub(crate) fn compact(&mut self, mut counts: impl FnMut(Time, TimerTarget) -> bool) {
        self.heap
            .retain(|Reverse((at, _, target))| counts(*at, *target));
    }

    /// The nearest entry, armed or dead.
    pub(crate) fn peek(&self) -> Option<(Time, TimerTarget)> {
        self.heap
            .peek()
            .map(|Reverse((at, _, target))| (*at, *target))
    }

    /// Takes the nearest entry.
    pub(crate) fn pop(&mut self) -> Option<(Time, TimerTarget)> {
        self.heap.pop().map(|Reverse((at, _, target))| (at, target))
    }

    pub(crate) fn live(&self) -> u32 {
        self.live
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Time, TimerTarget)> {
        self.heap
            .iter()
            .map(|Reverse((at, _, target))| (*at, *target))
    }
}

#[cfg(test)]
mod tests {
    use super::{TimerTarget, Timers};
    use crate::handle::TaskKey;
    use crate::time::Time;

    #[test]
    fn entries_are_compacted_when_there_are_many_and_the_dead_outnumber_the_living() {
        let wants = |entries: u64, live| {
            let mut timers = Timers::default();
            for at in 0..entries {
                timers.arm(
                    Time::from_nanos(at),
                    TimerTarget::Task(TaskKey::default()),
                    None,
                );
            }
            (live..entries).for_each(|_| timers.disarmed());
            timers.wants_compaction()
        };
        assert!(wants(257, 0));
        assert!(!wants(256, 0), "few are left to surface by themselves");
        assert!(wants(1_000, 499));
        assert!(!wants(1_000, 500), "half of them are armed");
        assert!(!wants(1_000, 1_000));
    }
}
