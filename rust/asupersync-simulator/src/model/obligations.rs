//! Owns what the model knows of obligations, of the limits of regions, and of costs.

use asupersync_core::{EventKind, Handle, HostOpKind, Kernel, LeakPolicy, ObligationKind, Outcome};

use super::Model;
use super::records::{Obligation, Phase};
use crate::check::{Check, ensure};

/// Obligations so far by what became of them, host operations that are not passive included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tally {
    pub(super) reserved: u64,
    pub(super) committed: u64,
    pub(super) aborted: u64,
    pub(super) leaked: u64,
}

impl Model {
    pub(crate) fn reserved(&mut self, task: Handle, kind: ObligationKind, new: Handle) -> Check {
        self.is_new(new)?;
        let record = Obligation {
            task,
            kind,
            permit: None,
        };
        self.obligations.insert(new, record);
        self.tally.reserved += 1;
        self.ordered = Some((new, EventKind::ObligationReserved));
        Ok(())
    }

    /// A command ended `obligation`; its event is to follow.
    pub(crate) fn ordered(&mut self, obligation: Handle, event: EventKind) {
        self.ordered = Some((obligation, event));
    }

    pub(crate) fn transferred(&mut self, obligation: Handle, task: Handle) {
        let record = self.obligations.get_mut(&obligation);
        if let Some(record) = record.filter(|record| record.task != task) {
            record.task = task;
            if let Some(permit) = &mut record.permit {
                permit.is_held = true;
            }
            self.ordered(obligation, EventKind::ObligationTransferred);
        }
    }

    /// `task` was charged; gives nothing, but may ask it to cancel.
    pub(crate) fn charged(&mut self, task: Handle, cost: u64, severity: u8) {
        let Some(record) = self.tasks.get_mut(&task) else {
            return;
        };
        if !record.is_on_quotas() || record.budget.cost == u64::MAX {
            return;
        }
        match record.budget.cost.checked_sub(cost) {
            Some(left) => record.budget.cost = left,
            None => self.cancel_task(task, severity),
        }
    }

    pub(crate) fn obligations_of(&self, task: Handle) -> Vec<Handle> {
        let own = self.obligations.iter().filter(|(_, o)| o.task == task);
        own.map(|(handle, _)| *handle).collect()
    }

    /// What counts for the limits of a region: tasks, regions, obligations.
    pub(crate) fn held_by(&self, region: Handle) -> [usize; 3] {
        let tasks = self.tasks_of(region);
        let mut regions = self.children(Some(region)).len();
        let mut obligations = 0;
        for task in &tasks {
            regions += self.regions_of(*task).len();
            obligations += self.obligations_of(*task).len();
            let ops = self.ops_of(*task);
            let pending = ops.iter().filter(|op| is_obligation(self.ops[op].kind));
            obligations += pending.count();
        }
        [tasks.len(), regions, obligations]
    }

    pub(super) fn obligation_event(
        &mut self,
        subject: Handle,
        event: EventKind,
        kind: u32,
    ) -> Check {
        let record = self.obligations.get(&subject).ok_or("no such obligation")?;
        ensure!(kind == u32::from(record.kind.code()), "another kind");
        let task = record.task;
        if event == EventKind::ObligationReserved && record.permit.is_some() {
            return self.granted(subject);
        }
        let was_ordered = self.ordered == Some((subject, event));
        if was_ordered {
            self.ordered = None;
        }
        if event == EventKind::ObligationAborted {
            ensure!(
                was_ordered || self.may_refuse(subject) || self.may_abort(task)?,
                "nobody took it back, and its holder may keep it"
            );
            self.tally.aborted += 1;
        } else if event == EventKind::ObligationLeaked {
            ensure!(
                self.is_at_its_end(task)?,
                "its holder has not come to its end"
            );
            ensure!(self.ended_by_itself(task)?, "its holder was cut off");
            ensure!(
                self.leak_policy != LeakPolicy::Abort,
                "it was to be aborted"
            );
            if self.leak_policy == LeakPolicy::Panic {
                self.leaking.insert(task);
            }
            self.tally.leaked += 1;
            self.unannounced.insert(subject);
        } else if event == EventKind::ObligationCommitted {
            ensure!(was_ordered, "nobody committed it");
            self.tally.committed += 1;
        } else {
            ensure!(was_ordered, "nobody asked for it");
            return Ok(());
        }
        let record = self.obligations.remove(&subject);
        let record = record.ok_or("no such obligation")?;
        self.permits_given_back(subject, &record, event == EventKind::ObligationCommitted);
        self.ended.insert(subject, Outcome::Ok);
        Ok(())
    }

    /// Takes the end of a task's obligations into its outcome.
    pub(super) fn obligations_ended(&mut self, task: Handle) -> Check {
        ensure!(
            self.obligations_of(task).is_empty(),
            "it still holds obligations"
        );
        if self.leaking.remove(&task) {
            self.task(task)?.outcome = Outcome::Panicked;
        }
        Ok(())
    }

    /// Whether the kernel may abort what `task` holds: at its end, or when it is revoked.
    fn may_abort(&mut self, task: Handle) -> Check<bool> {
        if self.revoked == Some(task) {
            return Ok(true);
        }
        let keeps = self.ended_by_itself(task)? && self.leak_policy != LeakPolicy::Abort;
        Ok(self.is_at_its_end(task)? && !keeps)
    }

    fn is_at_its_end(&mut self, task: Handle) -> Check<bool> {
        let owns_nothing = self.regions_of(task).is_empty() && self.ops_of(task).is_empty();
        let record = self.task(task)?;
        Ok(owns_nothing && record.phase == Phase::Drained && record.finalizers == 0)
    }

    fn ended_by_itself(&mut self, task: Handle) -> Check<bool> {
        let record = self.task(task)?;
        Ok(matches!(record.outcome, Outcome::Ok | Outcome::Err) && !record.is_successor)
    }

    pub(super) fn op_counted(&mut self, kind: HostOpKind, was_asked: bool) {
        if !is_obligation(kind) {
            return;
        }
        if was_asked {
            self.tally.aborted += 1;
        } else {
            self.tally.committed += 1;
        }
    }

    pub(super) fn agree_on_obligations(&self, kernel: &Kernel) -> Check {
        ensure!(
            self.ordered.is_none(),
            "{:?} has no event to say so",
            self.ordered
        );
        let counters = kernel.counters();
        let counted = Tally {
            reserved: counters.obligations_reserved,
            committed: counters.obligations_committed,
            aborted: counters.obligations_aborted,
            leaked: counters.obligations_leaked,
        };
        ensure!(counted == self.tally, "{counted:?}, not {:?}", self.tally);
        let ops = self.ops.values().filter(|op| is_obligation(op.kind));
        let live = self.obligations.len() + ops.count();
        ensure!(
            counters.obligations_live as usize == live,
            "{live} obligations: {counters:?}"
        );
        self.agree_on_semaphores(kernel)?;
        for (handle, obligation) in &self.obligations {
            ensure!(
                kernel.obligation_state(*handle) == Ok(self.state_of(*handle)),
                "{handle:?} {obligation:?} is not pending"
            );
            ensure!(
                self.tasks.contains_key(&obligation.task),
                "{handle:?} {obligation:?} outlives its holder"
            );
        }
        Ok(())
    }
}

pub(crate) fn is_obligation(kind: HostOpKind) -> bool {
    kind != HostOpKind::Signal
}
