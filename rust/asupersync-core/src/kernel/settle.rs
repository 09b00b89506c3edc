//! Owns ends: tasks that have nothing left complete, regions that have nothing left close, and
//! each end is told to what is above. A worklist, so that a tree of any depth ends without
//! recursion.

use super::{Grave, Kernel, Settle, label};
use crate::cancel::CancelKind;
use crate::effect::Effect;
use crate::handle::{RegionKey, TaskKey};
use crate::lanes::Lane;
use crate::outcome::Outcome;
use crate::region::{Owner, Policy, RegionState};
use crate::task::{Activity, TaskState};
use crate::time::Time;
use crate::trace::EventKind;
use crate::wait::WaitProgress;

impl Kernel {
    pub(super) fn run_settling(&mut self) {
        while let Some(next) = self.settling.pop() {
            match next {
                Settle::Region(key) => self.settle_region(key),
                Settle::Task(key) => self.settle_task(key),
            }
        }
        self.run_serving();
    }

    fn settle_task(&mut self, key: TaskKey) {
        let Some(record) = self.tasks.get(key) else {
            return;
        };
        let is_drained = record.state == TaskState::Finalizing
            && record.activity == Activity::Draining
            && record.regions.is_empty()
            && record.host_ops.is_empty();
        if !is_drained {
            return;
        }
        if record.finalizers == 0 {
            self.complete(key);
            return;
        }
        let lane = if record.reason.is_some() {
            Lane::Cancel
        } else {
            Lane::Ready
        };
        self.enqueue(key, lane);
    }

    /// Ends a task that has nothing left, and tells its joiners and its region.
    pub(super) fn complete(&mut self, key: TaskKey) {
        self.unqueue(key);
        self.disarm_drain(key);
        self.end_obligations(key);
        let handle = self.task_handle(key);
        let record = self.tasks.at_mut(key);
        if record.deadline_armed {
            record.deadline_armed = false;
            self.timers.disarmed();
        }
        record.outcome = record.closing_outcome();
        record.state = TaskState::Completed;
        let (outcome, region_key) = (record.outcome, record.region);
        let is_finalizer = record.is_region_finalizer;
        let can_win = !record.is_successor;
        let event = label(EventKind::TaskCompleted, u32::from(outcome.code()));
        let region = self.regions.at_mut(region_key);
        self.hashes
            .write_reading(event, &mut record.causal, &mut region.causal);
        self.trace.record(
            self.now,
            EventKind::TaskCompleted,
            handle,
            u32::from(outcome.code()),
        );
        region.tasks = region.tasks.removed(&mut self.tasks, key);
        region.live.tasks -= 1;

        self.counters.tasks_live -= 1;
        self.counters.tasks_completed += 1;
        self.counters.tasks_cancelled += u64::from(outcome == Outcome::Cancelled);
        self.graves.push(Grave::Task(key));
        if self.answering == Some(key) && (self.ends_queued || self.ends_taken) {
            // An answer would overtake ends that the host has not come to.
            self.answering = None;
        }
        if self.answering != Some(key) {
            let reason = self.tasks.at(key).reason.clone();
            self.push_end(Effect::TaskDone {
                task: handle,
                outcome,
                reason,
            });
        }
        self.tell_joiners(key, outcome);
        if is_finalizer {
            let region = self.regions.at_mut(region_key);
            region.finalizer_running = false;
            if outcome != Outcome::Ok {
                region.outcome = Outcome::Panicked;
            }
        } else {
            self.child_ended(region_key, outcome, can_win);
        }
        self.settling.push(Settle::Region(region_key));
    }

    /// Queues an effect that ends something.
    fn push_end(&mut self, effect: Effect) {
        self.ends_queued |= effect.is_end();
        self.effects.push(effect);
    }

    fn tell_joiners(&mut self, key: TaskKey, outcome: Outcome) {
        let causal = self.tasks.at(key).causal;
        let progress = WaitProgress::Done(u32::from(outcome.code()));
        while let Some(wait) = self.tasks.at(key).joiners.first() {
            // Takes the wait out of the list.
            self.finish_wait(wait, progress, causal);
        }
    }

