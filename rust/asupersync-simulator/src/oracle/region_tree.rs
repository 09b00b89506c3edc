//! Owns the law of the region tree: everything that lives has one live owner, only an open
//! region admits, an owner ends after what it owns, and no handle is issued twice.

use std::collections::BTreeSet;

use asupersync_core::{Event, EventKind, Handle, HandleKind, RegionState, TaskState};

use super::{Oracle, Tree, Verdict};
use crate::check::ensure;

#[derive(Debug, Default)]
pub(super) struct RegionTree {
    issued: BTreeSet<Handle>,
    /// A task in a region that no longer admits: a finalizer's or a successor, as the next
    /// event must say.
    unexplained: Option<Handle>,
}

impl Oracle for RegionTree {
    fn name(&self) -> &'static str {
        "region-tree"
    }

    fn event(&mut self, event: &Event, tree: &Tree) -> Verdict {
        let subject = event.subject;
        if let Some(task) = self.unexplained.take() {
            let is_finalizer = event.kind == EventKind::FinalizerStarted
                && tree.tasks.get(&task).is_some_and(|t| t.region == subject);
            let is_successor =
                event.kind == EventKind::TaskFinalizing && subject == task && event.argument != 0;
            ensure!(
                is_finalizer || is_successor,
                "before it {task:?} came into a region that admits nothing"
            );
        }
        let is_born = matches!(
            event.kind,
            EventKind::RegionOpened
                | EventKind::TaskSpawned
                | EventKind::HostOpSubmitted
                | EventKind::ObligationReserved
                | EventKind::PermitAsked
                | EventKind::SemaphoreOpened
        );
        let was_asked =
            event.kind == EventKind::ObligationReserved && tree.obligations.contains_key(&subject);
        if is_born && !was_asked {
            ensure!(self.issued.insert(subject), "the handle was issued before");
            return self.born(event, tree);
        }
        let is_live = match subject.kind() {
            Some(HandleKind::Region) => tree.regions.contains_key(&subject),
            Some(HandleKind::Task) => tree.tasks.contains_key(&subject),
            Some(HandleKind::HostOp) => tree.host_ops.contains_key(&subject),
            Some(HandleKind::Obligation) => tree.obligations.contains_key(&subject),
            Some(HandleKind::Semaphore) => tree.semaphores.contains_key(&subject),
            None => false,
        };
        ensure!(is_live, "it happens to what does not live");
        if event.kind == EventKind::RegionClosed {
            let mut semaphores = tree.semaphores.iter();
            let left = semaphores.find(|(_, region)| **region == subject);
            ensure!(left.is_none(), "the semaphore {left:?} is in it");
        }
        if event.kind == EventKind::TaskCompleted {
            let left = tree.regions_of(subject).next();
            ensure!(left.is_none(), "it owns {left:?}");
        }
        Ok(())
    }
}

impl RegionTree {
    fn born(&mut self, event: &Event, tree: &Tree) -> Verdict {
        let owner = Handle::from_raw(event.argument);
        if event.kind == EventKind::RegionOpened && event.argument == 0 {
            ensure!(tree.root.is_none(), "there is a root already");
            return Ok(());
        }
        if let Some(region) = tree.regions.get(&owner) {
            if event.kind == EventKind::SemaphoreOpened {
                // It does not keep its region from closing, so a closing one admits it.
                return Ok(());
            }
            ensure!(
                matches!(event.kind, EventKind::RegionOpened | EventKind::TaskSpawned),
                "a region cannot own it"
            );
            if event.kind == EventKind::TaskSpawned && region.state != RegionState::Open {
                self.unexplained = Some(event.subject);
                return Ok(());
            }
            ensure!(
                region.state == RegionState::Open,
                "its owner admits nothing"
            );
            return Ok(());
        }
        let task = tree.tasks.get(&owner).ok_or("its owner does not live")?;
        ensure!(
            !matches!(
                event.kind,
                EventKind::TaskSpawned | EventKind::SemaphoreOpened
            ),
            "a task cannot own it"
        );
        ensure!(
            task.state != TaskState::Created,
            "its owner has not started"
        );
        Ok(())
    }
}
