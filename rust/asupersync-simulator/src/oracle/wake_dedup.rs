//! Owns the law that a task is queued at most once, and dispatched only from where it is queued.

use std::collections::BTreeMap;

use asupersync_core::{Event, EventKind, Handle, Lane};

use super::{Oracle, Tree, Verdict};
use crate::check::ensure;

const CANCEL: u32 = Lane::Cancel as u32;
const TIMED: u32 = Lane::Timed as u32;
const READY: u32 = Lane::Ready as u32;

#[derive(Debug, Default)]
pub(super) struct WakeDedup {
    /// Queued tasks, by their lane.
    queued: BTreeMap<Handle, u32>,
}

impl Oracle for WakeDedup {
    fn name(&self) -> &'static str {
        "wake-dedup"
    }

    fn event(&mut self, event: &Event, _: &Tree) -> Verdict {
        let place = self.queued.get(&event.subject).copied();
        if event.kind == EventKind::TaskQueued {
            let moves_up = place == Some(READY) && event.detail == CANCEL;
            ensure!(
                place.is_none() || moves_up,
                "it is queued in lane {place:?} already"
            );
            self.queued.insert(event.subject, event.detail);
        } else if event.kind == EventKind::TaskUnqueued {
            ensure!(place.is_some(), "it was not queued");
            self.queued.remove(&event.subject);
        } else if event.kind == EventKind::TaskDispatched {
            // What is due has no place in a lane: its timer is its place.
            let expected = (event.detail != TIMED).then_some(event.detail);
            ensure!(place == expected, "it is queued in lane {place:?}");
            self.queued.remove(&event.subject);
        } else if event.kind == EventKind::TaskCompleted {
            ensure!(place.is_none(), "it is queued in lane {place:?}");
        }
        Ok(())
    }
}
