//! Owns what the trace has said so far: the live regions, tasks, host operations and
//! obligations, as its events alone tell of them.

use std::collections::BTreeMap;

use asupersync_core::{Event, EventKind, Handle, Policy, RegionState, TaskState, Time};

/// A live region.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region {
    /// The region or task that owns it; itself for the root.
    pub owner: Handle,
    /// What it does when a child ends.
    pub policy: Policy,
    /// Whether a cancellation of its owner stops before it.
    pub shielded: bool,
    /// Where it stands.
    pub state: RegionState,
    /// Whether it was asked to cancel.
    pub asked: bool,
    /// Its deadline.
    pub deadline: Time,
}

/// A live task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Task {
    /// The region that it belongs to.
    pub region: Handle,
    /// Where it stands.
    pub state: TaskState,
    /// Whether it was asked to cancel.
    pub asked: bool,
    /// Its deadline.
    pub deadline: Time,
    /// Whether it runs a finalizer of its region.
    pub is_finalizer: bool,
    /// Whether it sees out what a revoked task left.
    pub is_successor: bool,
}

impl Task {
    /// Whether it has a budget of its own, and its ends are its region's affair: finalizers and
    /// successors are the kernel's.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        !self.is_finalizer && !self.is_successor
    }
}

/// What is live, by the trace.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Regions that have not closed.
    pub regions: BTreeMap<Handle, Region>,
    /// Tasks that have not completed.
    pub tasks: BTreeMap<Handle, Task>,
    /// Host operations that have not ended, with their tasks.
    pub host_ops: BTreeMap<Handle, Handle>,
    /// Obligations that have not ended, with their holders. Those only asked for are among them.
    pub obligations: BTreeMap<Handle, Handle>,
    /// Semaphores that were not forgotten, with their regions.
    pub semaphores: BTreeMap<Handle, Handle>,
    /// The region that was opened first.
    pub root: Option<Handle>,
    /// The task that was spawned last.
    spawned_last: Option<Handle>,
}

impl Tree {
    /// The regions that `owner`, a region or a task, owns.
    pub fn regions_of(&self, owner: Handle) -> impl Iterator<Item = (Handle, &Region)> {
        let own = self.regions.iter();
        own.filter(move |(handle, region)| region.owner == owner && **handle != owner)
            .map(|(handle, region)| (*handle, region))
    }

    /// The tasks of a region.
    pub fn tasks_of(&self, region: Handle) -> impl Iterator<Item = (Handle, &Task)> {
        let own = self.tasks.iter();
        own.filter(move |(_, task)| task.region == region)
            .map(|(handle, task)| (*handle, task))
    }

    /// The host operations of a task.
    pub fn host_ops_of(&self, task: Handle) -> impl Iterator<Item = Handle> {
        let own = self.host_ops.iter().filter(move |(_, of)| **of == task);
        own.map(|(handle, _)| *handle)
    }

    /// The obligations that a task holds.
    pub fn obligations_of(&self, task: Handle) -> impl Iterator<Item = Handle> {
        let own = self.obligations.iter().filter(move |(_, of)| **of == task);
        own.map(|(handle, _)| *handle)
    }

