//! Owns the law of races: when one has its winner, the losers are asked to cancel at once, and
//! it closes with the winner's outcome when they have all ended.

use std::collections::BTreeMap;

use asupersync_core::{Event, EventKind, Handle, Outcome, Policy};

use super::{Oracle, Tree, Verdict};
use crate::check::ensure;

#[derive(Debug, Default)]
pub(super) struct LoserDrain {
    /// Races that have their winner, with the outcome to close with.
    decided: BTreeMap<Handle, Outcome>,
}

impl Oracle for LoserDrain {
    fn name(&self) -> &'static str {
        "loser-drain"
    }

    fn event(&mut self, event: &Event, tree: &Tree) -> Verdict {
        if event.kind == EventKind::TaskCompleted {
            self.task_completed(event, tree);
        }
        if event.kind == EventKind::RegionClosed
            && let Some(outcome) = self.decided.remove(&event.subject)
        {
            let loser = tree.tasks_of(event.subject).next();
            ensure!(loser.is_none(), "{loser:?} has not drained");
            let expected = u32::from(outcome.code());
            ensure!(event.detail == expected, "its winner ended {outcome:?}");
        }
        Ok(())
    }

    fn rest(&mut self, tree: &Tree) -> Verdict {
        for race in self.decided.keys() {
            let is_asked = tree.regions.get(race).is_some_and(|region| region.asked);
            ensure!(is_asked, "the losers of {race:?} go on");
            let mut losers = tree.tasks_of(*race);
            let unasked = losers.find(|(_, task)| task.is_plain() && !task.asked);
            ensure!(unasked.is_none(), "the loser {unasked:?} goes on");
        }
        Ok(())
    }
}

impl LoserDrain {
    fn task_completed(&mut self, event: &Event, tree: &Tree) {
        let outcome = Outcome::from_code(event.detail);
        let task = tree.tasks.get(&event.subject);
        let (Some(outcome), Some(task)) = (outcome, task) else {
            return;
        };
        if let Some(decided) = self.decided.get_mut(&task.region) {
            if task.is_finalizer && outcome != Outcome::Ok {
                *decided = Outcome::Panicked;
            }
            return;
        }
        let policy = tree.regions.get(&task.region).map(|region| region.policy);
        let wins = match policy {
            Some(Policy::Race) => outcome != Outcome::Cancelled,
            Some(Policy::Any) => outcome == Outcome::Ok,
            Some(Policy::FailFast | Policy::CollectAll) | None => false,
        };
        if wins && task.is_plain() {
            self.decided.insert(task.region, outcome);
        }
    }
}
