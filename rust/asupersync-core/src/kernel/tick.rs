//! Owns the tick: time advances, the lanes take their turns, tasks are dispatched.

use std::sync::Arc;

use super::{Grave, Kernel};
use crate::cancel::{CancelKind, CancelReason};
use crate::effect::Effect;
use crate::error::Result;
use crate::handle::{TaskKey, WaitKey};
use crate::host_op::HostOpState;
use crate::lanes::Lane;
use crate::outcome::Outcome;
use crate::task::{Activity, TaskState};
use crate::time::Time;
use crate::timers::TimerTarget;
use crate::trace::EventKind;
use crate::wait::WaitProgress;

impl Kernel {
    /// Advances time to `now` (never back) and dispatches up to
    /// [`polls_per_tick`](crate::KernelConfig::polls_per_tick) tasks: the cancel lane, what is
    /// due, what is ready, each within its streak bound. The driver must have carried out all
    /// effects of the tick before.
    pub fn tick(&mut self, now: Time) {
        self.advance(now);
        self.free_graves();
        self.ends_taken = false;
        for _ in 0..self.config.polls_per_tick {
            let due = self.due_wait();
            let draining = self.closed_or_draining();
            let Some(lane) = self.lanes.pick(due.is_some(), draining) else {
                break;
            };
            let task = match (lane, due) {
                (Lane::Timed, Some(task)) => {
                    self.fire(task.1);
                    task.0
                }
                _ => match self.lanes.pop(&mut self.tasks, lane, &mut self.rng) {
                    Some(task) => task,
                    None => break,
                },
            };
            self.dispatch(task, lane);
            self.run_settling();
        }
        if self.timers.wants_compaction() {
            self.compact_timers();
        }
    }

    /// Tells the kernel the time without dispatching anything: commands that name a reason or
    /// a time between two ticks are dated by it. Time never goes back, and not past
    /// [`Time::LATEST`].
    pub fn advance(&mut self, now: Time) {
        self.now = self.now.max(now.min(Time::LATEST));
    }

    /// The time of the next armed timer, when the driver is to call [`Kernel::tick`] if nothing
    /// happens before.
    pub fn next_deadline(&mut self) -> Option<Time> {
        while let Some((at, target)) = self.timers.peek() {
            if self.counts(at, target) {
                return Some(at);
            }
            self.timers.pop();
        }
        None
    }

    /// Cancels everything with `shutdown` and closes the root region.
    ///
    /// # Errors
    /// [`ErrorKind::RuntimeClosed`](crate::ErrorKind) if it has closed already.
    pub fn shutdown(&mut self) -> Result<()> {
        self.region_cancel(self.root(), CancelKind::Shutdown, "")
    }

    fn closed_or_draining(&self) -> bool {
        self.regions
            .get(self.root)
            .is_none_or(|root| root.reason.is_some())
    }

    fn free_graves(&mut self) {
        while let Some(grave) = self.graves_taken.pop() {
            match grave {
                Grave::Task(key) => self.tasks.remove(key),
                Grave::HostOp(key) => self.host_ops.remove(key),
                Grave::Obligation(key) => self.obligations.remove(key),
                Grave::Region(key) => self.regions.remove(key),
            };
        }
    }

    /// Works off due timers up to the first one that needs a dispatch of its own: a sleeping
    /// wait whose task is not queued yet.
    fn due_wait(&mut self) -> Option<(TaskKey, WaitKey)> {
        while let Some((at, target)) = self.timers.peek() {
            if at > self.now {
                return None;
            }
            if !self.counts(at, target) {
                self.timers.pop();
                continue;
            }
            if let TimerTarget::Wait(wait) = target {
                let task = self.waits.at(wait).task;
                if self.tasks.at(task).lane.is_none() {
                    return Some((task, wait));
                }
                self.fire(wait);
            } else {
                self.timers.pop();
                self.time_is_over(target);
            }
            self.run_settling();
        }
        None
    }

