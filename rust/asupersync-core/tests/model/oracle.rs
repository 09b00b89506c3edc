//! Owns the oracle: a naive tree of what must be live, asked, drained and closed, kept beside
//! the kernel from the commands that were taken, the events in their order, and the effects.
//!
//! It has no lanes, no budgets and no timers of its own: where the kernel is free to choose
//! (whom to dispatch, when patience ends), the oracle only says what is allowed.

use std::collections::{BTreeMap, BTreeSet};

use asupersync_core::{
    Effect, Event, EventKind, Handle, HandleKind, HostOpState, Kernel, Outcome, Policy, Time,
};

pub(crate) type Check<T = ()> = Result<T, String>;

macro_rules! ensure {
    ($holds:expr, $($message:tt)+) => {
        if !$holds {
            return Err(format!($($message)+));
        }
    };
}
pub(crate) use ensure;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    Unstarted,
    Body,
    Drained,
    Finalizer,
}

/// What a token waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wait {
    Sleep(Time),
    Join(Handle),
    Region(Handle),
    Op(Handle),
    /// An answer that came.
    Answered(u32),
    /// Asked for under a cancellation: it fails.
    Refused,
}

#[derive(Clone, Debug)]
pub(crate) struct Region {
    pub(crate) parent: Option<Handle>,
    pub(crate) policy: Policy,
    pub(crate) shielded: bool,
    pub(crate) linked: bool,
    pub(crate) admits: bool,
    pub(crate) asked: bool,
    /// Its policy cancelled it, and nobody outside.
    by_policy: bool,
    decided: bool,
    outcome: Outcome,
    pub(crate) finalizers: u32,
    /// The driver was asked to run the top finalizer.
    pub(crate) finalizer_due: bool,
    pub(crate) finalizer: Option<Handle>,
    pub(crate) timeout: Time,
    pub(crate) deadline: Time,
    pub(crate) joined: bool,
    strongest: u8,
}

#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) region: Handle,
    pub(crate) phase: Phase,
    started: bool,
    pub(crate) asked: bool,
    acknowledged: bool,
    finalizing: bool,
    pub(crate) mask: u32,
    outcome: Outcome,
    child_failure: Outcome,
    pub(crate) finalizers: u32,
    pub(crate) is_finalizer: bool,
    is_heir: bool,
    ran_finalizer: bool,
    pub(crate) deadline: Time,
    pub(crate) has_quota: bool,
    checkpoint: bool,
    pub(crate) waits: BTreeMap<u32, Wait>,
    /// Since when its patience runs, and its dispatches since.
    since: Time,
    dispatches: u32,
    strongest: u8,
}

#[derive(Clone, Debug)]
pub(crate) struct Op {
    pub(crate) task: Handle,
    shielded: bool,
    pub(crate) asked: bool,
    since: Time,
    pub(crate) waiter: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Oracle {
    pub(crate) root: Handle,
    pub(crate) regions: BTreeMap<Handle, Region>,
    pub(crate) tasks: BTreeMap<Handle, Task>,
    pub(crate) ops: BTreeMap<Handle, Op>,
    /// Every handle that has ended, with its outcome.
    pub(crate) ended: BTreeMap<Handle, Outcome>,
    /// Ended in this step, not yet announced by an answer or an effect.
    unannounced: BTreeSet<Handle>,
    /// Waits of tasks that ended in this step: their last effects may still come.
    leaving: BTreeMap<Handle, Task>,
    revoked: Option<Handle>,
    heirs: BTreeMap<Handle, Handle>,
    /// A task that must acknowledge before anything else happens to it.
    observing: Option<Handle>,
    now: Time,
    drain_ns: u64,
    seq: u64,
}

impl Oracle {
    pub(crate) fn new(kernel: &Kernel, drain_ns: u64) -> Self {
        let root = kernel.root();
        let record = Region::new(None, Policy::CollectAll, Time::NEVER);
        Self {
            root,
            regions: BTreeMap::from([(root, record)]),
            tasks: BTreeMap::new(),
            ops: BTreeMap::new(),
            ended: BTreeMap::new(),
            unannounced: BTreeSet::new(),
            leaving: BTreeMap::new(),
            revoked: None,
            heirs: BTreeMap::new(),
            observing: None,
            now: Time::ZERO,
            drain_ns,
            seq: 1,
        }
    }

