//! Owns how a cancel request spreads in the model: by naive recursion, the trees of the
//! model are small.

use asupersync_core::{Handle, Outcome, Policy};

use super::Model;
use super::records::Phase;
impl Model {
    pub(super) fn ask_region(&mut self, region: Handle) {
        let Some(record) = self.regions.get_mut(&region) else {
            return;
        };
        record.admits = false;
        if core::mem::replace(&mut record.asked, true) {
            return;
        }
        for task in self.tasks_of(region) {
            self.ask_task(task);
        }
        for child in self.children(Some(region)) {
            self.ask_region(child);
        }
    }

    pub(super) fn ask_task(&mut self, task: Handle) {
        let now = self.now;
        let Some(record) = self.tasks.get_mut(&task) else {
            return;
        };
        if core::mem::replace(&mut record.asked, true) {
            return;
        }
        if matches!(record.phase, Phase::Unstarted | Phase::Body) {
            record.since = now;
            record.dispatches = 0;
        }
        for region in self.regions_of(task) {
            if !self.regions[&region].shielded {
                self.ask_region(region);
            }
        }
        for op in self.ops_of(task) {
            if !self.ops[&op].shielded {
                self.ask_op(op);
            }
        }
    }

    pub(super) fn ask_op(&mut self, op: Handle) {
        let now = self.now;
        if let Some(record) = self.ops.get_mut(&op)
            && !core::mem::replace(&mut record.asked, true)
        {
            record.since = now;
        }
    }

    /// A child of `region` ended.
    pub(super) fn child_ended(&mut self, region: Handle, outcome: Outcome, can_win: bool) {
        let Some(record) = self.regions.get_mut(&region) else {
            return;
        };
        if record.decided {
            return;
        }
        let wins = match record.policy {
            Policy::Race => can_win && outcome != Outcome::Cancelled,
            Policy::Any => can_win && outcome == Outcome::Ok,
            Policy::FailFast | Policy::CollectAll => false,
        };
        if wins {
            record.decided = true;
            record.outcome = outcome;
            self.ask_by_policy(region);
            return;
        }
        if !outcome.is_failure() {
            return;
        }
        record.outcome = record.outcome.max(outcome);
        let (failure, parent, linked) = (record.outcome, record.parent, record.linked);
        if record.policy == Policy::FailFast {
            self.ask_by_policy(region);
        }
        if linked && let Some(owner) = parent {
            self.linked_failure(owner, failure);
            if self
                .tasks
                .get(&owner)
                .is_some_and(|t| t.phase == Phase::Body)
            {
                self.ask_task(owner);
            }
        }
    }

    pub(super) fn linked_failure(&mut self, owner: Handle, failure: Outcome) {
        if let Some(task) = self.tasks.get_mut(&owner) {
            task.child_failure = task.child_failure.max(failure);
        }
    }

    fn ask_by_policy(&mut self, region: Handle) {
        let Some(record) = self.regions.get_mut(&region) else {
            return;
        };
        if !record.asked {
            record.by_policy = true;
            self.ask_region(region);
        }
    }

    /// Whether a region may have been asked by the passing of time alone: by its timeout, or
    /// because the drain time of its owner ended, which is the end of its shield.
    pub(super) fn time_may_ask(&self, region: Handle) -> bool {
        let record = &self.regions[&region];
        let owner = record.parent.and_then(|owner| self.tasks.get(&owner));
        let shield_is_over = owner.is_some_and(|task| {
            let is_bound = task.asked || task.is_finalizer || task.ran_finalizer;
            is_bound && self.now >= task.since.plus_nanos(self.drain_ns)
        });
        record.timeout <= self.now || (record.shielded && shield_is_over)
    }
}
