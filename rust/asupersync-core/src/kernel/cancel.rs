//! Owns how a request to cancel spreads: parents first, without recursion, and each level for
//! the price of its own children.

use std::sync::Arc;

use super::{Kernel, Settle};
use crate::cancel::{CancelKind, CancelReason};
use crate::handle::{Handle, RegionKey, TaskKey};
use crate::lanes::Lane;
use crate::outcome::Outcome;
use crate::region::RegionState;
use crate::semaphore::PERMITS_CLOSED;
use crate::task::{Activity, TaskState};
use crate::time::Time;
use crate::timers::TimerTarget;
use crate::trace::EventKind;
use crate::wait::{WaitKind, WaitProgress};

impl Kernel {
    /// Asks the region to cancel, and everything below it.
    pub(super) fn request_region(&mut self, key: RegionKey, reason: &Arc<CancelReason>) {
        self.spreading.push_back((key, Arc::clone(reason)));
        self.spread();
    }

    /// Works off the regions that a request has reached.
    pub(super) fn spread(&mut self) {
        while let Some((key, reason)) = self.spreading.pop_front() {
            let region = self.regions.at_mut(key);
            if region.state == RegionState::Closed {
                continue;
            }
            if let Some(current) = region.reason.take() {
                region.reason = Some(CancelReason::strengthen(current, reason));
                continue;
            }
            region.reason = Some(Arc::clone(&reason));
            let asked = self.region_handle(key);
            let (kind, origin) = (u32::from(reason.kind.code()), reason.origin.raw());
            self.explain(EventKind::RegionCancelRequested, asked, kind, origin);
            let region = self.regions.at_mut(key);
            if region.timeout != Time::NEVER {
                region.timeout = Time::NEVER;
                self.timers.disarmed();
            }
            self.stop_admitting(key);
            let region = self.regions.at_mut(key);
            if region.state == RegionState::Closing {
                region.state = RegionState::Draining;
                self.note_region(
                    key,
                    EventKind::RegionDraining,
                    u32::from(reason.kind.code()),
                );
            }
            self.settling.push(Settle::Region(key));
            let region = self.regions.at(key);
            if region.is_quiescent() {
                continue;
            }
            let mut tasks = region.tasks.cursor(&self.tasks);
            let mut children = region.regions.cursor(&self.regions);
            let origin = self.region_handle(key);
            let below = self.descendants_reason(&reason, origin);
            while let Some(member) = tasks.step(&self.tasks) {
                self.request_task(member, &below);
            }
            while let Some(member) = children.step(&self.regions) {
                self.spreading.push_back((member, Arc::clone(&below)));
            }
        }
    }

    /// Asks one task to cancel; the regions it owns are left to [`Kernel::spread`].
    pub(super) fn request_task(&mut self, key: TaskKey, reason: &Arc<CancelReason>) {
        let record = self.tasks.at_mut(key);
        if record.state == TaskState::Completed {
            return;
        }
        if let Some(current) = record.reason.take() {
            record.reason = Some(CancelReason::strengthen(current, Arc::clone(reason)));
            return;
        }
        record.reason = Some(Arc::clone(reason));
        if matches!(record.state, TaskState::Created | TaskState::Running) {
            record.state = TaskState::CancelRequested;
        }
        let activity = record.activity;
        let mut children = record.regions.cursor(&self.regions);
        let mut ops = record.host_ops.cursor(&self.host_ops);
        let owns_regions = !record.regions.is_empty();
        self.note_task_with(
            key,
            EventKind::TaskCancelRequested,
            u32::from(reason.kind.code()),
            reason.origin.raw(),
        );
        match activity {
            Activity::Unstarted | Activity::Body => self.arm_drain(key),
            // What it waits for may be shielded.
            Activity::Draining if owns_regions => self.arm_drain(key),
            // A running finalizer has its time already.
            Activity::Draining | Activity::Finalizer => {}
        }
        self.wake_to_observe(key);
        while let Some(member) = ops.step(&self.host_ops) {
            if !self.host_ops.at(member).shielded {
                self.cancel_host_op(member, reason);
            }
        }
        if owns_regions {
            let below = self.reason_for_owned(key);
            while let Some(member) = children.step(&self.regions) {
                if !self.regions.at(member).ownership.shielded {
                    self.spreading.push_back((member, Arc::clone(&below)));
                }
            }
        }
    }

    /// Queues a task in the cancel lane if it is where it can observe its cancellation: before
    /// its start, at a checkpoint, or in a wait that a cancellation fails.
    pub(super) fn wake_to_observe(&mut self, key: TaskKey) {
        if self.can_observe(key) {
            self.enqueue(key, Lane::Cancel);
        }
    }

