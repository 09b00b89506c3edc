//! Owns the end of patience: bodies, finalizers and host operations that do not drain in their
//! time are taken leave of, so that closing always goes on.

use super::{Kernel, Settle};
use crate::budget::Budget;
use crate::cancel::CancelKind;
use crate::effect::Effect;
use crate::handle::{HostOpKey, TaskKey};
use crate::outcome::Outcome;
use crate::region::Owner;
use crate::task::{Activity, TaskState};
use crate::trace::EventKind;
use crate::wait::WaitProgress;

impl Kernel {
    /// The drain time of a task is over.
    pub(super) fn drain_time_is_over(&mut self, key: TaskKey) {
        self.disarm_drain(key);
        let record = self.tasks.at(key);
        match record.activity {
            // What is left of it drains by its own bounds, but for what was shielded.
            Activity::Draining => self.lift_shields(key),
            Activity::Unstarted => self.work_overtime(key),
            Activity::Body | Activity::Finalizer if record.lane.is_some() => {
                self.work_overtime(key);
            }
            Activity::Body | Activity::Finalizer if self.waits_for_region(key) => {
                self.lift_shields(key);
                self.arm_drain(key);
            }
            Activity::Body | Activity::Finalizer => self.revoke(key),
        }
    }

    /// The drain time of a task ended while it was queued. It may be that the scheduler is
    /// late, so the time starts anew; or that the body never stops, so from now on its cleanup
    /// polls bound it, whether it can observe or not.
    pub(super) fn work_overtime(&mut self, key: TaskKey) {
        self.arm_drain(key);
        let record = self.tasks.at_mut(key);
        if record.is_active() && !record.is_overtime {
            record.is_overtime = true;
            let kind = record.reason.as_ref().map_or(CancelKind::User, |r| r.kind);
            record.budget.polls = record.budget.polls.min(kind.cleanup_polls());
        }
    }

    /// The shielded work of a cancelled task has had its time: the cancellation reaches in.
    fn lift_shields(&mut self, key: TaskKey) {
        let reason = self.reason_for_owned(key);
        let regions: Vec<_> = self.regions_of(self.tasks.at(key).regions).collect();
        for region in regions {
            self.request_region(region, &reason);
        }
    }

    /// Takes leave of a body or finalizer that does not answer: its handle turns stale, so that
    /// nothing it does later can touch the runtime. Its obligations are aborted; what else it
    /// owned and the finalizers that have not run go to a successor in the same region.
    pub(super) fn revoke(&mut self, key: TaskKey) {
        let task = self.task_handle(key);
        let record = self.tasks.at_mut(key);
        if record.activity == Activity::Finalizer {
            record.finalizers -= 1;
            record.outcome = Outcome::Panicked;
        } else {
            record.outcome = if record.is_region_finalizer {
                Outcome::Panicked
            } else {
                Outcome::Cancelled
            };
        }
        let state = u32::from(record.state as u8);
        self.note_task(key, EventKind::TaskRevoked, state);
        self.counters.tasks_revoked += 1;
        self.abort_obligations(key);
        self.end_activity(key);
        let record = self.tasks.at(key);
        let leaves_something =
            record.finalizers > 0 || !record.regions.is_empty() || !record.host_ops.is_empty();
        let successor = if leaves_something {
            self.add_successor(key)
        } else {
            None
        };
        if leaves_something && successor.is_none() {
            // No slot is free, not even a kept one. The body is cut off all the same; the
            // record itself stays to see its children out.
            return;
        }
        let reason = self.tasks.at(key).reason.clone();
        let successor = successor.map(|key| self.task_handle(key));
        self.effects.push(Effect::TaskRevoked {
            task,
            successor,
            reason,
        });
        self.complete(key);
    }

    fn add_successor(&mut self, key: TaskKey) -> Option<TaskKey> {
        let successor = self.add_task(self.tasks.at(key).region, Budget::DEFAULT)?;
        let record = self.tasks.at_mut(key);
        let regions = core::mem::take(&mut record.regions);
        let host_ops = core::mem::take(&mut record.host_ops);
        let finalizers = core::mem::take(&mut record.finalizers);
        let reason = record.reason.clone();
        for region in self.regions_of(regions).collect::<Vec<_>>() {
            let region = self.regions.at_mut(region);
            region.owner = Owner::Task(successor);
            region.ownership.linked = false;
        }
        for op in self.host_ops_of(host_ops).collect::<Vec<_>>() {
            self.host_ops.at_mut(op).task = successor;
        }
        let record = self.tasks.at_mut(successor);
        record.is_successor = true;
        record.state = TaskState::Finalizing;
        record.activity = Activity::Draining;
        record.mask_depth = 1;
        record.regions = regions;
        record.host_ops = host_ops;
        record.finalizers = finalizers;
        record.reason = reason;
        let revoked = self.task_handle(key).raw();
        self.note_task_with(successor, EventKind::TaskFinalizing, 0, revoked);
        self.settling.push(Settle::Task(successor));
        Some(successor)
    }

    /// The drain time of a host operation is over.
    pub(super) fn revoke_host_op(&mut self, key: HostOpKey) {
        let op = self.host_op_handle(key);
        self.timers.disarmed();
        let record = self.host_ops.at(key);
        let causal = record.causal;
        if let Some(wait) = record.wait {
            self.finish_wait(wait, WaitProgress::Failed, causal);
        }
        self.counters.host_ops_revoked += 1;
        self.effects.push(Effect::HostRevoked { op });
        self.remove_host_op(key, EventKind::HostOpRevoked, 0);
    }
}
