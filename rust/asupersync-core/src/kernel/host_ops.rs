//! Owns the commands on host operations, and how one is let go.

use std::sync::Arc;

use super::{Grave, Kernel, Settle, label, limit_reached, wrong_state};
use crate::cancel::{CancelKind, CancelReason};
use crate::effect::Effect;
use crate::error::Result;
use crate::handle::{Handle, HostOpKey, TaskKey};
use crate::host_op::{HostOp, HostOpKind, HostOpState};
use crate::obligation::ObligationState;
use crate::task::Activity;
use crate::timers::TimerTarget;
use crate::trace::EventKind;
use crate::wait::{WaitKind, WaitProgress};

impl Kernel {
    /// Opens a host operation of `task`, which is an obligation of it unless it is passive, and
    /// waits for its first result under `token`; token 0 is no wait. `None` means that the task
    /// has a cancellation to observe: nothing may be started, and the wait fails at the next
    /// dispatch.
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`](crate::ErrorKind) if the task's code does not run,
    /// [`ErrorKind::LimitReached`](crate::ErrorKind) at [`SLOTS_MAX`](crate::limits::SLOTS_MAX),
    /// at [`WAITS_MAX`](crate::limits::WAITS_MAX) or at the limit of obligations of its region,
    /// or a bad handle.
    pub fn host_open(
        &mut self,
        task: Handle,
        kind: HostOpKind,
        token: u32,
    ) -> Result<Option<Handle>> {
        let task_key = self.active_key(task)?;
        if self.tasks.at(task_key).must_observe() {
            if token != 0 {
                self.add_wait(task_key, token, WaitKind::Refused)?;
            }
            return Ok(None);
        }
        let region = self.tasks.at(task_key).region;
        if kind.is_obligation() {
            self.admit_obligation(region)?;
        }
        if self.host_ops.is_full() {
            let live = u64::from(self.host_ops.len());
            return Err(limit_reached("room for one more host operation", live));
        }
        if token != 0 && self.waits.is_full() {
            return Err(self.no_room_for_wait());
        }
        let owner = self.tasks.at_mut(task_key);
        let born = label(EventKind::HostOpSubmitted, kind as u32);
        let causal = self.hashes.born(born, &mut owner.causal);
        let op = HostOp {
            task: task_key,
            links: Default::default(),
            kind,
            state: HostOpState::Submitted,
            shielded: owner.mask_depth > 0,
            wait: None,
            reason: None,
            causal,
        };
        let key = self.host_ops.insert(op).expect("room was checked");
        owner.host_ops = owner.host_ops.pushed(&mut self.host_ops, key);
        self.counters.host_ops_live += 1;
        if kind.is_obligation() {
            self.count_reserved(region);
        }
        let handle = self.host_op_handle(key);
        let submitted = EventKind::HostOpSubmitted;
        self.trace
            .record_with(self.now, submitted, handle, kind as u32, task.raw());
        if token != 0 {
            let wait = self.add_wait(task_key, token, WaitKind::HostOp(key))?;
            self.host_ops.at_mut(key).wait = wait;
        }
        Ok(Some(handle))
    }

    /// Waits for the next result of an open host operation. If it was cancelled the wait fails
    /// at the next dispatch.
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`](crate::ErrorKind) if something waits for it already, or if it
    /// is being let go while its task is not cancelled;
    /// [`ErrorKind::LimitReached`](crate::ErrorKind) at [`WAITS_MAX`](crate::limits::WAITS_MAX);
    /// or a bad handle.
    pub fn host_wait(&mut self, op: Handle, token: u32) -> Result<()> {
        let key = self.host_op_key(op)?;
        let record = self.host_ops.at(key);
        let task = record.task;
        let is_free = record.wait.is_none() && record.state == HostOpState::Submitted;
        let owner = self.tasks.at(task);
        if !owner.is_active() || !(is_free || owner.must_observe()) {
            return Err(wrong_state("an open host operation", record.state as u64));
        }
        if let Some(wait) = self.add_wait(task, token, WaitKind::HostOp(key))? {
            self.host_ops.at_mut(key).wait = Some(wait);
        }
        Ok(())
    }

    /// Gives the operation's current wait its result; the operation stays open. A result that
    /// comes after a cancellation is swallowed and traced.
    ///
    /// # Errors
    /// A bad handle.
    pub fn host_notify(&mut self, op: Handle, code: u32) -> Result<()> {
        let key = self.host_op_key(op)?;
        if self.host_ops.at(key).state != HostOpState::Submitted {
            self.note_host_op(key, EventKind::HostOpLate, code);
            return Ok(());
        }
        let record = self.host_ops.at(key);
        let causal = record.causal;
        if let Some(wait) = record.wait {
            self.finish_wait(wait, WaitProgress::Done(code), causal);
        }
        Ok(())
    }

    /// Ends the operation, and gives its current wait the result. After a cancellation the
    /// result is swallowed and traced, and the operation has drained.
    ///
    /// # Errors
    /// A bad handle.
    pub fn host_complete(&mut self, op: Handle, code: u32) -> Result<()> {
        let key = self.host_op_key(op)?;
        let record = self.host_ops.at(key);
        let was_cancelled = record.state != HostOpState::Submitted;
        let causal = record.causal;
        if let Some(wait) = record.wait {
            let progress = if was_cancelled {
                WaitProgress::Failed
            } else {
                WaitProgress::Done(code)
            };
            self.finish_wait(wait, progress, causal);
        }
        if was_cancelled {
            self.timers.disarmed();
            self.note_host_op(key, EventKind::HostOpLate, code);
        }
        self.remove_host_op(key, EventKind::HostOpCompleted, code);
        self.run_settling();
        Ok(())
    }

    /// Orders the operation to be aborted. A passive one ends with the order.
    pub(super) fn cancel_host_op(&mut self, key: HostOpKey, reason: &Arc<CancelReason>) {
        let handle = self.host_op_handle(key);
        let record = self.host_ops.at_mut(key);
        if record.state != HostOpState::Submitted {
            return;
        }
        record.reason = Some(Arc::clone(reason));
        record.state = HostOpState::CancelRequested;
        let kind = record.kind;
        let detail = u32::from(reason.kind.code());
        self.note_host_op(key, EventKind::HostOpCancelRequested, detail);
        self.effects.push(Effect::HostCancel {
            op: handle,
            reason: Arc::clone(reason),
        });
        if kind == HostOpKind::Signal {
            let record = self.host_ops.at(key);
            let causal = record.causal;
            if let Some(wait) = record.wait {
                self.finish_wait(wait, WaitProgress::Failed, causal);
            }
            self.remove_host_op(key, EventKind::HostOpCompleted, 0);
            return;
        }
        self.host_ops.at_mut(key).state = HostOpState::Draining;
        self.note_host_op(key, EventKind::HostOpDraining, 0);
        let until = self.now.plus_nanos(self.config.drain_time_ns);
        self.arm(until, TimerTarget::DrainHostOp(key));
    }

    /// Lets go of what a body left open at its end: passive operations are forgotten, the
    /// others (an unread response, a promise that nobody awaited) are cancelled.
    pub(super) fn let_go_of_host_ops(&mut self, task: TaskKey) {
        let mut reason = None;
        let mut ops = self.tasks.at(task).host_ops.cursor(&self.host_ops);
        while let Some(key) = ops.step(&self.host_ops) {
            if self.host_ops.at(key).kind == HostOpKind::Signal {
                let op = self.host_op_handle(key);
                self.effects.push(Effect::HostDropped { op });
                self.remove_host_op(key, EventKind::HostOpCompleted, 0);
                continue;
            }
            let reason = match &reason {
                Some(reason) => Arc::clone(reason),
                None => {
                    let made = match &self.tasks.at(task).reason {
                        Some(own) => Arc::clone(own),
                        None => self.new_reason(CancelKind::LinkedExit, self.task_handle(task), ""),
                    };
                    reason.insert(made).clone()
                }
            };
            self.cancel_host_op(key, &reason);
        }
    }

    /// Takes the operation out of its task; its slot is freed once its effects are carried out.
    pub(super) fn remove_host_op(&mut self, key: HostOpKey, kind: EventKind, detail: u32) {
        let task = self.host_ops.at(key).task;
        let list = self
            .tasks
            .at(task)
            .host_ops
            .removed(&mut self.host_ops, key);
        self.tasks.at_mut(task).host_ops = list;
        let record = self.host_ops.at_mut(key);
        let before = core::mem::replace(&mut record.state, HostOpState::Completed);
        let obligation = record.kind.is_obligation().then_some(match before {
            HostOpState::Submitted => ObligationState::Committed,
            HostOpState::Created
            | HostOpState::CancelRequested
            | HostOpState::Draining
            | HostOpState::Finalizing
            | HostOpState::Completed => ObligationState::Aborted,
        });
        let causal = &mut self.tasks.at_mut(task).causal;
        self.hashes
            .write_reading(label(kind, detail), &mut record.causal, causal);
        let handle = self.host_op_handle(key);
        self.trace.record(self.now, kind, handle, detail);
        self.counters.host_ops_live -= 1;
        if let Some(end) = obligation {
            self.count_ended(self.tasks.at(task).region, end);
        }
        self.graves.push(Grave::HostOp(key));
        if self.tasks.at(task).activity == Activity::Draining {
            self.settling.push(Settle::Task(task));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::table::Table;
    use crate::{ErrorKind, HostOpKind, Kernel, KernelConfig, Time};

    #[test]
    fn a_full_table_of_operations_or_of_waits_refuses_one_more_and_changes_nothing() {
        let shrink: [fn(&mut Kernel); 2] = [
            |kernel| kernel.host_ops = Table::new(1, 3),
            |kernel| kernel.waits = Table::new(1, 3),
        ];
        for shrink in shrink {
            let mut kernel = Kernel::new(&KernelConfig::default());
            shrink(&mut kernel);
            let task = kernel.region_spawn(kernel.root()).expect("room");
            kernel.tick(Time::ZERO);
            let first = kernel.host_open(task, HostOpKind::Foreign, 1);
            assert!(matches!(first, Ok(Some(_))));
            let before = (kernel.counters(), kernel.fingerprint());
            let refused = kernel.host_open(task, HostOpKind::Foreign, 2);
            let refused = refused.map_err(|error| error.kind);
            assert_eq!(refused, Err(ErrorKind::LimitReached));
            assert_eq!((kernel.counters(), kernel.fingerprint()), before);
            assert_eq!(kernel.check_invariants(), Ok(()));
        }
    }
}
