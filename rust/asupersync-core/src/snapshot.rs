//! Owns the snapshot: the live tree as rows, parents before children.

use std::sync::Arc;

use crate::cancel::{CancelKind, CancelReason};
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
    /// Code of what it is more closely: a region's policy, the kind of a host operation or of
    /// an obligation; 0 for a task.
    pub detail: u8,
}

/// Rows in the making. A row is added out of line: there are four kinds, and none is hot.
struct Rows(Vec<Row>);

impl Rows {
    #[inline(never)]
    fn push(
        &mut self,
        subject: Handle,
        parent: Option<Handle>,
        state: u8,
        reason: Option<&Arc<CancelReason>>,
        detail: u8,
    ) {
        self.0.push(Row {
            subject,
            parent,
            state,
            cancel: reason.map(|reason| reason.kind),
            detail,
        });
    }
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
const OBLIGATION_STATES: [&str; 5] = ["reserved", "committed", "aborted", "leaked", "asked"];

impl Kernel {
    /// The live tree, parents before children, siblings in order of birth. O(live), without
    /// recursion.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Row> {
        let mut rows = Rows(Vec::new());
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
            let (subject, state, policy) =
                (pack(key, tag), region.state as u8, region.policy as u8);
            rows.push(subject, parent, state, region.reason.as_ref(), policy);
            let children_from = regions.len();
            regions.extend(self.regions_of(region.regions));
            for task_key in self.tasks_of(region.tasks) {
                let task = self.tasks.at(task_key);
                let holder = pack(task_key, tag);
                let state = task.state as u8;
                rows.push(holder, Some(subject), state, task.reason.as_ref(), 0);
                for key in self.host_ops_of(task.host_ops) {
                    let op = self.host_ops.at(key);
                    let (state, kind) = (op.state as u8, op.kind as u8);
                    let reason = op.reason.as_ref();
                    rows.push(pack(key, tag), Some(holder), state, reason, kind);
                }
                for key in self.obligations_of(task.obligations) {
                    let obligation = self.obligations.at(key);
                    let (state, kind) = (obligation.state as u8, obligation.kind.code());
                    rows.push(pack(key, tag), Some(holder), state, None, kind);
                }
                regions.extend(self.regions_of(task.regions));
            }
            regions[children_from..].reverse();
        }
        rows.0
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
        assert_eq!(OBLIGATION_STATES.len(), ObligationState::Asked as usize + 1);
    }
}