    pub(crate) fn is_active(&self, task: Handle) -> bool {
        self.tasks
            .get(&task)
            .is_some_and(|t| matches!(t.phase, Phase::Body | Phase::Finalizer))
    }

    /// Whether the task has a cancellation to observe at its next wait.
    pub(crate) fn must_observe(&self, task: Handle) -> bool {
        let record = &self.tasks[&task];
        record.asked && record.mask == 0 && record.phase == Phase::Body
    }

    pub(crate) fn regions_of(&self, task: Handle) -> Vec<Handle> {
        self.children(Some(task))
    }

    pub(crate) fn ops_of(&self, task: Handle) -> Vec<Handle> {
        let own = self.ops.iter().filter(|(_, op)| op.task == task);
        own.map(|(handle, _)| *handle).collect()
    }

    fn children(&self, parent: Option<Handle>) -> Vec<Handle> {
        let own = self.regions.iter().filter(|(_, r)| r.parent == parent);
        own.map(|(handle, _)| *handle).collect()
    }

    fn tasks_of(&self, region: Handle) -> Vec<Handle> {
        let own = self.tasks.iter().filter(|(_, t)| t.region == region);
        own.map(|(handle, _)| *handle).collect()
    }
}

// What commands do.
impl Oracle {
    pub(crate) fn opened(&mut self, parent: Handle, policy: Policy, region: Handle) -> Check {
        self.is_new(region)?;
        let record = Region::new(Some(parent), policy, self.regions[&parent].deadline);
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
        let mut record = Region::new(Some(task), policy, owner.deadline);
        record.shielded = shielded || owner.mask > 0;
        record.linked = linked;
        let is_asked = owner.asked && !record.shielded;
        self.regions.insert(region, record);
        if is_asked {
            self.ask_region(region);
        }
        Ok(())
    }

    pub(crate) fn spawned(&mut self, region: Handle, deadline: Time, task: Handle) -> Check {
        self.is_new(task)?;
        let deadline = deadline.min(self.regions[&region].deadline);
        self.tasks.insert(task, Task::new(region, deadline));
        Ok(())
    }

    pub(crate) fn finalizer_spawned(&mut self, region: Handle, task: Handle) -> Check {
        self.is_new(task)?;
        let owner = self.regions.get_mut(&region).ok_or("a live region")?;
        owner.finalizer_due = false;
        owner.finalizer = Some(task);
        owner.finalizers -= 1;
        let mut record = Task::new(region, Time::NEVER);
        record.is_finalizer = true;
        record.mask = 1;
        record.since = self.now;
        self.tasks.insert(task, record);
        Ok(())
    }

