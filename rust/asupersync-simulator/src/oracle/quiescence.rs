//! Owns the law of quiescence: a region closes when nothing below it is left, and when the root
//! has closed nothing happens any more.

use asupersync_core::{Event, EventKind};

use super::{Oracle, Tree, Verdict};
use crate::check::ensure;

#[derive(Debug, Default)]
pub(super) struct Quiescence {
    root_closed: bool,
}

impl Oracle for Quiescence {
    fn name(&self) -> &'static str {
        "quiescence"
    }

    fn event(&mut self, event: &Event, tree: &Tree) -> Verdict {
        ensure!(!self.root_closed, "the root had closed");
        if event.kind != EventKind::RegionClosed && event.kind != EventKind::RegionFinalizing {
            return Ok(());
        }
        let region = event.subject;
        let child = tree.regions_of(region).next();
        ensure!(child.is_none(), "{child:?} is below it");
        let task = tree.tasks_of(region).next();
        ensure!(task.is_none(), "{task:?} is in it");
        self.root_closed = event.kind == EventKind::RegionClosed && tree.root == Some(region);
        Ok(())
    }

    fn end(&mut self, tree: &Tree) -> Verdict {
        ensure!(self.root_closed, "the root has not closed");
        let left = tree.regions.first_key_value();
        ensure!(left.is_none(), "{left:?} has not closed");
        Ok(())
    }
}