    /// What a timer that is due brings about without a dispatch of its own.
    fn time_is_over(&mut self, target: TimerTarget) {
        match target {
            TimerTarget::Wait(_) => {}
            TimerTarget::Region(region, kind) => {
                self.timers.disarmed();
                self.regions.at_mut(region).timeout = Time::NEVER;
                let origin = self.region_handle(region);
                let reason = self.new_reason(kind, origin, "");
                self.request_region(region, &reason);
            }
            TimerTarget::Task(task) => {
                self.timers.disarmed();
                self.tasks.at_mut(task).deadline_armed = false;
                let origin = self.task_handle(task);
                self.cancel_from_within(task, CancelKind::Deadline, origin);
            }
            TimerTarget::DrainTask(task, _) => self.drain_time_is_over(task),
            TimerTarget::DrainHostOp(op) => self.revoke_host_op(op),
        }
    }

    /// Ends the wait of the nearest timer.
    fn fire(&mut self, wait: WaitKey) {
        let due = self.timers.pop().map_or(Time::ZERO, |(at, _)| at);
        self.timers.disarmed();
        let record = self.waits.at_mut(wait);
        record.progress = WaitProgress::Done(0);
        let task = record.task;
        self.note_task_with(task, EventKind::TimerFired, 0, due.as_nanos());
    }

    /// Whether a timer is still armed.
    pub(crate) fn counts(&self, at: Time, target: TimerTarget) -> bool {
        match target {
            TimerTarget::Wait(wait) => self
                .waits
                .get(wait)
                .is_some_and(|wait| wait.progress == WaitProgress::Pending),
            TimerTarget::Region(region, _) => self
                .regions
                .get(region)
                .is_some_and(|region| region.timeout == at),
            TimerTarget::Task(task) => self
                .tasks
                .get(task)
                .is_some_and(|task| task.deadline_armed && task.budget.deadline == at),
            TimerTarget::DrainTask(task, stamp) => self
                .tasks
                .get(task)
                .is_some_and(|task| task.drain_at == at && task.drain_stamp == stamp),
            TimerTarget::DrainHostOp(op) => self
                .host_ops
                .get(op)
                .is_some_and(|op| op.state == HostOpState::Draining),
        }
    }

    fn compact_timers(&mut self) {
        let mut timers = core::mem::take(&mut self.timers);
        timers.compact(|at, target| self.counts(at, target));
        self.timers = timers;
    }

    /// Gives a task its turn. Every dispatch is charged to its budget.
    fn dispatch(&mut self, key: TaskKey, lane: Lane) {
        let task = self.task_handle(key);
        self.counters.dispatches += 1;
        let certificate = &mut self.hashes.certificate;
        certificate.dispatched(task.without_tag(), lane as u8);
        self.note_task(key, EventKind::TaskDispatched, lane as u32);
        let record = self.tasks.at(key);
        if record.drain_at <= self.now && record.activity != Activity::Draining {
            // Its drain timer is due behind others; the body is about to have its turn.
            self.work_overtime(key);
        }
        if !self.charge(key) {
            return;
        }
        let record = self.tasks.at(key);
        match record.activity {
            Activity::Unstarted if record.must_observe() => {
                self.acknowledge(key);
                let record = self.tasks.at_mut(key);
                record.activity = Activity::Body;
                record.outcome = Outcome::Cancelled;
                self.end_activity(key);
            }
            Activity::Unstarted => {
                let record = self.tasks.at_mut(key);
                record.activity = Activity::Body;
                if record.state == TaskState::Created {
                    record.state = TaskState::Running;
                }
                self.effects.push(Effect::Start { task });
            }
            Activity::Draining => self.start_finalizer(key),
            Activity::Body | Activity::Finalizer => {
                if record.must_observe() {
                    if record.state == TaskState::CancelRequested {
                        self.acknowledge(key);
                    } else {
                        self.fail_waits(key);
                    }
                }
                self.deliver(key);
            }
        }
    }

