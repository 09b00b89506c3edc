//! Owns the law of a lane: the highest priority first, and equals in the order in which they came
//! unless ties are seeded.

use std::collections::BTreeMap;

use asupersync_core::{Event, EventKind, Handle, TieBreak};

use super::{Oracle, Rules, Tree, Verdict};
use crate::check::ensure;

#[derive(Debug)]
pub(super) struct LaneOrder {
    ties: TieBreak,
    queued: BTreeMap<Handle, Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    lane: u32,
    priority: u64,
    since: u64,
}

impl LaneOrder {
    pub(super) const fn new(rules: Rules) -> Self {
        Self {
            ties: rules.ties,
            queued: BTreeMap::new(),
        }
    }
}

impl Oracle for LaneOrder {
    fn name(&self) -> &'static str {
        "lane-order"
    }

    fn event(&mut self, event: &Event, _: &Tree) -> Verdict {
        if event.kind == EventKind::TaskQueued {
            let place = Place {
                lane: event.detail,
                priority: event.argument,
                since: event.seq,
            };
            self.queued.insert(event.subject, place);
        } else if event.kind == EventKind::TaskUnqueued {
            self.queued.remove(&event.subject);
        } else if event.kind == EventKind::TaskDispatched
            && let Some(place) = self.queued.remove(&event.subject)
        {
            let before = self.queued.iter().find(|(_, other)| {
                let is_equal = other.priority == place.priority;
                let came_first = is_equal && other.since < place.since;
                other.lane == place.lane
                    && (other.priority > place.priority
                        || (came_first && self.ties == TieBreak::Insertion))
            });
            ensure!(
                before.is_none(),
                "{place:?}, but {before:?} was to be first"
            );
        }
        Ok(())
    }
}
