//! Owns the snapshot: the live tree as rows, parents before children.

use crate::cancel::CancelKind;
use crate::handle::{Handle, HandleKind, pack};
use crate::kernel::Kernel;
use crate::region::Owner;

/// One live thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// What it is.
    pub subject: Handle,
    /// What it belongs to; `None` for the root region.
    pub parent: Option<Handle>,
    /// Code of its state.
    pub state: u8,
    /// Why it is cancelled, if it is.
    pub cancel: Option<CancelKind>,
}

impl Row {
    /// The state in a word, such as `running`; `unknown` for a code of a later version.
    #[must_use]
    pub fn state_name(&self) -> &'static str {
        let names: &[&str] = match self.subject.kind() {
            Some(HandleKind::Region) => &REGION_STATES,
            Some(HandleKind::Task) => &TASK_STATES,
            Some(HandleKind::HostOp) => &HOST_OP_STATES,
            Some(HandleKind::Obligation) => &OBLIGATION_STATES,
            // A semaphore is no part of the tree.
            Some(HandleKind::Semaphore) | None => &[],
        };
        names.get(usize::from(self.state)).unwrap_or(&"unknown")
    }
}

/// By the codes of [`RegionState`](crate::RegionState).
const REGION_STATES: [&str; 5] = ["open", "closing", "draining", "finalizing", "closed"];

/// By the codes of [`TaskState`](crate::TaskState).
const TASK_STATES: [&str; 6] = [
    "created",
    "running",
    "cancel-requested",
    "cancelling",
    "finalizing",
    "completed",
];

/// By the codes of [`HostOpState`](crate::HostOpState).
const HOST_OP_STATES: [&str; 6] = [
    "created",
    "submitted",
    "cancel-requested",
    "draining",
    "finalizing",
    "completed",
];

/// By the codes of [`ObligationState`](crate::ObligationState).
const OBLIGATION_STATES: [&str; 4] = ["reserved", "committed", "aborted", "leaked"];

impl Kernel {
    /// The live tree, parents before children, siblings in order of birth. O(live), without
    /// recursion.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Row> {
        let mut rows = Vec::with_capacity((self.regions.len() + self.tasks.len()) as usize);
        let mut regions = if self.is_closed() {
            Vec::new()
        } else {
            vec![self.root]
        };
        let tag = self.tag;
        while let Some(key) = regions.pop() {
            let Some(region) = self.regions.get(key) else {
                continue;
            };
            let parent = match region.owner {
                Owner::Kernel => None,
                Owner::Region(parent) => Some(pack(parent, tag)),
                Owner::Task(parent) => Some(pack(parent, tag)),
            };
            let subject = pack(key, tag);
            let cancel = region.reason.as_ref().map(|reason| reason.kind);
            rows.push(Row {
                subject,
                parent,
                state: region.state as u8,
                cancel,
            });
            let children_from = regions.len();
            for child in self.regions_of(region.regions) {
                regions.push(child);
            }
            for task_key in self.tasks_of(region.tasks) {
                let task = self.tasks.at(task_key);
                let cancel = task.reason.as_ref().map(|reason| reason.kind);
                let task_handle = pack(task_key, tag);
                rows.push(Row {
                    subject: task_handle,
                    parent: Some(subject),
                    state: task.state as u8,
                    cancel,
                });
                for op_key in self.host_ops_of(task.host_ops) {
                    let op = self.host_ops.at(op_key);
                    rows.push(Row {
                        subject: pack(op_key, tag),
                        parent: Some(task_handle),
                        state: op.state as u8,
                        cancel: op.reason.as_ref().map(|reason| reason.kind),
                    });
                }
                for key in self.obligations_of(task.obligations) {
                    rows.push(Row {
                        subject: pack(key, tag),
                        parent: Some(task_handle),
                        state: self.obligations.at(key).state as u8,
                        cancel: None,
                    });
                }
                for child in self.regions_of(task.regions) {
                    regions.push(child);
                }
            }
            regions[children_from..].reverse();
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::{HOST_OP_STATES, OBLIGATION_STATES, REGION_STATES, TASK_STATES};
    use crate::{HostOpState, ObligationState, RegionState, TaskState};

    #[test]
    fn the_last_state_of_each_kind_has_the_last_word() {
        assert_eq!(REGION_STATES[RegionState::Closed as usize], "closed");
        assert_eq!(REGION_STATES.len(), RegionState::Closed as usize + 1);
        assert_eq!(
            TASK_STATES[TaskState::CancelRequested as usize],
            "cancel-requested"
        );
        assert_eq!(TASK_STATES.len(), TaskState::Completed as usize + 1);
        assert_eq!(HOST_OP_STATES[HostOpState::Draining as usize], "draining");
        assert_eq!(HOST_OP_STATES.len(), HostOpState::Completed as usize + 1);
        assert_eq!(
            OBLIGATION_STATES.len(),
            ObligationState::Leaked as usize + 1
        );
    }
}