    /// Charges one poll. A running task that has none left is cancelled and goes on to observe
    /// it; one that has used up its clean-up, which is all that a finalizer has, is revoked
    /// (`false`).
    fn charge(&mut self, key: TaskKey) -> bool {
        let record = self.tasks.at_mut(key);
        if record.budget.polls == u32::MAX || record.activity == Activity::Draining {
            return true;
        }
        if record.budget.polls > 0 {
            record.budget.polls -= 1;
            return true;
        }
        if record.is_on_quotas() {
            record.budget.polls = u32::MAX;
            let origin = self.task_handle(key);
            self.cancel_from_within(key, CancelKind::PollQuota, origin);
            self.unqueue(key);
            return true;
        }
        // Masked: the drain time bounds it until it can observe.
        let is_masked = record.state == TaskState::CancelRequested
            && !record.is_region_finalizer
            && !record.is_overtime;
        // What has not started has not failed to answer.
        if is_masked || record.activity == Activity::Unstarted {
            return true;
        }
        self.revoke(key);
        false
    }

    /// Asks for the top finalizer of a task that has drained, which is when such a task is queued.
    fn start_finalizer(&mut self, key: TaskKey) {
        let task = self.task_handle(key);
        let record = self.tasks.at_mut(key);
        let kind = record
            .reason
            .as_ref()
            .map_or(CancelKind::User, |reason| reason.kind);
        record.activity = Activity::Finalizer;
        record.is_overtime = false;
        record.mask_depth = 1;
        record.budget.polls = kind.cleanup_polls();
        let nth = u32::from(record.finalizers);
        self.arm_drain(key);
        self.explain(EventKind::FinalizerStarted, task, nth, 0);
        self.effects.push(Effect::Finalize { task });
    }

    /// Hands over what has come for the task, in the order in which it asked.
    fn deliver(&mut self, key: TaskKey) {
        let record = self.tasks.at_mut(key);
        let failing = if record.must_observe() {
            record.reason.clone()
        } else {
            None
        };
        if core::mem::take(&mut record.at_checkpoint) {
            let (task, token) = (self.task_handle(key), 0);
            self.effects.push(match failing.clone() {
                Some(reason) => Effect::Fail {
                    task,
                    token,
                    reason,
                },
                None => Effect::Resume {
                    task,
                    token,
                    code: 0,
                },
            });
        }
        let mut waits = self.tasks.at(key).waits.cursor(&self.waits);
        while let Some(wait) = waits.step(&self.waits) {
            self.deliver_wait(key, wait, failing.as_ref());
        }
    }

    /// Tells the task how a wait of its ended, if it has; `failing` is the cancellation that the
    /// task observes.
    fn deliver_wait(&mut self, key: TaskKey, wait: WaitKey, failing: Option<&Arc<CancelReason>>) {
        let task = self.task_handle(key);
        let record = self.waits.at(wait);
        let (token, cause) = (record.token, record.cause);
        match record.progress {
            WaitProgress::Pending => return,
            WaitProgress::Done(code) => {
                self.permit_told(wait);
                let causal = &mut self.tasks.at_mut(key).causal;
                self.hashes.delivered(code, cause, causal);
                self.effects.push(Effect::Resume { task, token, code });
            }
            WaitProgress::Failed => {
                self.permit_told(wait);
                // A failed wait outside a cancellation is one of a host operation that was
                // let go; its own reason says why.
                let reason = failing
                    .or(self.tasks.at(key).reason.as_ref())
                    .map(Arc::clone)
                    .unwrap_or_else(|| self.new_reason(CancelKind::ResourceUnavailable, task, ""));
                self.effects.push(Effect::Fail {
                    task,
                    token,
                    reason,
                });
            }
        }
        self.remove_wait(key, wait);
    }
}
