//! Owns the law of time: it never goes back, a deadline only comes nearer, and none is later
//! than that of what is above.

use asupersync_core::{Event, EventKind, Handle, TaskState, Time};

use super::{Oracle, Tree, Verdict};
use crate::check::ensure;

#[derive(Debug, Default)]
pub(super) struct DeadlineMonotone {
    now: Time,
    /// Regions opened since the kernel was at rest.
    opened: Vec<Handle>,
}

impl Oracle for DeadlineMonotone {
    fn name(&self) -> &'static str {
        "deadline-monotone"
    }

    fn event(&mut self, event: &Event, tree: &Tree) -> Verdict {
        ensure!(event.at >= self.now, "time went back from {:?}", self.now);
        self.now = event.at;
        if event.kind == EventKind::RegionOpened {
            self.opened.push(event.subject);
        }
        if event.kind == EventKind::DeadlineSet {
            let before = deadline_of(event.subject, tree);
            ensure!(
                Time::from_nanos(event.argument) < before,
                "it was nearer: {before:?}"
            );
        }
        Ok(())
    }

    fn rest(&mut self, tree: &Tree) -> Verdict {
        for handle in self.opened.drain(..) {
            // What has ended since is of no interest, and neither is the root.
            let Some(region) = tree.regions.get(&handle) else {
                continue;
            };
            let above = granted_by(region.owner, tree);
            ensure!(
                region.deadline <= above,
                "{handle:?} {region:?} may go on after {above:?}"
            );
        }
        for (handle, task) in &tree.tasks {
            let above = deadline_of(task.region, tree);
            ensure!(
                task.deadline <= above || !task.is_plain(),
                "{handle:?} {task:?} may go on after {above:?}"
            );
        }
        Ok(())
    }
}

fn deadline_of(owner: Handle, tree: &Tree) -> Time {
    let region = tree.regions.get(&owner).map(|region| region.deadline);
    region
        .or_else(|| tree.tasks.get(&owner).map(|task| task.deadline))
        .unwrap_or(Time::NEVER)
}

/// The latest deadline of what `owner` opens. What a task opens for its clean-up is bound by its
/// drain time instead.
fn granted_by(owner: Handle, tree: &Tree) -> Time {
    let cleans_up = tree
        .tasks
        .get(&owner)
        .is_some_and(|task| task.asked || !task.is_plain() || task.state == TaskState::Finalizing);
    if cleans_up {
        Time::NEVER
    } else {
        deadline_of(owner, tree)
    }
}
