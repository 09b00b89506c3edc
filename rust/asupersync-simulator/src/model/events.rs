//! Owns what the kernel's events say to the model, in their order, and which of them it allows.

use asupersync_core::{Budget, Event, EventKind, Handle, Outcome, Time};

use super::Model;
use super::records::{Phase, Task, Wait};
use crate::check::{Check, ensure};
impl Model {
    /// Takes in the events since the last call.
    pub(crate) fn events(&mut self, now: Time, events: &[Event]) -> Check {
        self.now = now;
        self.joiners.forget();
        for event in events {
            self.event(*event)
                .map_err(|error| format!("{event:?}: {error}"))?;
        }
        Ok(())
    }

    fn event(&mut self, event: Event) -> Check {
        let subject = event.subject;
        ensure!(!self.ended.contains_key(&subject), "it has ended");
        if self.observing == Some(subject) {
            let observes = matches!(
                event.kind,
                EventKind::TaskCancelling | EventKind::TaskRevoked
            );
            ensure!(
                observes,
                "a cancelled unmasked task did not observe at its dispatch"
            );
            self.observing = None;
        }
        match event.kind {
            EventKind::RegionOpened
            | EventKind::HostOpSubmitted
            | EventKind::FinalizerEnded
            | EventKind::HostOpDraining
            // What leads to the others is for the oracles.
            | EventKind::TimerArmed
            | EventKind::TimerDisarmed
            | EventKind::DeadlineSet
            | EventKind::FinalizerDeferred
            | EventKind::FinalizerStarted => Ok(()),
            EventKind::RegionClosing => {
                self.region(subject)?.admits = false;
                Ok(())
            }
            EventKind::RegionCancelRequested => self.region_asked(subject),
            EventKind::RegionDraining => {
                ensure!(self.region(subject)?.asked, "nobody asked");
                Ok(())
            }
            EventKind::RegionFinalizing => {
                ensure!(self.tasks_of(subject).is_empty(), "it has tasks");
                ensure!(self.children(Some(subject)).is_empty(), "it has regions");
                Ok(())
            }
            EventKind::RegionClosed => self.region_closed(subject, event.detail),
            EventKind::TaskSpawned => self.task_spawned(subject),
            EventKind::TaskQueued => self.joiners.queued(subject, event.detail),
            EventKind::TaskUnqueued => {
                self.joiners.unqueued(subject);
                Ok(())
            }
            EventKind::TaskDispatched => self.task_dispatched(subject),
            EventKind::TaskCancelRequested => self.task_asked(subject),
            EventKind::TaskCancelling => self.task_acknowledged(subject),
            EventKind::TaskFinalizing => {
                let record = self.task(subject)?;
                ensure!(!record.finalizing, "twice");
                record.finalizing = true;
                if matches!(record.phase, Phase::Unstarted | Phase::Body) {
                    ensure!(record.acknowledged && !record.started, "its body runs");
                    record.outcome = Outcome::Cancelled;
                    record.phase = Phase::Drained;
                }
                Ok(())
            }
            EventKind::TaskCompleted => self.task_completed(subject, event.detail),
            EventKind::TaskRevoked => self.task_revoked(subject),
            EventKind::TimerFired => {
                let now = self.now;
                let is_due = |wait: &Wait| matches!(wait, Wait::Sleep(at) if *at <= now);
                ensure!(
                    self.task(subject)?.waits.values().any(is_due),
                    "nothing is due"
                );
                Ok(())
            }
            EventKind::HostOpCancelRequested => {
                ensure!(self.op(subject)?.asked, "nobody asked");
                Ok(())
            }
            EventKind::HostOpLate => {
                ensure!(self.op(subject)?.asked, "it is not late");
                Ok(())
            }
            EventKind::HostOpCompleted => {
                let op = self.op(subject)?;
                let (kind, was_asked) = (op.kind, op.asked);
                self.op_counted(kind, was_asked);
                self.op_ended(subject);
                Ok(())
            }
            EventKind::HostOpRevoked => {
                let (now, drain) = (self.now, self.drain_ns);
                let op = self.op(subject)?;
                ensure!(
                    op.asked && now >= op.since.plus_nanos(drain),
                    "it had time left"
                );
                let kind = op.kind;
                self.op_counted(kind, true);
                self.op_ended(subject);
                self.unannounced.insert(subject);
                Ok(())
            }
            EventKind::ObligationReserved
            | EventKind::ObligationCommitted
            | EventKind::ObligationAborted
            | EventKind::ObligationLeaked
            | EventKind::ObligationTransferred => {
                self.obligation_event(subject, event.kind, event.detail)
            }
            EventKind::SemaphoreOpened
            | EventKind::ChannelOpened
            | EventKind::SemaphoreClosed
            | EventKind::SemaphoreDropped => self.semaphore_event(subject, event.kind),
            // Commands and ends say what moves; that it does is for the oracles.
            EventKind::PermitAsked
            | EventKind::PermitsTaken
            | EventKind::PermitsPassed
            | EventKind::PermitsGiven => Ok(()),
        }
    }

