//! Owns the law that no obligation is lost in silence: each is committed, aborted or reported as
//! leaked before its holder completes, and only a holder that has come to its end leaks.

use std::collections::BTreeSet;

use asupersync_core::{Event, EventKind, Handle};

use super::{Oracle, Tree, Verdict};
use crate::check::ensure;

#[derive(Debug, Default)]
pub(super) struct ObligationLeak {
    /// Tasks that leaked, until they have completed.
    leaking: BTreeSet<Handle>,
}

impl Oracle for ObligationLeak {
    fn name(&self) -> &'static str {
        "obligation-leak"
    }

    fn event(&mut self, event: &Event, tree: &Tree) -> Verdict {
        if event.kind == EventKind::TaskCompleted {
            let held = tree.obligations_of(event.subject).next();
            ensure!(held.is_none(), "it still holds {held:?}");
            let open = tree.host_ops_of(event.subject).next();
            ensure!(open.is_none(), "it leaves {open:?} open");
            self.leaking.remove(&event.subject);
        }
        if event.kind == EventKind::ObligationLeaked {
            let holder = tree.obligations.get(&event.subject);
            self.leaking.extend(holder);
        }
        Ok(())
    }

    fn rest(&mut self, _: &Tree) -> Verdict {
        let going_on = self.leaking.first();
        ensure!(going_on.is_none(), "{going_on:?} has leaked and goes on");
        Ok(())
    }

    fn end(&mut self, tree: &Tree) -> Verdict {
        let held = tree.obligations.first_key_value();
        ensure!(held.is_none(), "{held:?} is pending for ever");
        let open = tree.host_ops.first_key_value();
        ensure!(open.is_none(), "{open:?} is open for ever");
        Ok(())
    }
}
