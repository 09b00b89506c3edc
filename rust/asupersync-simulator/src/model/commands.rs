//! Owns what a command that was taken does to the model.

use asupersync_core::{Budget, Handle, HostOpKind, Outcome, Policy, Time};

use super::records::{Op, Phase, Region, Task, Wait, tighter};
use super::{Model, is_obligation};
use crate::check::{Check, ensure};
impl Model {
    pub(crate) fn opened(&mut self, parent: Handle, policy: Policy, region: Handle) -> Check {
        self.is_new(region)?;
        let above = &self.regions[&parent];
        let record = Region::new(Some(parent), policy, above.budget);
        self.regions.insert(region, record);
        Ok(())
    }

    pub(crate) fn opened_in(
        &mut self,
        task: Handle,
        policy: Policy,
        shielded: bool,
        linked: bool,
        region: Handle,
    ) -> Check {
        self.is_new(region)?;
        let owner = &self.tasks[&task];
        let mut record = Region::new(Some(task), policy, owner.allowance());
        record.shielded = shielded || owner.mask > 0;
        record.linked = linked;
        let is_asked = owner.asked && !record.shielded;
        self.regions.insert(region, record);
        if is_asked {
            self.ask_region(region);
        }
        Ok(())
    }

    pub(crate) fn spawned(&mut self, region: Handle, asked: Budget, task: Handle) -> Check {
        self.is_new(task)?;
        let budget = tighter(self.regions[&region].budget, asked);
        self.tasks.insert(task, Task::new(region, budget));
        Ok(())
    }

    pub(crate) fn finalizer_spawned(&mut self, region: Handle, task: Handle) -> Check {
        self.is_new(task)?;
        let owner = self.regions.get_mut(&region).ok_or("a live region")?;
        owner.finalizer_due = false;
        owner.finalizer = Some(task);
        owner.finalizers -= 1;
        let mut record = Task::new(region, Budget::DEFAULT);
        record.is_finalizer = true;
        record.mask = 1;
        record.since = self.now;
        self.tasks.insert(task, record);
        Ok(())
    }

    pub(crate) fn host_opened(
        &mut self,
        task: Handle,
        kind: HostOpKind,
        token: u32,
        op: Option<Handle>,
    ) -> Check {
        let Some(handle) = op else {
            ensure!(
                self.must_observe(task),
                "an operation was refused to a task in peace"
            );
            return self.waits_for(task, token, Wait::Refused);
        };
        self.is_new(handle)?;
        ensure!(
            !self.must_observe(task),
            "a cancelled task opened an operation"
        );
        let shielded = self.tasks[&task].mask > 0;
        let waiter = (token != 0).then_some(token);
        self.tally.reserved += u64::from(is_obligation(kind));
        let record = Op {
            task,
            kind,
            shielded,
            asked: false,
            since: Time::NEVER,
            waiter,
        };
        self.ops.insert(handle, record);
        self.waits_for(task, token, Wait::Op(handle))
    }

    /// The task waits under `token`; 0 is no wait.
    pub(crate) fn waits_for(&mut self, task: Handle, token: u32, wait: Wait) -> Check {
        if token == 0 {
            return Ok(());
        }
        let refused = self.must_observe(task) && !matches!(wait, Wait::Region(_));
        let record = self.tasks.get_mut(&task).ok_or("a live task")?;
        let is_permit = matches!(wait, Wait::Permit(_));
        let wait = if refused && !is_permit {
            Wait::Refused
        } else {
            wait
        };
        ensure!(
            record.waits.insert(token, wait).is_none(),
            "token {token} is not new"
        );
        Ok(())
    }

    pub(crate) fn checkpointed(&mut self, task: Handle) {
        if let Some(record) = self.tasks.get_mut(&task) {
            record.checkpoint = true;
        }
    }

    pub(crate) fn answered(&mut self, op: Handle, code: u32) {
        let Some(record) = self.ops.get_mut(&op) else {
            return;
        };
        if record.asked {
            return;
        }
        let (task, token) = (record.task, record.waiter.take());
        if let (Some(task), Some(token)) = (self.tasks.get_mut(&task), token) {
            task.waits.insert(token, Wait::Answered(code));
        }
    }

    /// The body of `task` said `outcome`.
    pub(crate) fn body_ended(&mut self, task: Handle, outcome: Outcome) {
        let Some(record) = self.tasks.get_mut(&task) else {
            return;
        };
        record.outcome = match outcome {
            Outcome::Ok | Outcome::Err if record.acknowledged => Outcome::Cancelled,
            Outcome::Ok | Outcome::Err | Outcome::Cancelled | Outcome::Panicked => outcome,
        };
        record.waits.clear();
        record.checkpoint = false;
        self.activity_ended(task);
    }

    pub(crate) fn finalizer_ended(&mut self, task: Handle, outcome: Outcome) {
        let Some(record) = self.tasks.get_mut(&task) else {
            return;
        };
        record.finalizers -= 1;
        if outcome != Outcome::Ok {
            record.outcome = Outcome::Panicked;
        }
        record.waits.clear();
        record.checkpoint = false;
        self.activity_ended(task);
    }

    pub(super) fn activity_ended(&mut self, task: Handle) {
        let Some(record) = self.tasks.get_mut(&task) else {
            return;
        };
        record.phase = Phase::Drained;
        record.since = self.now;
        let ended_well = record.outcome == Outcome::Ok;
        for region in self.regions_of(task) {
            if ended_well {
                self.stop_admitting(region);
            } else {
                self.ask_region(region);
            }
        }
        for op in self.ops_of(task) {
            self.ask_op(op);
        }
    }

    pub(crate) fn stop_admitting(&mut self, region: Handle) {
        if let Some(record) = self.regions.get_mut(&region) {
            record.admits = false;
        }
    }

    pub(crate) fn cancel_region(&mut self, region: Handle, severity: u8) {
        if let Some(record) = self.regions.get_mut(&region) {
            record.strongest = record.strongest.max(severity);
        }
        self.ask_region(region);
    }

    pub(crate) fn cancel_task(&mut self, task: Handle, severity: u8) {
        if let Some(record) = self.tasks.get_mut(&task) {
            record.strongest = record.strongest.max(severity);
        }
        self.ask_task(task);
    }

    /// The answer of a command said that `handle` has ended.
    pub(crate) fn announced(&mut self, handle: Handle) -> Check {
        ensure!(
            self.unannounced.remove(&handle),
            "{handle:?} was announced, and has not ended"
        );
        self.leaving.remove(&handle);
        Ok(())
    }

    pub(super) fn is_new(&self, handle: Handle) -> Check {
        let is_known = self.ended.contains_key(&handle)
            || self.regions.contains_key(&handle)
            || self.tasks.contains_key(&handle)
            || self.ops.contains_key(&handle)
            || self.obligations.contains_key(&handle)
            || self.semaphores.contains_key(&handle);
        ensure!(!is_known, "{handle:?} was issued twice");
        Ok(())
    }
}
