//! Owns the law that no lane starves: ready work waits for at most L dispatches of the cancel
//! lane in a row, 2L while the root drains, and for at most L of the timed lane.

use std::collections::BTreeSet;

use asupersync_core::{Event, EventKind, Handle, Lane};

use super::{Oracle, Rules, Tree, Verdict};
use crate::check::ensure;

#[derive(Debug)]
pub(super) struct LaneStreak {
    streak_max: u32,
    /// Tasks queued in the ready lane.
    ready: BTreeSet<Handle>,
    /// Dispatches that ready work has seen pass, by lane: of the cancel lane in a row, of the
    /// timed lane since the last of its own.
    cancel: u32,
    timed: u32,
}

impl LaneStreak {
    pub(super) const fn new(rules: Rules) -> Self {
        Self {
            streak_max: rules.cancel_streak,
            ready: BTreeSet::new(),
            cancel: 0,
            timed: 0,
        }
    }
}

impl Oracle for LaneStreak {
    fn name(&self) -> &'static str {
        "lane-streak"
    }

    fn event(&mut self, event: &Event, tree: &Tree) -> Verdict {
        if event.kind == EventKind::TaskQueued && event.detail == Lane::Ready as u32 {
            self.ready.insert(event.subject);
        } else if matches!(event.kind, EventKind::TaskQueued | EventKind::TaskUnqueued) {
            self.ready.remove(&event.subject);
        } else if event.kind == EventKind::TaskDispatched {
            self.ready.remove(&event.subject);
            return self.dispatched(event.detail, tree);
        }
        Ok(())
    }
}

impl LaneStreak {
    fn dispatched(&mut self, lane: u32, tree: &Tree) -> Verdict {
        if lane == Lane::Ready as u32 || self.ready.is_empty() {
            (self.cancel, self.timed) = (0, 0);
            return Ok(());
        }
        if lane == Lane::Timed as u32 {
            self.cancel = 0;
            self.timed += 1;
            ensure!(
                self.timed <= self.streak_max,
                "ready work saw {} of the timed lane pass",
                self.timed
            );
            return Ok(());
        }
        let root = tree.root.and_then(|root| tree.regions.get(&root));
        let drains = root.is_none_or(|root| root.asked);
        self.cancel += 1;
        ensure!(
            self.cancel <= self.streak_max * if drains { 2 } else { 1 },
            "ready work saw {} of the cancel lane pass",
            self.cancel
        );
        Ok(())
    }
}
