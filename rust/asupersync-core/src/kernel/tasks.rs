//! Owns the commands on tasks: complete, cancel, budget, mask, defer.

use super::{Kernel, Settle, check_priority, limit_reached, wrong_state};
use crate::budget::Budget;
use crate::cancel::CancelKind;
use crate::error::Result;
use crate::handle::{Handle, TaskKey};
use crate::lanes::Lane;
use crate::limits::{FINALIZERS_MAX, MASK_DEPTH_MAX};
use crate::outcome::Outcome;
use crate::task::{Activity, TaskState};
use crate::time::Time;
use crate::timers::TimerTarget;
use crate::trace::EventKind;
use crate::wait::WaitProgress;

impl Kernel {
    /// Says that the body of `task` has ended. Once a cancellation was acknowledged the record
    /// says cancelled, whatever the body made of it; a body that ended before it observed the
    /// request keeps its outcome.
    ///
    /// Gives the final outcome if nothing was left to drain, nothing leaked, and the host has
    /// been told every end before this one; else `None`, and
    /// [`Effect::TaskDone`](crate::Effect::TaskDone) follows. So a host that carries out effects
    /// in their order hears of ends in the order in which they came.
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`](crate::ErrorKind) if the body does not run, or if `outcome` is
    /// cancelled and nobody asked; or a bad handle.
    pub fn task_complete(&mut self, task: Handle, outcome: Outcome) -> Result<Option<Outcome>> {
        let key = self.task_key(task)?;
        let record = self.tasks.at_mut(key);
        if record.activity != Activity::Body {
            return Err(wrong_state(
                "a task whose body runs",
                u64::from(record.state as u8),
            ));
        }
        record.outcome = match (record.state, outcome) {
            (TaskState::Cancelling, Outcome::Ok | Outcome::Err) => Outcome::Cancelled,
            (TaskState::Running, Outcome::Cancelled) => {
                return Err(wrong_state("a task that was asked to cancel", 0));
            }
            _ => outcome,
        };
        let is_plain = record.reason.is_none()
            && record.finalizers == 0
            && record.waits.is_empty()
            && record.regions.is_empty()
            && record.host_ops.is_empty();
        self.answering = Some(key);
        if is_plain {
            self.complete(key);
        } else {
            self.end_activity(key);
        }
        self.finish_if_drained(key)
    }

    /// Says that the finalizer which [`Effect::Finalize`](crate::Effect::Finalize) asked for has
    /// ended. One that failed makes the task panicked; the others still run. Gives the final
    /// outcome as [`Kernel::task_complete`] does.
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`](crate::ErrorKind) if no finalizer runs, or a bad handle.
    pub fn task_finalized(&mut self, task: Handle, outcome: Outcome) -> Result<Option<Outcome>> {
        let key = self.task_key(task)?;
        let record = self.tasks.at_mut(key);
        if record.activity != Activity::Finalizer {
            return Err(wrong_state(
                "a task whose finalizer runs",
                u64::from(record.state as u8),
            ));
        }
        record.finalizers -= 1;
        if outcome != Outcome::Ok {
            record.outcome = Outcome::Panicked;
        }
        self.note_task(key, EventKind::FinalizerEnded, u32::from(outcome.code()));
        self.answering = Some(key);
        self.end_activity(key);
        self.finish_if_drained(key)
    }

    /// Completes `key` within the command that ended its last activity, if nothing is left. Gives
    /// the outcome unless an effect tells it.
    fn finish_if_drained(&mut self, key: TaskKey) -> Result<Option<Outcome>> {
        self.run_settling();
        let is_answer = self.answering.take() == Some(key);
        let record = self.tasks.at(key);
        Ok((is_answer && record.state == TaskState::Completed).then_some(record.outcome))
    }

    /// Asks `task` and all that it owns to cancel; a waiting task is woken at once. A later
    /// request only strengthens the reason.
    ///
    /// # Errors
    /// A bad handle; a task that has ended is stale.
    pub fn task_cancel(&mut self, task: Handle, kind: CancelKind, message: &str) -> Result<()> {
        let key = self.task_key(task)?;
        let reason = self.new_reason(kind, task, message);
        self.request_task(key, &reason);
        self.spread();
        self.run_settling();
        Ok(())
    }

    /// Tightens the budget of `task` to its *meet* with `asked`.
    ///
    /// # Errors
    /// [`ErrorKind::LimitReached`](crate::ErrorKind) for a priority above 7, or a bad handle.
    pub fn task_budget(&mut self, task: Handle, asked: Budget) -> Result<()> {
        let key = self.task_key(task)?;
        check_priority(asked)?;
        let record = self.tasks.at_mut(key);
        let met = record.budget.meet(asked);
        // Only another priority is another place in the queue.
        let lane = record
            .lane
            .filter(|_| met.priority != record.budget.priority);
        let is_earlier = met.deadline < record.budget.deadline;
        if is_earlier && record.deadline_armed {
            record.deadline_armed = false;
            self.timers.disarmed();
        }
        record.budget = met;
        if is_earlier {
            self.arm_task_deadline(key);
        }
        if let Some(lane) = lane {
            self.unqueue(key);
            self.enqueue(key, lane);
        }
        Ok(())
    }

    /// Charges `cost`, in a unit of the caller's choice, to the cost quota of the task's budget.
    /// A charge past what is left cancels the task with `cost-budget`, which it observes at its
    /// next checkpoint; one that uses up exactly what is left does not. Nothing is charged to a
    /// task that has no quota, is cancelled already, or runs a finalizer: the clean-up budget
    /// bounds those. O(1).
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`](crate::ErrorKind) if the task's code does not run, or a bad
    /// handle.
    pub fn task_charge(&mut self, task: Handle, cost: u64) -> Result<()> {
        let key = self.active_key(task)?;
        let record = self.tasks.at_mut(key);
        if !record.is_on_quotas() || record.budget.cost == u64::MAX {
            return Ok(());
        }
        if let Some(left) = record.budget.cost.checked_sub(cost) {
            record.budget.cost = left;
            return Ok(());
        }
        self.cancel_from_within(key, CancelKind::CostBudget, task);
        self.run_settling();
        Ok(())
    }

    /// Shields the task from observing cancellation until the matching [`Kernel::task_unmask`].
    ///
    /// # Errors
    /// [`ErrorKind::LimitReached`](crate::ErrorKind) at [`MASK_DEPTH_MAX`],
    /// [`ErrorKind::WrongState`](crate::ErrorKind) if its code does not run, or a bad handle.
    pub fn task_mask(&mut self, task: Handle) -> Result<()> {
        let key = self.active_key(task)?;
        let depth = &mut self.tasks.at_mut(key).mask_depth;
        if *depth == MASK_DEPTH_MAX {
            return Err(limit_reached(
                "a mask depth of at most 64",
                u64::from(*depth),
            ));
        }
        *depth += 1;
        Ok(())
    }

    /// Ends the innermost mask. A request that came meanwhile is observed at the next wait.
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`](crate::ErrorKind) if no mask of its own is open, or a bad
    /// handle.
    pub fn task_unmask(&mut self, task: Handle) -> Result<()> {
        let key = self.active_key(task)?;
        let record = self.tasks.at_mut(key);
        let own = u16::from(record.activity == Activity::Finalizer || record.is_region_finalizer);
        if record.mask_depth <= own {
            return Err(wrong_state("an open mask", u64::from(record.mask_depth)));
        }
        record.mask_depth -= 1;
        self.wake_to_observe(key);
        Ok(())
    }

    /// Registers one finalizer of the task: [`Effect::Finalize`](crate::Effect::Finalize) asks
    /// for it after the body has ended and what the task owns has drained, last registered first.
    ///
    /// # Errors
    /// [`ErrorKind::LimitReached`](crate::ErrorKind) at [`FINALIZERS_MAX`],
    /// [`ErrorKind::WrongState`](crate::ErrorKind) if its code does not run, or a bad handle.
    pub fn task_defer(&mut self, task: Handle) -> Result<()> {
        let key = self.active_key(task)?;
        let finalizers = &mut self.tasks.at_mut(key).finalizers;
        if *finalizers == FINALIZERS_MAX {
            return Err(limit_reached("fewer finalizers", u64::from(FINALIZERS_MAX)));
        }
        *finalizers += 1;
        let count = u32::from(*finalizers);
        self.explain(EventKind::FinalizerDeferred, task, count, 0);
        Ok(())
    }

    /// Ends the body or the running finalizer: nothing may wait any more, and what the task
    /// owns is closed, or cancelled if the task did not end well.
    pub(super) fn end_activity(&mut self, key: TaskKey) {
        self.drop_waits(key);
        self.disarm_drain(key);
        self.unqueue(key);
        let record = self.tasks.at_mut(key);
        record.at_checkpoint = false;
        record.is_overtime = false;
        record.mask_depth = record.mask_depth.max(1);
        let was_finalizer = record.activity == Activity::Finalizer || record.is_region_finalizer;
        record.activity = Activity::Draining;
        let ended_well = record.outcome == Outcome::Ok;
        if record.state != TaskState::Finalizing {
            record.state = TaskState::Finalizing;
            self.note_task(key, EventKind::TaskFinalizing, 0);
        }
        self.let_go_of_host_ops(key);
        let regions: Vec<_> = self.regions_of(self.tasks.at(key).regions).collect();
        for region in regions {
            if ended_well {
                self.stop_admitting(region);
            } else {
                let reason = self.reason_for_owned(key);
                self.request_region(region, &reason);
            }
        }
        let record = self.tasks.at(key);
        if (record.reason.is_some() || was_finalizer) && !record.regions.is_empty() {
            // Regions opened under a mask were not reached: their shield ends with the drain
            // time, and a finalizer's work is bounded whether or not its task is cancelled.
            self.arm_drain(key);
        }
        self.settling.push(Settle::Task(key));
    }

    pub(super) fn arm_task_deadline(&mut self, key: TaskKey) {
        let record = self.tasks.at_mut(key);
        if record.budget.deadline != Time::NEVER {
            record.deadline_armed = true;
            let at = record.budget.deadline;
            self.arm(at, TimerTarget::Task(key));
            let task = self.task_handle(key);
            self.explain(EventKind::DeadlineSet, task, 0, at.as_nanos());
        }
    }

    /// Queues a task for which something has come: in the cancel lane if it has a cancellation
    /// to observe.
    pub(super) fn wake(&mut self, key: TaskKey) {
        let lane = if self.tasks.at(key).must_observe() {
            Lane::Cancel
        } else {
            Lane::Ready
        };
        self.enqueue(key, lane);
    }

    /// Takes a task whose code runs out of its lane if its dispatch would tell it nothing: a
    /// body that has left what it waited for goes on by itself. O(1) for one that is not queued,
    /// else O(its waits).
    pub(super) fn unwake(&mut self, key: TaskKey) {
        let record = self.tasks.at(key);
        if record.lane.is_none() {
            return;
        }
        let has_news = record.at_checkpoint
            || self
                .waits_of(record.waits)
                .any(|wait| self.waits.at(wait).progress != WaitProgress::Pending);
        if !has_news && !self.can_observe(key) {
            self.unqueue(key);
        }
    }
}
