//! Owns what must hold between two steps: that the kernel and the model see the same tree.

use std::collections::BTreeSet;

use asupersync_core::{Handle, HandleKind, HostOpState, Kernel};

use super::Model;
use super::records::{Phase, Region, Task, Wait};
use crate::check::{Check, ensure};
impl Model {
    pub(crate) fn agree(&mut self, kernel: &Kernel) -> Check {
        ensure!(
            self.unannounced.is_empty(),
            "never announced: {:?}",
            self.unannounced
        );
        ensure!(
            self.observing.is_none(),
            "{:?} did not observe",
            self.observing
        );
        ensure!(self.revoked.is_none(), "{:?} did not end", self.revoked);
        self.leaving.clear();
        let counters = kernel.counters();
        ensure!(
            counters.regions_live as usize == self.regions.len(),
            "regions: {counters:?}"
        );
        ensure!(
            counters.tasks_live as usize == self.tasks.len(),
            "tasks: {counters:?}"
        );
        ensure!(
            counters.host_ops_live as usize == self.ops.len(),
            "operations: {counters:?}"
        );
        self.agree_on_obligations(kernel)?;
        for (handle, region) in &self.regions {
            self.agree_on_region(kernel, *handle, region)
                .map_err(|error| format!("{handle:?} {region:?}: {error}"))?;
        }
        for (handle, task) in &self.tasks {
            self.agree_on_task(kernel, *handle, task)
                .map_err(|error| format!("{handle:?} {task:?}: {error}"))?;
        }
        for (handle, op) in &self.ops {
            let state = kernel
                .host_op_state(*handle)
                .map_err(|error| error.to_string())?;
            let expected = if op.asked {
                HostOpState::Draining
            } else {
                HostOpState::Submitted
            };
            ensure!(state == expected, "{handle:?} {op:?}: {state:?}");
        }
        Ok(())
    }

    fn agree_on_region(&self, kernel: &Kernel, handle: Handle, region: &Region) -> Check {
        let reason = kernel
            .region_reason(handle)
            .map_err(|error| error.to_string())?;
        ensure!(reason.is_some() == region.asked, "asked: {reason:?}");
        if let Some(reason) = reason {
            ensure!(
                reason.kind.severity() >= region.strongest,
                "its reason was weakened"
            );
        }
        let is_empty = self.tasks_of(handle).is_empty() && self.children(Some(handle)).is_empty();
        let has_finalizers =
            region.finalizers > 0 || region.finalizer.is_some() || region.finalizer_due;
        let must_be_closed = !region.admits && is_empty && !has_finalizers;
        ensure!(!must_be_closed, "it is quiescent and has not closed");
        Ok(())
    }

    fn agree_on_task(&self, kernel: &Kernel, handle: Handle, task: &Task) -> Check {
        let reason = kernel
            .task_reason(handle)
            .map_err(|error| error.to_string())?;
        ensure!(reason.is_some() == task.asked, "asked: {reason:?}");
        if let Some(reason) = reason {
            ensure!(
                reason.kind.severity() >= task.strongest,
                "its reason was weakened"
            );
        }
        ensure!(
            self.regions.contains_key(&task.region),
            "its region closed before it"
        );
        let has_left = !self.regions_of(handle).is_empty()
            || !self.ops_of(handle).is_empty()
            || task.finalizers > 0;
        ensure!(
            task.phase != Phase::Drained || has_left,
            "it has drained and goes on"
        );
        Ok(())
    }

    /// What must hold when the kernel has nothing to do at the present time.
    pub(crate) fn at_rest(&self) -> Check {
        let now = self.now;
        for (handle, region) in &self.regions {
            ensure!(
                region.asked || region.timeout > now,
                "{handle:?} is past its time"
            );
            let is_empty =
                self.tasks_of(*handle).is_empty() && self.children(Some(*handle)).is_empty();
            let waits_for_nothing = !region.admits && is_empty && !region.finalizer_due;
            ensure!(
                !waits_for_nothing,
                "{handle:?} has not asked for its finalizer"
            );
        }
        for (handle, task) in &self.tasks {
            let fail = |what: &str| Err(format!("{handle:?} {task:?}: {what}"));
            if !task.asked && task.budget.deadline <= now {
                return fail("it is past its deadline");
            }
            if task.phase == Phase::Unstarted {
                return fail("it never had its turn");
            }
            if task.checkpoint {
                return fail("its checkpoint was not answered");
            }
            let owns_nothing =
                self.regions_of(*handle).is_empty() && self.ops_of(*handle).is_empty();
            if task.phase == Phase::Drained && owns_nothing {
                return fail("it has not asked for its finalizer");
            }
            for (token, wait) in &task.waits {
                let is_due = match wait {
                    Wait::Sleep(at) => *at <= now,
                    Wait::Join(target) | Wait::Region(target) => self.ended.contains_key(target),
                    Wait::Op(op) => self.ended.contains_key(op),
                    Wait::Permit(obligation) => {
                        self.granted.contains(obligation) || self.ended.contains_key(obligation)
                    }
                    Wait::Answered(_) | Wait::Refused => true,
                };
                if is_due {
                    return fail(&format!("token {token} was not delivered"));
                }
                if self.must_observe(*handle) && !matches!(wait, Wait::Region(_)) {
                    return fail(&format!("token {token} outlives the cancellation"));
                }
            }
        }
        Ok(())
    }

    /// The snapshot is the live tree, parents first.
    pub(crate) fn agree_on_snapshot(&self, kernel: &Kernel) -> Check {
        let mut seen = BTreeSet::new();
        for row in kernel.snapshot() {
            let parent = match row.subject.kind() {
                Some(HandleKind::Region) => self.regions[&row.subject].parent,
                Some(HandleKind::Task) => Some(self.tasks[&row.subject].region),
                Some(HandleKind::HostOp) => Some(self.ops[&row.subject].task),
                Some(HandleKind::Obligation) => Some(self.obligations[&row.subject].task),
                Some(HandleKind::Semaphore) | None => return Err("a row of nothing".to_owned()),
            };
            ensure!(row.parent == parent, "{row:?} is not below {parent:?}");
            ensure!(
                parent.is_none_or(|parent| seen.contains(&parent)),
                "{row:?} comes before its parent"
            );
            ensure!(seen.insert(row.subject), "{row:?} comes twice");
        }
        let live = self.regions.len() + self.tasks.len() + self.ops.len() + self.obligations.len();
        ensure!(seen.len() == live, "{} rows for {live}", seen.len());
        Ok(())
    }
}
