//! Owns the law of the protocol: request, drain, finalize, complete, in this order and each
//! once, within the clean-up budget of the request; for regions and host operations their own.

use std::collections::BTreeMap;

use asupersync_core::{CancelKind, Event, EventKind, Handle, Outcome, RegionState, TaskState};

use super::{Oracle, Tree, Verdict};
use crate::check::ensure;

#[derive(Debug, Default)]
pub(super) struct CancelProtocol {
    tasks: BTreeMap<Handle, CleanUp>,
    host_ops: BTreeMap<Handle, HostOp>,
}

/// The clean-up of a task that was asked to cancel.
#[derive(Debug)]
struct CleanUp {
    /// The polls that its request allows.
    allowed: u32,
    /// Dispatches that it has left, from when it observed the request.
    left: Option<u32>,
    /// Whether its last dispatch was one too many, so that it must be revoked.
    is_spent: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum HostOp {
    Asked,
    Draining,
}

impl Oracle for CancelProtocol {
    fn name(&self) -> &'static str {
        "cancel-protocol-order"
    }

    fn event(&mut self, event: &Event, tree: &Tree) -> Verdict {
        if let Some(task) = tree.tasks.get(&event.subject) {
            self.of_task(event, task.state, task.asked)
        } else if let Some(region) = tree.regions.get(&event.subject) {
            of_region(event, region.state, region.asked)
        } else if tree.host_ops.contains_key(&event.subject) {
            self.of_host_op(event)
        } else {
            Ok(())
        }
    }
}

impl CancelProtocol {
    fn of_task(&mut self, event: &Event, state: TaskState, asked: bool) -> Verdict {
        let subject = event.subject;
        let clean_up = self.tasks.get_mut(&subject);
        if clean_up.as_ref().is_some_and(|clean_up| clean_up.is_spent) {
            ensure!(
                event.kind == EventKind::TaskRevoked,
                "it has used up its clean-up"
            );
        }
        if event.kind == EventKind::TaskCancelRequested {
            ensure!(!asked, "it was asked before");
            let kind = CancelKind::from_code(event.detail).ok_or("no such kind")?;
            let clean_up = CleanUp {
                allowed: kind.cleanup_polls(),
                left: None,
                is_spent: false,
            };
            self.tasks.insert(subject, clean_up);
        } else if event.kind == EventKind::TaskCancelling {
            ensure!(state == TaskState::CancelRequested, "it is {state:?}");
            let clean_up = clean_up.ok_or("nobody asked")?;
            ensure!(
                event.detail <= clean_up.allowed,
                "a request allows {} polls at most",
                clean_up.allowed
            );
            clean_up.left = Some(event.detail);
        } else if event.kind == EventKind::TaskDispatched {
            if let Some(clean_up) = clean_up
                && let Some(left) = clean_up.left
            {
                clean_up.left = left.checked_sub(1);
                clean_up.is_spent = clean_up.left.is_none();
            }
        } else if event.kind == EventKind::TaskFinalizing {
            ensure!(state != TaskState::Finalizing, "twice");
            if let Some(clean_up) = clean_up {
                clean_up.left = None;
            }
        } else if event.kind == EventKind::TaskRevoked {
            if let Some(clean_up) = clean_up {
                clean_up.is_spent = false;
            }
        } else if event.kind == EventKind::TaskCompleted {
            self.tasks.remove(&subject);
            let is_early = matches!(state, TaskState::CancelRequested | TaskState::Cancelling);
            ensure!(!is_early, "it is {state:?}");
            let is_cancelled = event.detail == u32::from(Outcome::Cancelled.code());
            ensure!(asked || !is_cancelled, "nobody asked");
        }
        Ok(())
    }

    fn of_host_op(&mut self, event: &Event) -> Verdict {
        let subject = event.subject;
        let before = self.host_ops.get(&subject).copied();
        if event.kind == EventKind::HostOpCancelRequested {
            ensure!(before.is_none(), "it was asked before");
            self.host_ops.insert(subject, HostOp::Asked);
        } else if event.kind == EventKind::HostOpDraining {
            ensure!(before == Some(HostOp::Asked), "it is {before:?}");
            self.host_ops.insert(subject, HostOp::Draining);
        } else if event.kind == EventKind::HostOpLate {
            ensure!(before == Some(HostOp::Draining), "it is {before:?}");
        } else if event.kind == EventKind::HostOpRevoked {
            ensure!(before == Some(HostOp::Draining), "it is {before:?}");
            self.host_ops.remove(&subject);
        } else if event.kind == EventKind::HostOpCompleted {
            self.host_ops.remove(&subject);
        }
        Ok(())
    }
}

fn of_region(event: &Event, state: RegionState, asked: bool) -> Verdict {
    let is_in_order = if event.kind == EventKind::RegionCancelRequested {
        !asked
    } else if event.kind == EventKind::RegionClosing {
        state == RegionState::Open
    } else if event.kind == EventKind::RegionDraining {
        state == RegionState::Closing && asked
    } else if event.kind == EventKind::RegionFinalizing {
        matches!(state, RegionState::Closing | RegionState::Draining)
    } else if event.kind == EventKind::RegionClosed {
        state != RegionState::Open
    } else {
        true
    };
    ensure!(is_in_order, "it is {state:?}, asked: {asked}");
    Ok(())
}
