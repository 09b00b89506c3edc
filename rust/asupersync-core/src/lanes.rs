//! Owns the cancel and ready lanes: who is dispatched next, and that nobody starves.
//!
//! The timed lane is the due part of [`Timers`](crate::timers::Timers), which is already in
//! deadline order; it takes its turn here through [`Lanes::pick`].

use std::collections::VecDeque;

use crate::handle::TaskKey;
use crate::limits::PRIORITY_MAX;
use crate::rng::Rng;
use crate::table::Table;
use crate::task::Task;

const LEVELS: usize = PRIORITY_MAX as usize + 1;

/// One of the three queues.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Lane {
    /// Tasks that have a cancellation to observe or to clean up after.
    Cancel = 0,
    /// Tasks whose timer is due, earliest deadline first.
    Timed = 1,
    /// Everything else that can run.
    Ready = 2,
}

/// How equals are ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum TieBreak {
    /// In insertion order.
    #[default]
    Insertion = 0,
    /// By the seed, to explore schedules.
    Seeded = 1,
}

impl TieBreak {
    /// The order that `code` spells.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            0 => Some(Self::Insertion),
            1 => Some(Self::Seeded),
            _ => None,
        }
    }
}

/// A place in a queue. It counts only while the task still carries the same stamp: a task
/// that moved to another lane leaves its old place behind, which is skipped when reached.
#[derive(Clone, Copy, Debug)]
struct Place {
    task: TaskKey,
    stamp: u32,
}

/// Below this many places dead ones are left to surface by themselves.
const COMPACT_FROM: u32 = 256;

impl Place {
    fn counts(self, tasks: &Table<TaskKey, Task>, lane: Lane) -> bool {
        tasks
            .get(self.task)
            .is_some_and(|task| task.lane == Some(lane) && task.stamp == self.stamp)
    }
}

#[derive(Debug, Default)]
struct Queue {
    levels: [VecDeque<Place>; LEVELS],
    occupied: u8,
    /// Places in all levels, those that no longer count included.
    places: u32,
    live: u32,
}

impl Queue {
    /// Whether the dead places outnumber the living.
    fn wants_compaction(&self) -> bool {
        self.places > COMPACT_FROM && self.places / 2 > self.live
    }

    /// Drops the places that no longer count. O(n), paid for by the n / 2 that it drops.
    fn compact(&mut self, tasks: &Table<TaskKey, Task>, lane: Lane) {
        for level in &mut self.levels {
            level.retain(|place| place.counts(tasks, lane));
        }
        self.places = self.live;
    }
}

#[derive(Debug)]
pub(crate) struct Lanes {
    cancel: Queue,
    ready: Queue,
    stamp: u32,
    cancel_streak: u32,
    timed_streak: u32,
    streak_max: u32,
    ties: TieBreak,
}

impl Lanes {
    pub(crate) fn new(streak_max: u32, ties: TieBreak) -> Self {
        Self {
            cancel: Queue::default(),
            ready: Queue::default(),
            stamp: 0,
            cancel_streak: 0,
            timed_streak: 0,
            streak_max,
            ties,
        }
    }

    /// Queues `key` in `lane`. A task already queued in the cancel lane, or in `lane`, keeps
    /// its place; one in the ready lane moves up to the cancel lane. Gives whether it took a
    /// place.
    pub(crate) fn enqueue(
        &mut self,
        tasks: &mut Table<TaskKey, Task>,
        key: TaskKey,
        lane: Lane,
    ) -> bool {
        let task = tasks.at_mut(key);
        match task.lane {
            Some(Lane::Ready) if lane == Lane::Cancel => self.ready.live -= 1,
            Some(_) => return false,
            None => {}
        }
        self.stamp = self.stamp.wrapping_add(1);
        task.lane = Some(lane);
        task.stamp = self.stamp;
        let queue = if lane == Lane::Cancel {
            &mut self.cancel
        } else {
            &mut self.ready
        };
        let level = task.budget.priority.min(PRIORITY_MAX);
        queue.levels[usize::from(level)].push_back(Place {
            task: key,
            stamp: self.stamp,
        });
        queue.occupied |= 1 << level;
        queue.places += 1;
        queue.live += 1;
        if queue.wants_compaction() {
            queue.compact(tasks, lane);
        }
        true
    }

    /// Takes `key` out of whichever lane it is in. Gives whether it was in one.
    pub(crate) fn leave(&mut self, tasks: &mut Table<TaskKey, Task>, key: TaskKey) -> bool {
        match tasks.at_mut(key).lane.take() {
            Some(Lane::Cancel) => self.cancel.live -= 1,
            Some(_) => self.ready.live -= 1,
            None => return false,
        }
        true
    }

