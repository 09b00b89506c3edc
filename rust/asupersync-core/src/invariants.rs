//! Owns the invariants: what holds between any two commands, checked from the tables alone.

mod obligations;
mod semaphores;
mod tasks;

use std::collections::BTreeMap;

use slotmap::Key;

use crate::handle::{HostOpKey, RegionKey, TaskKey, WaitKey};
use crate::host_op::HostOpState;
use crate::kernel::Kernel;
use crate::lanes::Lane;
use crate::region::{Live, Owner, RegionState};
use crate::task::TaskState;
use crate::wait::{WaitKind, WaitProgress};

/// A broken invariant: a bug of the kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The rule that does not hold.
    pub rule: &'static str,
    /// Key of what breaks it.
    pub subject: u64,
}

fn ensure(holds: bool, rule: &'static str, subject: impl Key) -> Result<(), Violation> {
    if holds {
        Ok(())
    } else {
        Err(Violation {
            rule,
            subject: subject.data().as_ffi(),
        })
    }
}

fn count<T>(members: impl Iterator<Item = T>) -> u32 {
    members.fold(0, |count, _| count + 1)
}

impl Kernel {
    /// Checks every invariant. O(n log n) of what is live.
    ///
    /// # Errors
    /// The first [`Violation`] found.
    pub fn check_invariants(&self) -> Result<(), Violation> {
        self.check_regions()?;
        self.check_tasks()?;
        self.check_host_ops()?;
        self.check_obligations()?;
        self.check_semaphores()?;
        self.check_region_counts()?;
        self.check_waits()?;
        self.check_lanes()?;
        self.check_timers()
    }

    fn check_regions(&self) -> Result<(), Violation> {
        let mut owned_by_task: BTreeMap<RegionKey, TaskKey> = BTreeMap::new();
        for (key, task) in self.tasks.iter() {
            for region in self.regions_of(task.regions) {
                let before = owned_by_task.insert(region, key);
                ensure(before.is_none(), "a region has one owner", region)?;
            }
        }
        for (key, region) in self.regions.iter() {
            for task in self.tasks_of(region.tasks) {
                let record = self.tasks.get(task);
                ensure(
                    record.is_some_and(|t| t.region == key && t.state != TaskState::Completed),
                    "a region's tasks are live and its own",
                    task,
                )?;
            }
            for child in self.regions_of(region.regions) {
                let record = self.regions.get(child);
                ensure(
                    record.is_some_and(|r| r.owner == Owner::Region(key)),
                    "a region's child regions are its own",
                    child,
                )?;
            }
            if region.state == RegionState::Closed {
                ensure(region.is_quiescent(), "a closed region is quiescent", key)?;
                ensure(
                    !region.finalizer_running,
                    "a closed region has run its finalizers",
                    key,
                )?;
                continue;
            }
            let owner_is_live = match region.owner {
                Owner::Kernel => true,
                Owner::Region(parent) => self
                    .regions
                    .get(parent)
                    .is_some_and(|r| r.state != RegionState::Closed),
                Owner::Task(task) => {
                    owned_by_task.get(&key) == Some(&task)
                        && self
                            .tasks
                            .get(task)
                            .is_some_and(|t| t.state != TaskState::Completed)
                }
            };
            ensure(owner_is_live, "a live region has a live owner", key)?;
            if region.reason.is_some() {
                ensure(
                    region.state != RegionState::Open,
                    "a cancelled region admits nothing",
                    key,
                )?;
            }
            let is_stuck = region.state != RegionState::Open
                && region.is_quiescent()
                && !region.finalizer_running;
            ensure(!is_stuck, "an ending region that is empty has closed", key)?;
        }
        Ok(())
    }

    fn check_host_ops(&self) -> Result<(), Violation> {
        let owners: BTreeMap<HostOpKey, TaskKey> = self
            .tasks
            .iter()
            .flat_map(|(key, task)| self.host_ops_of(task.host_ops).map(move |op| (op, key)))
            .collect();
        for (key, op) in self.host_ops.iter() {
            if op.state == HostOpState::Completed {
                continue;
            }
            let task = self.tasks.get(op.task);
            ensure(
                owners.get(&key) == Some(&op.task),
                "a live host operation belongs to a live task",
                key,
            )?;
            let asked = task.is_some_and(|t| t.reason.is_some() || !t.is_active());
            ensure(
                !asked || op.shielded || op.state != HostOpState::Submitted,
                "a cancelled task's host operations were asked to cancel",
                key,
            )?;
        }
        Ok(())
    }