    pub(crate) fn host_opened(&mut self, task: Handle, token: u32, op: Option<Handle>) -> Check {
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
        let record = Op {
            task,
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
        let wait = if refused { Wait::Refused } else { wait };
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
            other => other,
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

    fn activity_ended(&mut self, task: Handle) {
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

    fn is_new(&self, handle: Handle) -> Check {
        let is_known = self.ended.contains_key(&handle)
            || self.regions.contains_key(&handle)
            || self.tasks.contains_key(&handle)
            || self.ops.contains_key(&handle);
        ensure!(!is_known, "{handle:?} was issued twice");
        Ok(())
    }
}

// How a request spreads: by naive recursion, the trees of the model are small.
impl Oracle {
    fn ask_region(&mut self, region: Handle) {
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

    fn ask_task(&mut self, task: Handle) {
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

    fn ask_op(&mut self, op: Handle) {
        let now = self.now;
        if let Some(record) = self.ops.get_mut(&op)
            && !core::mem::replace(&mut record.asked, true)
        {
            record.since = now;
        }
    }

    /// A child of `region` ended.
    fn child_ended(&mut self, region: Handle, outcome: Outcome, can_win: bool) {
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

    fn linked_failure(&mut self, owner: Handle, failure: Outcome) {
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
}

// What events say, in their order.
impl Oracle {
    /// Takes in the events since the last call.
    pub(crate) fn events(&mut self, kernel: &Kernel) -> Check {
        self.now = kernel.now();
        let seen = self.seq;
        let counters = kernel.counters();
        let held = counters.events - counters.events_dropped;
        let skipped = held.saturating_sub(counters.events - seen);
        let skipped = usize::try_from(skipped).map_err(|error| error.to_string())?;
        let fresh: Vec<Event> = kernel.events().skip(skipped).copied().collect();
        for event in fresh {
            ensure!(
                event.seq == self.seq + 1,
                "the ring of the model lost events"
            );
            self.seq = event.seq;
            self.event(event)
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
            | EventKind::HostOpDraining => Ok(()),
            EventKind::RegionClosing => {
                self.region(subject)?.admits = false;
                Ok(())
            }
            EventKind::RegionDraining => self.region_draining(subject),
            EventKind::RegionFinalizing => {
                ensure!(self.tasks_of(subject).is_empty(), "it has tasks");
                ensure!(self.children(Some(subject)).is_empty(), "it has regions");
                Ok(())
            }
            EventKind::RegionClosed => self.region_closed(subject, event.detail),
            EventKind::TaskSpawned => self.task_spawned(subject),
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
                self.op(subject)?;
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
                self.op_ended(subject);
                self.unannounced.insert(subject);
                Ok(())
            }
        }
    }

    fn region_draining(&mut self, region: Handle) -> Check {
        if self.region(region)?.asked {
            return Ok(());
        }
        ensure!(self.time_may_ask(region), "nobody asked");
        self.ask_region(region);
        Ok(())
    }

    /// Whether a region may have been asked by the passing of time alone: by its timeout, or
    /// because the drain time of its owner ended, which is the end of its shield.
    fn time_may_ask(&self, region: Handle) -> bool {
        let record = &self.regions[&region];
        let owner = record.parent.and_then(|owner| self.tasks.get(&owner));
        let shield_is_over = owner.is_some_and(|task| {
            let is_bound = task.asked || task.is_finalizer || task.ran_finalizer;
            is_bound && self.now >= task.since.plus_nanos(self.drain_ns)
        });
        record.timeout <= self.now || (record.shielded && shield_is_over)
    }

    fn region_closed(&mut self, region: Handle, code: u32) -> Check {
        ensure!(self.tasks_of(region).is_empty(), "it has tasks");
        ensure!(self.children(Some(region)).is_empty(), "it has regions");
        let time_may_ask = self.time_may_ask(region);
        let record = self.region(region)?;
        ensure!(!record.admits, "it was open");
        ensure!(
            record.finalizers == 0 && record.finalizer.is_none(),
            "it has finalizers"
        );
        let outcome = outcome_of(code)?;
        let expected = if record.decided || record.outcome.is_failure() {
            record.outcome
        } else if (record.asked && !record.by_policy)
            || (time_may_ask && outcome == Outcome::Cancelled)
        {
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
        let mut heir = Task::new(of.region, Time::NEVER);
        heir.phase = Phase::Drained;
        heir.mask = 1;
        heir.asked = of.asked;
        heir.finalizers = of.finalizers;
        heir.is_heir = true;
        heir.since = self.now;
        self.tasks.insert(task, heir);
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
        let record = self.task(task)?;
        record.dispatches += 1;
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
        if record.deadline <= now || record.has_quota {
            self.ask_task(task);
            return Ok(());
        }
        // A region that is asked while it finalizes has no event of its own.
        let region = record.region;
        ensure!(self.time_may_ask(region), "nobody asked");
        self.ask_region(region);
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
        let had_its_polls = record.dispatches >= 50 || record.has_quota;
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
            self.child_ended(region, outcome, !record.is_heir);
        }
        self.leaving.insert(task, record);
        Ok(())
    }

    fn op_ended(&mut self, op: Handle) {
        self.ops.remove(&op);
        self.ended.insert(op, Outcome::Ok);
    }

    fn region(&mut self, region: Handle) -> Check<&mut Region> {
        self.regions
            .get_mut(&region)
            .ok_or_else(|| "no such region".to_owned())
    }

    fn task(&mut self, task: Handle) -> Check<&mut Task> {
        self.tasks
            .get_mut(&task)
            .ok_or_else(|| "no such task".to_owned())
    }

    fn op(&mut self, op: Handle) -> Check<&mut Op> {
        self.ops
            .get_mut(&op)
            .ok_or_else(|| "no such operation".to_owned())
    }
}

// What effects say, in their order.
impl Oracle {
    pub(crate) fn effect(&mut self, effect: &Effect) -> Check {
        match effect {
            Effect::Start { task } => {
                let record = self.addressee(*task)?;
                ensure!(!record.started, "it was started before");
                record.started = true;
                record.phase = if record.phase == Phase::Unstarted {
                    Phase::Body
                } else {
                    record.phase
                };
                Ok(())
            }
            Effect::Resume { task, token, code } => self.resumed(*task, *token, *code),
            Effect::Fail { task, token, .. } => self.failed(*task, *token),
            Effect::Finalize { task } => {
                ensure!(
                    self.regions_of(*task).is_empty(),
                    "its regions are not closed"
                );
                ensure!(
                    self.ops_of(*task).is_empty(),
                    "its operations have not drained"
                );
                let now = self.now;
                let record = self.task(*task)?;
                ensure!(record.phase == Phase::Drained, "its code runs");
                ensure!(record.finalizers > 0, "it has no finalizer");
                record.phase = Phase::Finalizer;
                record.ran_finalizer = true;
                record.mask = 1;
                record.since = now;
                record.dispatches = 0;
                Ok(())
            }
            Effect::TaskDone { task, outcome, .. } => {
                self.announced(*task)?;
                ensure!(self.ended.get(task) == Some(outcome), "it ended otherwise");
                Ok(())
            }
            Effect::TaskRevoked {
                task, successor, ..
            } => {
                ensure!(self.unannounced.contains(task), "it was not revoked");
                ensure!(
                    self.heirs.get(task) == successor.as_ref(),
                    "another successor"
                );
                if let Some(record) = self.leaving.get_mut(task) {
                    record.waits.clear();
                    record.checkpoint = false;
                }
                Ok(())
            }
            Effect::HostCancel { op, .. } => {
                let is_known =
                    self.ops.get(op).is_some_and(|op| op.asked) || self.ended.contains_key(op);
                ensure!(is_known, "nobody asked");
                Ok(())
            }
            Effect::HostDropped { op } => {
                ensure!(self.ended.contains_key(op), "it has not ended");
                Ok(())
            }
            Effect::HostRevoked { op } => self.announced(*op),
            Effect::RegionFinalize { region } => {
                ensure!(self.tasks_of(*region).is_empty(), "it has tasks");
                let record = self.region(*region)?;
                ensure!(record.finalizers > 0, "it has no finalizer");
                ensure!(
                    !record.finalizer_due && record.finalizer.is_none(),
                    "one runs"
                );
                record.finalizer_due = true;
                Ok(())
            }
            Effect::RegionClosed {
                region, outcome, ..
            } => {
                self.announced(*region)?;
                ensure!(
                    self.ended.get(region) == Some(outcome),
                    "it ended otherwise"
                );
                let late = self.unannounced.iter().find(|handle| {
                    self.leaving
                        .get(handle)
                        .is_some_and(|task| task.region == *region)
                });
                ensure!(late.is_none(), "{late:?} is announced after its region");
                Ok(())
            }
        }
    }

    /// The task that an effect addresses: live, or ending later in the same step.
    fn addressee(&mut self, task: Handle) -> Check<&mut Task> {
        let record = match self.tasks.get_mut(&task) {
            Some(record) => Some(record),
            None => self.leaving.get_mut(&task),
        };
        record.ok_or_else(|| "it is addressed after its end".to_owned())
    }

    fn resumed(&mut self, task: Handle, token: u32, code: u32) -> Check {
        let now = self.now;
        let record = self.addressee(task)?;
        if token == 0 {
            ensure!(
                core::mem::take(&mut record.checkpoint),
                "it was at no checkpoint"
            );
            ensure!(
                !record.acknowledged || record.mask > 0,
                "a checkpoint hid a cancellation"
            );
            return Ok(());
        }
        let wait = record
            .waits
            .remove(&token)
            .ok_or("the token is not awaited")?;
        let expected = match wait {
            Wait::Sleep(at) => {
                ensure!(at <= now, "it is too early");
                0
            }
            Wait::Join(target) | Wait::Region(target) => {
                let outcome = self.ended.get(&target).ok_or("its target lives")?;
                u32::from(outcome.code())
            }
            Wait::Answered(code) => code,
            Wait::Op(_) => return Err("nobody answered".to_owned()),
            Wait::Refused => return Err("it was asked for under a cancellation".to_owned()),
        };
        ensure!(code == expected, "the code is {expected}");
        Ok(())
    }

    fn failed(&mut self, task: Handle, token: u32) -> Check {
        let record = self.addressee(task)?;
        ensure!(record.asked, "nobody asked");
        let observes = record.acknowledged && record.mask == 0;
        if token == 0 {
            ensure!(
                core::mem::take(&mut record.checkpoint),
                "it was at no checkpoint"
            );
            ensure!(observes, "it is masked");
            return Ok(());
        }
        let wait = record
            .waits
            .remove(&token)
            .ok_or("the token is not awaited")?;
        match wait {
            Wait::Sleep(_) | Wait::Join(_) => ensure!(observes, "it is masked"),
            Wait::Op(op) => match self.ops.get_mut(&op) {
                Some(record) => {
                    ensure!(observes, "it is masked, and its operation is open");
                    record.waiter = None;
                }
                None => ensure!(self.ended.contains_key(&op), "no such operation"),
            },
            Wait::Refused => {}
            Wait::Region(_) => return Err("a region that is awaited drains".to_owned()),
            Wait::Answered(_) => return Err("a result was lost".to_owned()),
        }
        Ok(())
    }
}

// What must hold between two steps.
impl Oracle {
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
        // A region that is asked while it only finalizes has no event that says so.
        for region in self.regions.keys().copied().collect::<Vec<_>>() {
            let is_asked = kernel
                .region_reason(region)
                .is_ok_and(|reason| reason.is_some());
            if is_asked && !self.regions[&region].asked && self.time_may_ask(region) {
                self.ask_region(region);
            }
        }
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
            if !task.asked && task.deadline <= now {
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
                None => return Err("a row of nothing".to_owned()),
            };
            ensure!(row.parent == parent, "{row:?} is not below {parent:?}");
            ensure!(
                parent.is_none_or(|parent| seen.contains(&parent)),
                "{row:?} comes before its parent"
            );
            ensure!(seen.insert(row.subject), "{row:?} comes twice");
        }
        let live = self.regions.len() + self.tasks.len() + self.ops.len();
        ensure!(seen.len() == live, "{} rows for {live}", seen.len());
        Ok(())
    }
}

impl Region {
    fn new(parent: Option<Handle>, policy: Policy, deadline: Time) -> Self {
        Self {
            parent,
            policy,
            shielded: false,
            linked: false,
            admits: true,
            asked: false,
            by_policy: false,
            decided: false,
            outcome: Outcome::Ok,
            finalizers: 0,
            finalizer_due: false,
            finalizer: None,
            timeout: Time::NEVER,
            deadline,
            joined: false,
            strongest: 0,
        }
    }
}

impl Task {
    fn new(region: Handle, deadline: Time) -> Self {
        Self {
            region,
            phase: Phase::Unstarted,
            started: false,
            asked: false,
            acknowledged: false,
            finalizing: false,
            mask: 0,
            outcome: Outcome::Ok,
            child_failure: Outcome::Ok,
            finalizers: 0,
            is_finalizer: false,
            is_heir: false,
            ran_finalizer: false,
            deadline,
            has_quota: false,
            checkpoint: false,
            waits: BTreeMap::new(),
            since: Time::NEVER,
            dispatches: 0,
            strongest: 0,
        }
    }
}

fn outcome_of(code: u32) -> Check<Outcome> {
    Outcome::from_code(code).ok_or_else(|| format!("{code} is no outcome"))
}
