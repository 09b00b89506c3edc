//! Owns the snapshot: the live tree as rows, parents before children.

use std::sync::Arc;

use crate::cancel::{CancelKind, CancelReason};
use crate::handle::{Handle, pack};
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
