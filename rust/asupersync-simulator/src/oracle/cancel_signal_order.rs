//! Owns the law of how a request spreads: parents before descendants, and to all of them before
//! anything else happens.

use asupersync_core::{CancelKind, Event, EventKind, Handle, TaskState};

use super::{Oracle, Tree, Verdict};
use crate::check::ensure;

#[derive(Debug)]
pub(super) struct CancelSignalOrder;

impl Oracle for CancelSignalOrder {
    fn name(&self) -> &'static str {
        "cancel-signal-order"
    }

    fn event(&mut self, event: &Event, tree: &Tree) -> Verdict {
        if event.kind == EventKind::HostOpCancelRequested {
            let task = tree.host_ops.get(&event.subject);
            let task = task.and_then(|task| tree.tasks.get(task));
            let may_be = task.is_some_and(|t| t.asked || t.state == TaskState::Finalizing);
            ensure!(may_be, "its task goes on");
            return Ok(());
        }
        let parent = if event.kind == EventKind::TaskCancelRequested {
            tree.tasks.get(&event.subject).map(|task| task.region)
        } else if event.kind == EventKind::RegionCancelRequested {
            let region = tree.regions.get(&event.subject);
            region.map(|region| region.owner)
        } else {
            return Ok(());
        };
        let origin = Handle::from_raw(event.argument);
        let is_inherited = event.detail == u32::from(CancelKind::ParentCancelled.code());
        if !is_inherited || origin == event.subject {
            return Ok(());
        }
        ensure!(
            Some(origin) == parent,
            "the reason comes from {origin:?}, not from {parent:?}"
        );
        ensure!(is_asked(origin, tree), "{origin:?} above it was not asked");
        Ok(())
    }

    fn rest(&mut self, tree: &Tree) -> Verdict {
        for (handle, task) in &tree.tasks {
            let must_be_asked = task.is_plain() && is_asked(task.region, tree);
            ensure!(
                task.asked || !must_be_asked,
                "the request did not reach {handle:?} {task:?}"
            );
        }
        for (handle, region) in &tree.regions {
            let must_be_asked = !region.shielded && is_asked(region.owner, tree);
            ensure!(
                region.asked || !must_be_asked,
                "the request did not reach {handle:?} {region:?}"
            );
        }
        Ok(())
    }
}

fn is_asked(handle: Handle, tree: &Tree) -> bool {
    let region = tree.regions.get(&handle).map(|region| region.asked);
    region
        .or_else(|| tree.tasks.get(&handle).map(|task| task.asked))
        .unwrap_or(false)
}
