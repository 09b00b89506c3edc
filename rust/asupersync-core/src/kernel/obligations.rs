//! Owns the commands on obligations, and what becomes of those that a task holds at its end.

use super::{Grave, Kernel, label, limit_reached, wrong_state};
use crate::effect::Effect;
use crate::error::Result;
use crate::handle::{Handle, ObligationKey, RegionKey, TaskKey};
use crate::obligation::{LeakPolicy, Obligation, ObligationKind, ObligationState};
use crate::outcome::Outcome;
use crate::task::Activity;
use crate::trace::EventKind;

impl Kernel {
    /// Gives an obligation of `task`, to be [committed](Kernel::obligation_commit) or
    /// [aborted](Kernel::obligation_abort) before the task ends; [`ObligationState`] says what
    /// becomes of it otherwise. O(1).
    ///
    /// A cancelled task may give one too, for its clean-up.
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`](crate::ErrorKind) if the task's code does not run,
    /// [`ErrorKind::LimitReached`](crate::ErrorKind) at
    /// [`SLOTS_MAX`](crate::limits::SLOTS_MAX) or at the limit of its region, or a bad handle.
    pub fn obligation_reserve(&mut self, task: Handle, kind: ObligationKind) -> Result<Handle> {
        let task_key = self.active_key(task)?;
        self.admit_obligation_of(task_key)?;
        let owner = self.tasks.at_mut(task_key);
        let detail = u32::from(kind.code());
        let born = label(EventKind::ObligationReserved, detail);
        let causal = self.hashes.born(born, &mut owner.causal);
        let key = self.add_obligation(Obligation {
            task: task_key,
            links: Default::default(),
            kind,
            state: ObligationState::Reserved,
            permit: None,
            place: Default::default(),
            causal,
        });
        let handle = self.obligation_handle(key);
        let reserved = EventKind::ObligationReserved;
        self.trace
            .record_with(self.now, reserved, handle, detail, task.raw());
        Ok(handle)
    }

    /// Says that the promise was kept. Whoever has the handle may say so. Permits that it took
    /// go where those of their semaphore go, and who waits for them there is granted them. O(1),
    /// and O(1) each obligation that is granted.
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`](crate::ErrorKind) if it is only asked for; or a bad handle: an
    /// obligation that was committed, aborted or leaked is stale.
    pub fn obligation_commit(&mut self, obligation: Handle) -> Result<()> {
        let key = self.reserved_key(obligation)?;
        self.remove_obligation(key, ObligationState::Committed);
        self.run_serving();
        Ok(())
    }

    /// Takes the promise back. Whoever has the handle may do so. Permits that it took go back
    /// to their semaphore; one that is only asked for leaves its line, and its task does not
    /// hear of it again. O(1), and O(1) each obligation that is granted for it.
    ///
    /// # Errors
    /// A bad handle.
    pub fn obligation_abort(&mut self, obligation: Handle) -> Result<()> {
        let key = self.obligation_key(obligation)?;
        let record = self.obligations.at(key);
        let untold = record.permit.and_then(|permit| permit.wait);
        let task = record.task;
        self.remove_obligation(key, ObligationState::Aborted);
        if untold.is_some() {
            self.unwake(task);
        }
        self.run_serving();
        Ok(())
    }

    /// Hands the promise over to `task`, which answers for it from now on. To its present
    /// holder it changes nothing. O(1).
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`](crate::ErrorKind) if the body of `task` has ended and none of
    /// its finalizers runs: it could not act any more; or if the promise is only asked for;
    /// [`ErrorKind::LimitReached`](crate::ErrorKind) at the limit of its region; or a bad
    /// handle. The obligation stays where it is.
    pub fn obligation_transfer(&mut self, obligation: Handle, task: Handle) -> Result<()> {
        let key = self.reserved_key(obligation)?;
        let holder = self.task_key(task)?;
        let from = self.obligations.at(key).task;
        if from == holder {
            return Ok(());
        }
        let record = self.tasks.at(holder);
        if record.activity == Activity::Draining {
            let state = u64::from(record.state as u8);
            return Err(wrong_state("a task that can still act", state));
        }
        let (left, entered) = (self.tasks.at(from).region, record.region);
        if left != entered {
            self.admit_obligation(entered)?;
            self.regions.at_mut(left).live.obligations -= 1;
            self.regions.at_mut(entered).live.obligations += 1;
        }
        self.unlink_obligation(key);
        let list = self.tasks.at(holder).obligations;
        self.tasks.at_mut(holder).obligations = list.pushed(&mut self.obligations, key);
        let record = self.obligations.at_mut(key);
        record.task = holder;
        if let Some(permit) = &mut record.permit {
            // A grant that somebody else acts on is delivered, and not taken back, if the task
            // that asked has not been told of it yet.
            permit.wait = None;
        }
        let (event, detail) = (
            EventKind::ObligationTransferred,
            u32::from(record.kind.code()),
        );
        let mut past = [from, holder].map(|task| self.tasks.at(task).causal);
        let [one, other] = &mut past;
        self.hashes
            .write_reading_both(label(event, detail), &mut record.causal, [one, other]);
        for (task, causal) in [from, holder].into_iter().zip(past) {
            self.tasks.at_mut(task).causal = causal;
        }
        self.trace
            .record_with(self.now, event, obligation, detail, task.raw());
        Ok(())
    }

    /// Decides what becomes of what a task still holds when nothing else of it is left. If it
    /// leaks, the task's end is told by an effect too, after the leaks and never before them.
    pub(super) fn end_obligations(&mut self, task: TaskKey) {
        let record = self.tasks.at(task);
        if record.obligations.is_empty() {
            return;
        }
        // A successor's finalizers are those of a task that was revoked.
        let by_itself =
            matches!(record.outcome, Outcome::Ok | Outcome::Err) && !record.is_successor;
        let policy = self.config.leak_policy;
        if !by_itself || policy == LeakPolicy::Abort {
            self.abort_obligations(task);
            return;
        }
        let holder = self.task_handle(task);
        while let Some(key) = self.tasks.at(task).obligations.first() {
            self.effects.push(Effect::ObligationLeaked {
                obligation: self.obligation_handle(key),
                task: holder,
                kind: self.obligations.at(key).kind,
            });
            self.remove_obligation(key, ObligationState::Leaked);
        }
        // Of others that end in the same command, each is told by an effect already.
        if self.answering == Some(task) {
            self.answering = None;
        }
        if policy == LeakPolicy::Panic {
            self.tasks.at_mut(task).outcome = Outcome::Panicked;
        }
    }

    /// Takes back all that a task holds. O(its own).
    pub(super) fn abort_obligations(&mut self, task: TaskKey) {
        while let Some(key) = self.tasks.at(task).obligations.first() {
            self.remove_obligation(key, ObligationState::Aborted);
        }
    }

    /// Records a new obligation and counts it; there must be room for it.
    pub(super) fn add_obligation(&mut self, record: Obligation) -> ObligationKey {
        let task = record.task;
        let key = self.obligations.insert(record).expect("room was checked");
        let owner = self.tasks.at_mut(task);
        owner.obligations = owner.obligations.pushed(&mut self.obligations, key);
        let region = owner.region;
        self.count_reserved(region);
        key
    }

    /// Ends the obligation as `end`, and gives back what it took. Who may have the permits now
    /// is left to [`Kernel::run_serving`].
    pub(super) fn remove_obligation(&mut self, key: ObligationKey, end: ObligationState) {
        if end != ObligationState::Committed {
            self.forget_permit_wait(key);
        }
        self.unlink_obligation(key);
        let record = self.obligations.at_mut(key);
        let before = core::mem::replace(&mut record.state, end);
        let detail = u32::from(record.kind.code());
        let kind = match end {
            ObligationState::Asked => EventKind::PermitAsked,
            ObligationState::Reserved => EventKind::ObligationReserved,
            ObligationState::Committed => EventKind::ObligationCommitted,
            ObligationState::Aborted => EventKind::ObligationAborted,
            ObligationState::Leaked => EventKind::ObligationLeaked,
        };
        let owner = self.tasks.at_mut(record.task);
        let region = owner.region;
        self.hashes
            .write_reading(label(kind, detail), &mut record.causal, &mut owner.causal);
        let handle = self.obligation_handle(key);
        self.trace.record(self.now, kind, handle, detail);
        self.count_ended(region, end);
        self.give_back(key, before, end);
        if end == ObligationState::Leaked {
            self.graves.push(Grave::Obligation(key));
        } else {
            // No effect names it, so that its slot is free at once: a body may take and give
            // back permits for as long as it likes within one turn.
            self.obligations.remove(key);
        }
    }

    fn unlink_obligation(&mut self, key: ObligationKey) {
        let task = self.obligations.at(key).task;
        let list = self.tasks.at(task).obligations;
        self.tasks.at_mut(task).obligations = list.removed(&mut self.obligations, key);
    }

    /// The key of an obligation that is given.
    fn reserved_key(&self, handle: Handle) -> Result<ObligationKey> {
        let key = self.obligation_key(handle)?;
        let state = self.obligations.at(key).state;
        if state == ObligationState::Reserved {
            Ok(key)
        } else {
            Err(wrong_state("a reserved obligation", state as u64))
        }
    }

    /// Refuses one more obligation of a task if there is no room for it.
    pub(super) fn admit_obligation_of(&self, task: TaskKey) -> Result<()> {
        self.admit_obligation(self.tasks.at(task).region)?;
        if self.obligations.is_full() {
            let live = u64::from(self.obligations.len());
            return Err(limit_reached("room for one more obligation", live));
        }
        Ok(())
    }

    /// Refuses one more obligation in a region that is at its limit.
    pub(super) fn admit_obligation(&self, region: RegionKey) -> Result<()> {
        let region = self.regions.at(region);
        if region.live.obligations >= region.limits.obligations {
            let live = u64::from(region.live.obligations);
            return Err(limit_reached("fewer obligations in the region", live));
        }
        Ok(())
    }

    /// Counts an obligation, or a host operation that is one, as given.
    pub(super) fn count_reserved(&mut self, region: RegionKey) {
        self.regions.at_mut(region).live.obligations += 1;
        self.counters.obligations_live += 1;
        self.counters.obligations_reserved += 1;
    }

    /// Counts an obligation, or a host operation that is one, as ended.
    pub(super) fn count_ended(&mut self, region: RegionKey, end: ObligationState) {
        self.regions.at_mut(region).live.obligations -= 1;
        self.counters.obligations_live -= 1;
        match end {
            ObligationState::Asked | ObligationState::Reserved => {}
            ObligationState::Committed => self.counters.obligations_committed += 1,
            ObligationState::Aborted => self.counters.obligations_aborted += 1,
            ObligationState::Leaked => self.counters.obligations_leaked += 1,
        }
    }
}