    fn region_asked(&mut self, region: Handle) -> Check {
        if self.region(region)?.asked {
            return Ok(());
        }
        ensure!(self.time_may_ask(region), "nobody asked");
        self.ask_region(region);
        Ok(())
    }

    fn region_closed(&mut self, region: Handle, code: u32) -> Check {
        ensure!(self.tasks_of(region).is_empty(), "it has tasks");
        ensure!(self.children(Some(region)).is_empty(), "it has regions");
        let record = self.region(region)?;
        ensure!(!record.admits, "it was open");
        ensure!(
            record.finalizers == 0 && record.finalizer.is_none(),
            "it has finalizers"
        );
        let outcome = outcome_of(code)?;
        let expected = if record.decided || record.outcome.is_failure() {
            record.outcome
        } else if record.asked && !record.by_policy {
            Outcome::Cancelled
        } else {
            Outcome::Ok
        };
        ensure!(outcome == expected, "expected {expected:?}");
        let (parent, linked) = (record.parent, record.linked);
        self.regions.remove(&region);
        self.ended.insert(region, outcome);
        self.unannounced.insert(region);
        if let Some(parent) = parent {
            if self.regions.contains_key(&parent) {
                self.child_ended(parent, outcome, false);
            } else if linked && outcome.is_failure() {
                self.linked_failure(parent, outcome);
            }
        }
        Ok(())
    }

    fn task_spawned(&mut self, task: Handle) -> Check {
        if self.tasks.contains_key(&task) {
            return Ok(());
        }
        // Not by a command: it succeeds the task that is being revoked.
        let dead = self.revoked.take().ok_or("nobody is being revoked")?;
        let of = self.task(dead)?.clone();
        ensure!(
            of.finalizers > 0 || !self.regions_of(dead).is_empty() || !self.ops_of(dead).is_empty(),
            "there is nothing to inherit"
        );
        let mut successor = Task::new(of.region, Budget::DEFAULT);
        successor.phase = Phase::Drained;
        successor.mask = 1;
        successor.asked = of.asked;
        successor.finalizers = of.finalizers;
        successor.is_successor = true;
        successor.since = self.now;
        self.tasks.insert(task, successor);
        self.task(dead)?.finalizers = 0;
        for region in self.regions_of(dead) {
            let region = self.region(region)?;
            region.parent = Some(task);
            region.linked = false;
        }
        for op in self.ops_of(dead) {
            self.op(op)?.task = task;
        }
        self.heirs.insert(dead, task);
        Ok(())
    }

    fn task_dispatched(&mut self, task: Handle) -> Check {
        self.joiners.forget();
        let record = self.task(task)?;
        record.dispatches += 1;
        if record.is_on_quotas() && record.budget.polls != u32::MAX {
            ensure!(!record.out_of_polls, "it goes on without polls");
            match record.budget.polls.checked_sub(1) {
                Some(left) => record.budget.polls = left,
                None => record.out_of_polls = true,
            }
        }
        if record.asked
            && !record.acknowledged
            && record.mask == 0
            && matches!(record.phase, Phase::Unstarted | Phase::Body)
        {
            self.observing = Some(task);
        }
        Ok(())
    }