    /// The lane whose turn it is. With L the streak bound, runnable work outside the cancel
    /// lane is dispatched within L + 1 dispatches, 2L + 1 while `draining`; due timers and
    /// ready work share what is left by the same bound.
    pub(crate) fn pick(&mut self, timer_due: bool, draining: bool) -> Option<Lane> {
        let ready = self.ready.live > 0;
        let bound = if draining {
            self.streak_max.saturating_mul(2)
        } else {
            self.streak_max
        };
        if self.cancel.live > 0 && (self.cancel_streak < bound || !(timer_due || ready)) {
            self.cancel_streak = self.cancel_streak.saturating_add(1);
            return Some(Lane::Cancel);
        }
        self.cancel_streak = 0;
        if timer_due && (self.timed_streak < self.streak_max || !ready) {
            self.timed_streak = self.timed_streak.saturating_add(1);
            return Some(Lane::Timed);
        }
        self.timed_streak = 0;
        ready.then_some(Lane::Ready)
    }

    /// The next task of `lane`, which [`Lanes::pick`] has named.
    pub(crate) fn pop(
        &mut self,
        tasks: &mut Table<TaskKey, Task>,
        lane: Lane,
        rng: &mut Rng,
    ) -> Option<TaskKey> {
        let queue = if lane == Lane::Cancel {
            &mut self.cancel
        } else {
            &mut self.ready
        };
        while queue.occupied != 0 {
            let level = 7 - queue.occupied.leading_zeros() as usize;
            let places = &mut queue.levels[level];
            if self.ties == TieBreak::Seeded && places.len() > 1 {
                let chosen = rng.below(u32::try_from(places.len()).unwrap_or(u32::MAX)) as usize;
                places.swap(0, chosen);
            }
            let Some(place) = places.pop_front() else {
                queue.occupied &= !(1 << level);
                continue;
            };
            queue.places -= 1;
            if place.counts(tasks, lane) {
                tasks.at_mut(place.task).lane = None;
                queue.live -= 1;
                return Some(place.task);
            }
        }
        None
    }

    /// Whether any task is queued.
    pub(crate) fn is_empty(&self) -> bool {
        self.cancel.live == 0 && self.ready.live == 0
    }

    /// Tasks queued in the cancel lane and in the ready lane.
    pub(crate) fn live(&self) -> (u32, u32) {
        (self.cancel.live, self.ready.live)
    }

    /// Places that count, by lane: for the invariants.
    pub(crate) fn places(&self) -> impl Iterator<Item = (Lane, TaskKey, u32)> {
        let of = |lane, queue: &Queue| {
            queue
                .levels
                .iter()
                .flatten()
                .map(move |place| (lane, place.task, place.stamp))
                .collect::<Vec<_>>()
        };
        of(Lane::Cancel, &self.cancel)
            .into_iter()
            .chain(of(Lane::Ready, &self.ready))
    }
}

#[cfg(test)]
mod tests {
    use super::{Lane, Lanes, Queue, TieBreak};
    use crate::budget::Budget;
    use crate::fingerprint::Causal;
    use crate::handle::{RegionKey, TaskKey};
    use crate::rng::Rng;
    use crate::table::Table;
    use crate::task::Task;

    #[test]
    fn places_are_compacted_when_there_are_many_and_the_dead_outnumber_the_living() {
        let wants = |places, live| {
            let queue = Queue {
                places,
                live,
                ..Queue::default()
            };
            queue.wants_compaction()
        };
        assert!(wants(257, 0));
        assert!(!wants(256, 0), "few are left to surface by themselves");
        assert!(wants(1_000, 499));
        assert!(!wants(1_000, 500), "half of them count");
        assert!(!wants(1_000, 1_000));
    }

    #[test]
    fn a_queue_counts_its_places_the_dead_ones_too() {
        let mut tasks = Table::new(10, 10);
        let mut lanes = Lanes::new(16, TieBreak::Insertion);
        let keys: [TaskKey; 4] = core::array::from_fn(|_| {
            let task = Task::new(RegionKey::default(), Budget::DEFAULT, Causal::default());
            tasks.insert(task).expect("room")
        });
        let count = |lanes: &Lanes| {
            for queue in [&lanes.cancel, &lanes.ready] {
                let held: usize = queue.levels.iter().map(|level| level.len()).sum();
                assert_eq!(held, queue.places as usize);
            }
            (lanes.cancel.places, lanes.ready.places)
        };
        for key in keys {
            lanes.enqueue(&mut tasks, key, Lane::Ready);
        }
        lanes.enqueue(&mut tasks, keys[1], Lane::Cancel);
        lanes.leave(&mut tasks, keys[2]);
        assert_eq!(count(&lanes), (1, 4));
        assert_eq!(lanes.live(), (1, 2));
        let mut rng = Rng::new(0);
        let mut pop = |lanes: &mut Lanes, lane| lanes.pop(&mut tasks, lane, &mut rng);
        assert_eq!(pop(&mut lanes, Lane::Ready), Some(keys[0]));
        assert_eq!(count(&lanes), (1, 3));
        assert_eq!(pop(&mut lanes, Lane::Ready), Some(keys[3]));
        assert_eq!(count(&lanes), (1, 0));
        assert_eq!(pop(&mut lanes, Lane::Ready), None);
        assert_eq!(pop(&mut lanes, Lane::Cancel), Some(keys[1]));
        assert_eq!(count(&lanes), (0, 0));
    }
}