    /// Applies the region's policy to the end of one of its children.
    fn child_ended(&mut self, key: RegionKey, outcome: Outcome, can_win: bool) {
        let region = self.regions.at_mut(key);
        if region.decided {
            return;
        }
        let wins = can_win
            && match region.policy {
                Policy::Race => outcome != Outcome::Cancelled,
                Policy::Any => outcome == Outcome::Ok,
                Policy::FailFast | Policy::CollectAll => false,
            };
        if wins {
            region.decided = true;
            region.outcome = outcome;
            self.cancel_siblings(key, CancelKind::RaceLost);
            return;
        }
        if !outcome.is_failure() {
            return;
        }
        region.outcome = region.outcome.max(outcome);
        if region.policy == Policy::FailFast {
            self.cancel_siblings(key, CancelKind::FailFast);
        }
        let region = self.regions.at(key);
        if let (Owner::Task(owner), true) = (region.owner, region.ownership.linked) {
            let failure = region.outcome;
            let record = self.tasks.at_mut(owner);
            record.child_failure = record.child_failure.max(failure);
            if record.activity == Activity::Body {
                let origin = self.region_handle(key);
                self.cancel_from_within(owner, CancelKind::FailFast, origin);
            }
        }
    }

    /// Cancels what is left in a region by its own policy.
    fn cancel_siblings(&mut self, key: RegionKey, kind: CancelKind) {
        let region = self.regions.at_mut(key);
        if region.reason.is_some() {
            return;
        }
        region.self_cancelled = true;
        let origin = self.region_handle(key);
        let reason = self.new_reason(kind, origin, "");
        self.request_region(key, &reason);
    }

    fn settle_region(&mut self, key: RegionKey) {
        let Some(region) = self.regions.get_mut(key) else {
            return;
        };
        let is_ending = !matches!(region.state, RegionState::Open | RegionState::Closed);
        if !is_ending || !region.is_quiescent() || region.finalizer_running {
            return;
        }
        if region.finalizers == 0 {
            self.close(key);
            return;
        }
        region.finalizer_running = true;
        if region.state != RegionState::Finalizing {
            region.state = RegionState::Finalizing;
            self.note_region(key, EventKind::RegionFinalizing, 0);
        }
        let region = self.region_handle(key);
        self.effects.push(Effect::RegionFinalize { region });
    }

    fn close(&mut self, key: RegionKey) {
        let handle = self.region_handle(key);
        let region = self.regions.at_mut(key);
        let outcome = region.closing_outcome();
        region.state = RegionState::Closed;
        if region.timeout != Time::NEVER {
            region.timeout = Time::NEVER;
            self.timers.disarmed();
        }
        self.drop_semaphores(key);
        let region = self.regions.at(key);
        let (owner, waiter, linked) = (region.owner, region.waiter, region.ownership.linked);
        let reason = region.reason.clone();
        self.note_region(key, EventKind::RegionClosed, u32::from(outcome.code()));
        self.counters.regions_live -= 1;
        self.graves.push(Grave::Region(key));
        self.push_end(Effect::RegionClosed {
            region: handle,
            outcome,
            reason,
        });
        if let Some(wait) = waiter {
            let causal = self.regions.at(key).causal;
            self.finish_wait(wait, WaitProgress::Done(u32::from(outcome.code())), causal);
        }
        match owner {
            Owner::Kernel => self.closed = true,
            Owner::Region(parent) => {
                let list = self
                    .regions
                    .at(parent)
                    .regions
                    .removed(&mut self.regions, key);
                let record = self.regions.at_mut(parent);
                record.regions = list;
                record.live.regions -= 1;
                self.child_ended(parent, outcome, false);
                self.settling.push(Settle::Region(parent));
            }
            Owner::Task(parent) => {
                let list = self
                    .tasks
                    .at(parent)
                    .regions
                    .removed(&mut self.regions, key);
                let record = self.tasks.at_mut(parent);
                record.regions = list;
                self.regions.at_mut(record.region).live.regions -= 1;
                if linked && outcome.is_failure() {
                    record.child_failure = record.child_failure.max(outcome);
                }
                self.settling.push(Settle::Task(parent));
            }
        }
    }
}
