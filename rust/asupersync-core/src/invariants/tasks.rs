//! Owns the invariants of tasks: each has its place in the tree, stays within its parent's budget,
//! is cancelled with what it belongs to, and goes on.

use std::collections::BTreeSet;

use super::{Violation, ensure};
use crate::handle::TaskKey;
use crate::kernel::Kernel;
use crate::lanes::Lane;
use crate::region::Region;
use crate::task::{Activity, Task, TaskState};
use crate::time::Time;

impl Kernel {
    pub(super) fn check_tasks(&self) -> Result<(), Violation> {
        // Looked up, not searched for in its region: that would take the square of a wide region.
        let listed: BTreeSet<TaskKey> = self
            .regions
            .iter()
            .flat_map(|(_, region)| self.tasks_of(region.tasks))
            .collect();
        for (key, task) in self.tasks.iter() {
            if task.state == TaskState::Completed {
                check_completed(key, task)?;
                continue;
            }
            let region = self.regions.get(task.region);
            ensure(region.is_some(), "a task is owned by one live region", key)?;
            ensure(listed.contains(&key), "an owner knows its task", key)?;
            if let Some(region) = region {
                check_in_region(key, task, region)?;
            }
            self.check_cancelled(key, task)?;
            self.check_goes_on(key, task)?;
        }
        Ok(())
    }

    /// A cancellation has reached what the task owns, and has its time.
    fn check_cancelled(&self, key: TaskKey, task: &Task) -> Result<(), Violation> {
        let is_asked = matches!(
            task.state,
            TaskState::CancelRequested | TaskState::Cancelling
        );
        ensure(
            !is_asked || task.reason.is_some(),
            "a cancelling task has a reason",
            key,
        )?;
        ensure(
            !is_asked || task.drain_at != Time::NEVER || task.activity == Activity::Draining,
            "a cancelled body has a drain time",
            key,
        )?;
        if task.reason.is_none() {
            return Ok(());
        }
        for region in self.regions_of(task.regions) {
            let record = self.regions.at(region);
            ensure(
                record.ownership.shielded || record.reason.is_some(),
                "a cancelled task's regions were asked, but for shielded ones",
                region,
            )?;
            ensure(
                record.reason.is_some()
                    || task.activity != Activity::Draining
                    || task.drain_at != Time::NEVER,
                "a shield that outlives its cancelled body has a time to end",
                region,
            )?;
        }
        Ok(())
    }

    /// The task is queued if it has something to do.
    fn check_goes_on(&self, key: TaskKey, task: &Task) -> Result<(), Violation> {
        ensure(
            !self.can_observe(key) || task.lane == Some(Lane::Cancel),
            "a task that can observe its cancellation is in the cancel lane",
            key,
        )?;
        ensure(
            task.activity != Activity::Unstarted || task.lane.is_some(),
            "a task that has not started is queued",
            key,
        )?;
        let is_stuck = task.activity == Activity::Draining
            && task.lane.is_none()
            && task.regions.is_empty()
            && task.host_ops.is_empty();
        ensure(!is_stuck, "a drained task goes on", key)?;
        let is_drained = task.finalizers > 0 && task.regions.is_empty() && task.host_ops.is_empty();
        ensure(
            task.activity != Activity::Draining || task.lane.is_none() || is_drained,
            "a task that has ended its body is queued for its finalizers alone",
            key,
        )
    }
}

/// Nothing of a task outlives it.
fn check_completed(key: TaskKey, task: &Task) -> Result<(), Violation> {
    for (holds, rule) in [
        (task.regions.is_empty(), "a completed task owns no region"),
        (
            task.host_ops.is_empty(),
            "a completed task owns no host operation",
        ),
        (
            task.obligations.is_empty(),
            "a completed task holds no obligation",
        ),
        (task.waits.is_empty(), "a completed task waits for nothing"),
        (task.lane.is_none(), "a completed task is not queued"),
        (
            task.drain_at == Time::NEVER && !task.deadline_armed,
            "a completed task has no timer",
        ),
    ] {
        ensure(holds, rule, key)?;
    }
    Ok(())
}

/// The task shares the fate of its region, and has no more than it may give.
fn check_in_region(key: TaskKey, task: &Task, region: &Region) -> Result<(), Violation> {
    let must_be_asked =
        region.reason.is_some() && !task.is_region_finalizer && task.mask_depth == 0;
    ensure(
        !must_be_asked || task.reason.is_some(),
        "every task of a cancelled region was asked",
        key,
    )?;
    // Successors and finalizers are made by the kernel, with a budget of their own.
    let has_body = !task.is_region_finalizer
        && !matches!(task.activity, Activity::Draining | Activity::Finalizer);
    let (own, whole) = (&task.budget, &region.budget);
    ensure(
        !has_body || own.deadline <= whole.deadline,
        "a child's deadline is not later than its parent's",
        key,
    )?;
    ensure(
        !task.is_on_quotas() || own.polls <= whole.polls && own.cost <= whole.cost,
        "a child's quotas are not larger than its parent's",
        key,
    )
}