    fn task_asked(&mut self, task: Handle) -> Check {
        if self.task(task)?.asked {
            return Ok(());
        }
        let now = self.now;
        let record = &self.tasks[&task];
        let may_ask = record.budget.deadline <= now || record.out_of_polls;
        ensure!(may_ask, "nobody asked");
        self.ask_task(task);
        Ok(())
    }

    fn task_acknowledged(&mut self, task: Handle) -> Check {
        let record = self.task(task)?;
        ensure!(record.asked, "nobody asked");
        ensure!(record.mask == 0, "it is masked");
        ensure!(
            !record.acknowledged && !record.finalizing,
            "twice or too late"
        );
        record.acknowledged = true;
        record.dispatches = 0;
        Ok(())
    }

    fn task_revoked(&mut self, task: Handle) -> Check {
        let (now, drain) = (self.now, self.drain_ns);
        let record = self.task(task)?;
        let is_bound = record.asked || record.is_finalizer || record.phase == Phase::Finalizer;
        ensure!(is_bound, "it was not asked to end");
        let had_its_time = now >= record.since.plus_nanos(drain);
        // The smallest clean-up is fifty polls, unless a quota was set on top of it.
        let had_its_polls = record.dispatches >= 50 || record.budget.polls != u32::MAX;
        ensure!(had_its_time || had_its_polls, "it had time and polls left");
        match record.phase {
            Phase::Finalizer => {
                record.finalizers -= 1;
                record.outcome = Outcome::Panicked;
            }
            Phase::Body if record.is_finalizer => record.outcome = Outcome::Panicked,
            Phase::Body => record.outcome = Outcome::Cancelled,
            Phase::Unstarted | Phase::Drained => return Err("no code of it runs".to_owned()),
        }
        self.activity_ended(task);
        self.revoked = Some(task);
        self.unannounced.insert(task);
        Ok(())
    }

    fn task_completed(&mut self, task: Handle, code: u32) -> Check {
        ensure!(self.regions_of(task).is_empty(), "it owns regions");
        ensure!(self.ops_of(task).is_empty(), "it owns host operations");
        let record = self.task(task)?;
        ensure!(record.phase == Phase::Drained, "its code runs");
        ensure!(record.finalizers == 0, "it has finalizers");
        self.obligations_ended(task)?;
        let record = self.task(task)?;
        let outcome = outcome_of(code)?;
        let failure = record.child_failure;
        let is_allowed = match (record.outcome, failure.is_failure()) {
            (Outcome::Ok, true) => outcome == failure,
            // Whether its own child's failure was the cause is the kernel's to know.
            (Outcome::Cancelled, true) => outcome == failure || outcome == Outcome::Cancelled,
            (own, _) => outcome == own,
        };
        ensure!(
            is_allowed,
            "its body ended {:?}, its children {failure:?}",
            record.outcome
        );
        self.joiners = self.joiners_of(task);
        let record = self.tasks.remove(&task).ok_or("a live task")?;
        if self.revoked == Some(task) {
            self.revoked = None;
        }
        self.ended.insert(task, outcome);
        self.unannounced.insert(task);
        let region = record.region;
        if record.is_finalizer {
            let owner = self.region(region)?;
            owner.finalizer = None;
            if outcome != Outcome::Ok {
                owner.outcome = Outcome::Panicked;
            }
        } else {
            self.child_ended(region, outcome, !record.is_successor);
        }
        self.leaving.insert(task, record);
        Ok(())
    }

    fn op_ended(&mut self, op: Handle) {
        self.ops.remove(&op);
        self.ended.insert(op, Outcome::Ok);
    }
}

fn outcome_of(code: u32) -> Check<Outcome> {
    Outcome::from_code(code).ok_or_else(|| format!("{code} is no outcome"))
}