    /// Whether the task is where its next dispatch makes it observe its cancellation.
    pub(crate) fn can_observe(&self, key: TaskKey) -> bool {
        let record = self.tasks.at(key);
        record.must_observe()
            && (record.activity == Activity::Unstarted
                || record.at_checkpoint
                || self
                    .waits_of(record.waits)
                    .any(|wait| self.waits.at(wait).is_interruptible()))
    }

    /// The task observes its cancellation: the cleanup budget begins, and what it waits for
    /// fails, but for what is done already and for regions, which drain.
    pub(super) fn acknowledge(&mut self, key: TaskKey) {
        let record = self.tasks.at_mut(key);
        record.state = TaskState::Cancelling;
        let kind = record
            .reason
            .as_ref()
            .map_or(CancelKind::User, |reason| reason.kind);
        record.budget.polls = kind.cleanup_polls();
        self.note_task(key, EventKind::TaskCancelling, kind.cleanup_polls());
        self.fail_waits(key);
    }

    pub(super) fn fail_waits(&mut self, key: TaskKey) {
        let mut waits = self.tasks.at(key).waits.cursor(&self.waits);
        while let Some(wait) = waits.step(&self.waits) {
            let record = self.waits.at(wait);
            if !record.is_interruptible() {
                continue;
            }
            match record.progress {
                WaitProgress::Pending => self.detach_wait(wait),
                // A sleep brings no value that could be lost, so nobody goes on from one that
                // ended before the cancellation was observed.
                WaitProgress::Done(_) if matches!(record.kind, WaitKind::Timer(_)) => {}
                // Neither does the end of a semaphore; and permits that the task was not told
                // of go back. Told to somebody else, who acted on them, they are no loss to it.
                WaitProgress::Done(PERMITS_CLOSED)
                    if matches!(record.kind, WaitKind::Permit(_)) => {}
                WaitProgress::Done(_) if self.untold_permit(wait).is_some() => {}
                WaitProgress::Done(_) | WaitProgress::Failed => continue,
            }
            self.waits.at_mut(wait).progress = WaitProgress::Failed;
        }
    }

    /// The reason that regions owned by `key` get when it is cancelled or has failed.
    pub(super) fn reason_for_owned(&mut self, key: TaskKey) -> Arc<CancelReason> {
        let origin = self.task_handle(key);
        let record = self.tasks.at(key);
        match &record.reason {
            Some(own) => {
                let own = Arc::clone(own);
                self.descendants_reason(&own, origin)
            }
            None if record.outcome == Outcome::Ok => {
                self.new_reason(CancelKind::LinkedExit, origin, "")
            }
            None => self.new_reason(CancelKind::FailFast, origin, ""),
        }
    }

    /// Starts the time that a cancelled task or a finalizer has.
    pub(super) fn arm_drain(&mut self, key: TaskKey) {
        self.disarm_drain(key);
        let at = self.now.plus_nanos(self.config.drain_time_ns);
        let record = self.tasks.at_mut(key);
        record.drain_at = at;
        record.drain_stamp = record.drain_stamp.wrapping_add(1);
        let stamp = record.drain_stamp;
        self.arm(at, TimerTarget::DrainTask(key, stamp));
    }

    pub(super) fn disarm_drain(&mut self, key: TaskKey) {
        let record = self.tasks.at_mut(key);
        if record.drain_at != Time::NEVER {
            record.drain_at = Time::NEVER;
            self.timers.disarmed();
        }
    }

    /// Asks for the cancellation of one task from within the kernel.
    pub(super) fn cancel_from_within(&mut self, key: TaskKey, kind: CancelKind, origin: Handle) {
        let reason = self.new_reason(kind, origin, "");
        self.request_task(key, &reason);
        self.spread();
    }
}

#[cfg(test)]
mod tests {
    use crate::{CancelKind, Kernel, KernelConfig};

    #[test]
    fn after_the_last_number_of_a_reason_comes_the_first() {
        let mut kernel = Kernel::new(&KernelConfig::default());
        kernel.reasons = u32::MAX - 1;
        let numbers = [(); 3].map(|()| {
            let task = kernel.region_spawn(kernel.root()).expect("room");
            let asked = kernel.task_cancel(task, CancelKind::User, "");
            asked.expect("it is live");
            let reason = kernel.task_reason(task).expect("it is live");
            reason.expect("it was asked").id
        });
        assert_eq!(numbers, [u32::MAX, 1, 2]);
    }
}
