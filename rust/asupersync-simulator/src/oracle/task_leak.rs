//! Owns the law that no task is lost: each completes, and before its region closes.

use asupersync_core::{Event, EventKind};

use super::{Oracle, Tree, Verdict};
use crate::check::ensure;

#[derive(Debug)]
pub(super) struct TaskLeak;

impl Oracle for TaskLeak {
    fn name(&self) -> &'static str {
        "task-leak"
    }

    fn event(&mut self, event: &Event, tree: &Tree) -> Verdict {
        if event.kind == EventKind::RegionClosed {
            let left = tree.tasks_of(event.subject).next();
            ensure!(left.is_none(), "it leaves {left:?}");
        }
        Ok(())
    }

    fn end(&mut self, tree: &Tree) -> Verdict {
        let left = tree.tasks.first_key_value();
        ensure!(left.is_none(), "{left:?} never completed");
        Ok(())
    }
}
