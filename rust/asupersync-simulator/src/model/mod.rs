//! Owns the model: a naive tree of what must be live, asked, drained and closed, kept beside
//! the kernel from the commands that were taken, the events in their order, and the effects.
//!
//! It has no lanes and no timers of its own: where the kernel is free to choose (whom to
//! dispatch, when patience ends), the model only says what is allowed.

mod agreement;
mod cancel;
mod commands;
mod effects;
mod events;
mod joiners;
mod obligations;
mod records;
mod semaphores;

use std::collections::{BTreeMap, BTreeSet};

use asupersync_core::{Budget, EventKind, Handle, Kernel, LeakPolicy, Outcome, Policy, Time};

use crate::check::Check;
use joiners::Joiners;
use obligations::Tally;
pub(crate) use obligations::is_obligation;
use records::{Obligation, Op, Region, Task};
pub(crate) use records::{Phase, Wait, tighter};
pub(crate) use semaphores::Answer;
use semaphores::Semaphore;

#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) root: Handle,
    pub(crate) regions: BTreeMap<Handle, Region>,
    pub(crate) tasks: BTreeMap<Handle, Task>,
    pub(crate) ops: BTreeMap<Handle, Op>,
    pub(crate) obligations: BTreeMap<Handle, Obligation>,
    pub(crate) semaphores: BTreeMap<Handle, Semaphore>,
    /// Obligations that were ever granted permits.
    granted: BTreeSet<Handle>,
    tally: Tally,
    leak_policy: LeakPolicy,
    /// Tasks that end panicked for an obligation that they leaked.
    leaking: BTreeSet<Handle>,
    /// What a command did to an obligation, until its event says so.
    ordered: Option<(Handle, EventKind)>,
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
    joiners: Joiners,
    now: Time,
    drain_ns: u64,
}

impl Model {
    pub(crate) fn new(kernel: &Kernel, drain_ns: u64, leak_policy: LeakPolicy) -> Self {
        let root = kernel.root();
        let record = Region::new(None, Policy::CollectAll, Budget::DEFAULT);
        Self {
            root,
            regions: BTreeMap::from([(root, record)]),
            tasks: BTreeMap::new(),
            ops: BTreeMap::new(),
            obligations: BTreeMap::new(),
            semaphores: BTreeMap::new(),
            granted: BTreeSet::new(),
            tally: Tally::default(),
            leak_policy,
            leaking: BTreeSet::new(),
            ordered: None,
            ended: BTreeMap::new(),
            unannounced: BTreeSet::new(),
            leaving: BTreeMap::new(),
            revoked: None,
            heirs: BTreeMap::new(),
            observing: None,
            joiners: Joiners::default(),
            now: Time::ZERO,
            drain_ns,
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
