//! Owns the invariants of obligations: each has one live holder, and the counters tell all.

use std::collections::BTreeMap;

use super::{Violation, ensure};
use crate::handle::{ObligationKey, TaskKey};
use crate::kernel::Kernel;
use crate::task::TaskState;

impl Kernel {
    pub(super) fn check_obligations(&self) -> Result<(), Violation> {
        let mut held: BTreeMap<ObligationKey, TaskKey> = BTreeMap::new();
        for (task, record) in self.tasks.iter() {
            for key in self.obligations_of(record.obligations) {
                let before = held.insert(key, task);
                ensure(before.is_none(), "an obligation has one holder", key)?;
            }
        }
        let mut pending = 0;
        for (key, record) in self.obligations.iter() {
            let holder = held.get(&key).copied();
            if !record.state.is_live() {
                ensure(holder.is_none(), "an ended obligation has no holder", key)?;
                continue;
            }
            pending += 1;
            ensure(
                holder == Some(record.task)
                    && self
                        .tasks
                        .get(record.task)
                        .is_some_and(|t| t.state != TaskState::Completed),
                "a pending obligation belongs to a live task",
                key,
            )?;
        }
        let open = self.host_ops.iter().filter(|(_, op)| op.is_pending());
        let counters = self.counters();
        ensure(
            counters.obligations_live as usize == pending + open.count(),
            "the obligations count what is pending",
            self.root,
        )?;
        let ended = counters.obligations_committed
            + counters.obligations_aborted
            + counters.obligations_leaked;
        ensure(
            counters.obligations_reserved == ended + u64::from(counters.obligations_live),
            "every obligation given is pending, kept, taken back or leaked",
            self.root,
        )
    }
}