    /// What a region counts for its limits is what it and its tasks have.
    fn check_region_counts(&self) -> Result<(), Violation> {
        for (key, region) in self.regions.iter() {
            let mut live = Live::default();
            live.regions += count(self.regions_of(region.regions));
            for task in self.tasks_of(region.tasks) {
                let task = self.tasks.at(task);
                live.tasks += 1;
                live.regions += count(self.regions_of(task.regions));
                let open = self.host_ops_of(task.host_ops);
                live.obligations += count(open.filter(|op| self.host_ops.at(*op).is_pending()));
                live.obligations += count(self.obligations_of(task.obligations));
            }
            ensure(
                live == region.live,
                "a region counts what it and its tasks have",
                key,
            )?;
        }
        Ok(())
    }

    fn check_waits(&self) -> Result<(), Violation> {
        let owners: BTreeMap<WaitKey, TaskKey> = self
            .tasks
            .iter()
            .flat_map(|(key, task)| self.waits_of(task.waits).map(move |wait| (wait, key)))
            .collect();
        let joined: BTreeMap<WaitKey, TaskKey> = self
            .tasks
            .iter()
            .flat_map(|(key, task)| {
                let joiners = task.joiners.members(&self.waits);
                joiners.map(move |wait| (wait, key))
            })
            .collect();
        for (key, wait) in self.waits.iter() {
            let task = self.tasks.get(wait.task);
            ensure(
                owners.get(&key) == Some(&wait.task),
                "a wait belongs to a live task",
                key,
            )?;
            let is_queued = task.is_some_and(|t| t.lane.is_some());
            match (wait.progress, wait.kind) {
                (WaitProgress::Pending, WaitKind::Join(target)) => {
                    ensure(
                        joined.get(&key) == Some(&target),
                        "a joined task knows who waits",
                        key,
                    )?;
                }
                (WaitProgress::Pending, WaitKind::Region(region)) => ensure(
                    self.regions
                        .get(region)
                        .is_some_and(|r| r.waiter == Some(key)),
                    "an awaited region knows its waiter",
                    key,
                )?,
                (WaitProgress::Pending, WaitKind::HostOp(op)) => ensure(
                    self.host_ops.get(op).is_some_and(|op| op.wait == Some(key)),
                    "an awaited host operation knows its waiter",
                    key,
                )?,
                (WaitProgress::Pending, WaitKind::Permit(_)) => ensure(
                    self.untold_permit(key).is_some(),
                    "an obligation that is waited for knows its wait",
                    key,
                )?,
                (WaitProgress::Pending, WaitKind::Timer(_) | WaitKind::Refused) => {}
                (WaitProgress::Done(_) | WaitProgress::Failed, _) => {
                    ensure(is_queued, "a finished wait is delivered", key)?;
                }
            }
        }
        for (wait, target) in joined {
            let is_live = self.tasks.at(target).state != TaskState::Completed;
            ensure(is_live, "a joined task is live", target)?;
            let progress = self.waits.get(wait).map(|wait| wait.progress);
            let is_pending = progress == Some(WaitProgress::Pending);
            ensure(is_pending, "a joiner's wait is pending", wait)?;
        }
        Ok(())
    }

    fn check_lanes(&self) -> Result<(), Violation> {
        let mut queued: BTreeMap<TaskKey, u32> = BTreeMap::new();
        for (lane, key, stamp) in self.lanes.places() {
            let counts = self
                .tasks
                .get(key)
                .is_some_and(|t| t.lane == Some(lane) && t.stamp == stamp);
            if counts {
                *queued.entry(key).or_default() += 1;
            }
        }
        let (mut cancel, mut ready) = (0, 0);
        for (key, task) in self.tasks.iter() {
            let places = queued.get(&key).copied().unwrap_or(0);
            ensure(
                places == u32::from(task.lane.is_some()),
                "a task is queued at most once",
                key,
            )?;
            cancel += u32::from(task.lane == Some(Lane::Cancel));
            ready += u32::from(task.lane == Some(Lane::Ready));
        }
        ensure(
            self.lanes.live() == (cancel, ready),
            "the lanes count their tasks",
            self.root,
        )
    }

    fn check_timers(&self) -> Result<(), Violation> {
        let live = self
            .timers
            .iter()
            .filter(|(at, target)| self.counts(*at, *target))
            .count();
        ensure(
            live == self.timers.live() as usize,
            "the timers count what is armed",
            self.root,
        )
    }
}