    /// Takes in what an event says. One that makes no sense changes nothing: to object is for
    /// the oracles.
    pub fn apply(&mut self, event: &Event) {
        let subject = event.subject;
        match event.kind {
            EventKind::RegionOpened
            | EventKind::RegionClosing
            | EventKind::RegionDraining
            | EventKind::RegionFinalizing
            | EventKind::RegionClosed
            | EventKind::RegionCancelRequested => self.apply_to_region(event),
            EventKind::TaskSpawned
            | EventKind::TaskDispatched
            | EventKind::TaskCancelRequested
            | EventKind::TaskCancelling
            | EventKind::TaskFinalizing
            | EventKind::TaskCompleted => self.apply_to_task(event),
            EventKind::DeadlineSet => {
                let deadline = Time::from_nanos(event.argument);
                if let Some(region) = self.regions.get_mut(&subject) {
                    region.deadline = deadline;
                } else if let Some(task) = self.tasks.get_mut(&subject) {
                    task.deadline = deadline;
                }
            }
            EventKind::FinalizerStarted => {
                let last = self.spawned_last.and_then(|last| self.tasks.get_mut(&last));
                if let Some(task) = last.filter(|task| task.region == subject) {
                    task.is_finalizer = true;
                }
            }
            EventKind::HostOpSubmitted => {
                let task = Handle::from_raw(event.argument);
                self.host_ops.insert(subject, task);
            }
            EventKind::HostOpCompleted | EventKind::HostOpRevoked => {
                self.host_ops.remove(&subject);
            }
            EventKind::ObligationReserved
            | EventKind::ObligationTransferred
            | EventKind::PermitAsked => {
                let task = Handle::from_raw(event.argument);
                self.obligations.insert(subject, task);
            }
            EventKind::ObligationCommitted
            | EventKind::ObligationAborted
            | EventKind::ObligationLeaked => {
                self.obligations.remove(&subject);
            }
            EventKind::SemaphoreOpened => {
                let region = Handle::from_raw(event.argument);
                self.semaphores.insert(subject, region);
            }
            EventKind::SemaphoreDropped => {
                self.semaphores.remove(&subject);
            }
            EventKind::ChannelOpened
            | EventKind::SemaphoreClosed
            | EventKind::PermitsTaken
            | EventKind::PermitsPassed
            | EventKind::PermitsGiven
            | EventKind::TaskRevoked
            | EventKind::FinalizerEnded
            | EventKind::TimerFired
            | EventKind::HostOpCancelRequested
            | EventKind::HostOpDraining
            | EventKind::HostOpLate
            | EventKind::TaskQueued
            | EventKind::TaskUnqueued
            | EventKind::TimerArmed
            | EventKind::TimerDisarmed
            | EventKind::FinalizerDeferred => {}
        }
    }

    fn apply_to_region(&mut self, event: &Event) {
        let subject = event.subject;
        if event.kind == EventKind::RegionOpened {
            let owner = if event.argument == 0 {
                self.root = Some(subject);
                subject
            } else {
                Handle::from_raw(event.argument)
            };
            let region = Region {
                owner,
                policy: Policy::from_code(event.detail & 255).unwrap_or_default(),
                shielded: event.detail & 256 != 0,
                state: RegionState::Open,
                asked: false,
                deadline: Time::NEVER,
            };
            self.regions.insert(subject, region);
        } else if event.kind == EventKind::RegionClosed {
            self.regions.remove(&subject);
        } else if let Some(region) = self.regions.get_mut(&subject) {
            if event.kind == EventKind::RegionClosing {
                region.state = RegionState::Closing;
            } else if event.kind == EventKind::RegionDraining {
                region.state = RegionState::Draining;
            } else if event.kind == EventKind::RegionFinalizing {
                region.state = RegionState::Finalizing;
            } else {
                region.asked = true;
            }
        }
    }

    fn apply_to_task(&mut self, event: &Event) {
        let subject = event.subject;
        if event.kind == EventKind::TaskSpawned {
            let task = Task {
                region: Handle::from_raw(event.argument),
                state: TaskState::Created,
                asked: false,
                deadline: Time::NEVER,
                is_finalizer: false,
                is_successor: false,
            };
            self.tasks.insert(subject, task);
            self.spawned_last = Some(subject);
            return;
        }
        if event.kind == EventKind::TaskCompleted {
            self.tasks.remove(&subject);
            return;
        }
        if event.kind == EventKind::TaskFinalizing && event.argument != 0 {
            self.succeed(Handle::from_raw(event.argument), subject);
        }
        let Some(task) = self.tasks.get_mut(&subject) else {
            return;
        };
        if event.kind == EventKind::TaskDispatched {
            if task.state == TaskState::Created && !task.asked {
                task.state = TaskState::Running;
            }
        } else if event.kind == EventKind::TaskCancelRequested {
            task.asked = true;
            if matches!(task.state, TaskState::Created | TaskState::Running) {
                task.state = TaskState::CancelRequested;
            }
        } else if event.kind == EventKind::TaskCancelling {
            task.state = TaskState::Cancelling;
        } else {
            task.state = TaskState::Finalizing;
        }
    }

    /// What `revoked` owned goes to `successor`, with the request to cancel.
    fn succeed(&mut self, revoked: Handle, successor: Handle) {
        let asked = self.tasks.get(&revoked).is_some_and(|task| task.asked);
        if let Some(task) = self.tasks.get_mut(&successor) {
            task.is_successor = true;
            task.asked = asked;
        }
        for region in self.regions.values_mut() {
            if region.owner == revoked {
                region.owner = successor;
            }
        }
        for task in self.host_ops.values_mut() {
            if *task == revoked {
                *task = successor;
            }
        }
    }
}
