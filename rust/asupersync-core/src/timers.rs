//! Owns pending deadlines, in (deadline, arming order): a heap, and beside it a queue of those that
//! come in that order by themselves.
//!
//! A disarmed timer stays where it is until it surfaces or until the dead outnumber the living;
//! either way arming and disarming are O(log n) amortised and memory follows the living.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

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

type Entry = (Time, u64, TimerTarget);

#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<Entry>>,
    /// Sorted. All drain times are of one length, so whoever is cancelled later has until later;
    /// in the heap each of a thousand would have to pass the sleeps that it ends.
    drains: VecDeque<Entry>,
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
        let entry = (at, tie.unwrap_or(self.armed), target);
        let is_drain = matches!(
            target,
            TimerTarget::DrainTask(..) | TimerTarget::DrainHostOp(_)
        );
        // A seeded tie may belong before one that is there.
        if is_drain && self.drains.back().is_none_or(|last| *last <= entry) {
            self.drains.push_back(entry);
        } else {
            self.heap.push(Reverse(entry));
        }
    }

    /// Says that one armed timer no longer counts; its owner knows it by its own state.
    pub(crate) fn disarmed(&mut self) {
        self.live -= 1;
    }

    /// Whether the dead outnumber the living.
    pub(crate) fn wants_compaction(&self) -> bool {
        let entries = self.heap.len() + self.drains.len();
        entries > COMPACT_FROM && entries / 2 > self.live as usize
    }

    /// Keeps only what `counts` says is armed. O(n), paid for by the n / 2 that it drops.
    pub(crate) fn compact(&mut self, mut counts: impl FnMut(Time, TimerTarget) -> bool) {
        self.heap
            .retain(|Reverse((at, _, target))| counts(*at, *target));
        self.drains.retain(|(at, _, target)| counts(*at, *target));
    }

    /// The nearest entry, armed or dead.
    pub(crate) fn peek(&self) -> Option<(Time, TimerTarget)> {
        let entry = match (self.heap.peek(), self.drains.front()) {
            (Some(Reverse(one)), Some(other)) => one.min(other),
            (Some(Reverse(one)), None) | (None, Some(one)) => one,
            (None, None) => return None,
        };
        Some((entry.0, entry.2))
    }

    /// Takes the nearest entry.
    pub(crate) fn pop(&mut self) -> Option<(Time, TimerTarget)> {
        let is_drain = match (self.heap.peek(), self.drains.front()) {
            (Some(Reverse(one)), Some(other)) => other < one,
            (one, _) => one.is_none(),
        };
        let (at, _, target) = if is_drain {
            self.drains.pop_front()?
        } else {
            self.heap.pop()?.0
        };
        Some((at, target))
    }

    pub(crate) fn live(&self) -> u32 {
        self.live
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Time, TimerTarget)> {
        let in_heap = self.heap.iter().map(|Reverse(entry)| entry);
        in_heap
            .chain(&self.drains)
            .map(|(at, _, target)| (*at, *target))
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

    #[test]
    fn drain_times_and_other_deadlines_surface_in_one_order() {
        let task = TaskKey::default();
        let (drain, other) = (TimerTarget::DrainTask(task, 1), TimerTarget::Task(task));
        let mut timers = Timers::default();
        for (at, target) in [
            (5, drain),
            (3, other),
            (5, other),
            (5, drain),
            (7, drain),
            (4, drain),
            (9, other),
            (6, other),
        ] {
            timers.arm(Time::from_nanos(at), target, None);
        }
        let mut surfaced = Vec::new();
        while let Some(next) = timers.peek() {
            assert_eq!(timers.pop(), Some(next));
            surfaced.push((next.0.as_nanos(), next.1 == drain));
        }
        let expected = [
            (3, false),
            (4, true),
            (5, true),
            (5, false),
            (5, true),
            (6, false),
            (7, true),
            (9, false),
        ];
        assert_eq!(surfaced, expected);
    }
}
