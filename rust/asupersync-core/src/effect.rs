//! Owns effects: what the kernel asks its driver to do.

use std::sync::Arc;

use crate::cancel::CancelReason;
use crate::handle::Handle;
use crate::obligation::ObligationKind;
use crate::outcome::Outcome;

/// One order to the driver. Effects are to be carried out in the order in which they were made.
/// A slot that an effect names is not used again before the next
/// [`Kernel::tick`](crate::Kernel::tick).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Begin the task's body.
    Start {
        /// The task.
        task: Handle,
    },
    /// The wait has its result: go on.
    Resume {
        /// The task.
        task: Handle,
        /// The driver's name for the wait; 0 is the checkpoint.
        token: u32,
        /// An [`Outcome`] code for joins and regions, 0 or 1 for host operations,
        /// [`PERMITS_GRANTED`](crate::PERMITS_GRANTED) or
        /// [`PERMITS_CLOSED`](crate::PERMITS_CLOSED) for permits, else 0.
        code: u32,
    },
    /// The wait fails: the task is cancelled.
    Fail {
        /// The task.
        task: Handle,
        /// The driver's name for the wait; 0 is the checkpoint.
        token: u32,
        /// Why.
        reason: Arc<CancelReason>,
    },
    /// Run the top finalizer of the task, then
    /// [`Kernel::task_finalized`](crate::Kernel::task_finalized).
    Finalize {
        /// The task.
        task: Handle,
    },
    /// The task completed, and the command that ended its body or finalizer did not answer it.
    TaskDone {
        /// The task; the handle is stale.
        task: Handle,
        /// How it ended.
        outcome: Outcome,
        /// Why, if it was cancelled.
        reason: Option<Arc<CancelReason>>,
    },
    /// The body did not reach a checkpoint in time: everything it holds is stale.
    TaskRevoked {
        /// The task; the handle is stale.
        task: Handle,
        /// The task that inherits its finalizers and what it owned, if there is any.
        successor: Option<Handle>,
        /// Why it was cancelled.
        reason: Option<Arc<CancelReason>>,
    },
    /// Abort the operation, then [`Kernel::host_complete`](crate::Kernel::host_complete) it.
    HostCancel {
        /// The host operation.
        op: Handle,
        /// Why.
        reason: Arc<CancelReason>,
    },
    /// A passive operation ended with its body: forget it.
    HostDropped {
        /// The host operation; the handle is stale.
        op: Handle,
    },
    /// The operation did not drain in time: forget it, its result will be ignored.
    HostRevoked {
        /// The host operation; the handle is stale.
        op: Handle,
    },
    /// The task ended by itself and still held an obligation. Its end follows: panicked under
    /// [`LeakPolicy::Panic`](crate::LeakPolicy::Panic), as it was under
    /// [`LeakPolicy::Report`](crate::LeakPolicy::Report).
    ObligationLeaked {
        /// The obligation; the handle is stale.
        obligation: Handle,
        /// The task that held it; the handle is stale.
        task: Handle,
        /// What was promised.
        kind: ObligationKind,
    },
    /// Run the top finalizer of the region in a task made by
    /// [`Kernel::region_finalizer_spawn`](crate::Kernel::region_finalizer_spawn).
    RegionFinalize {
        /// The region.
        region: Handle,
    },
    /// The region closed.
    RegionClosed {
        /// The region; the handle is stale.
        region: Handle,
        /// How it ended.
        outcome: Outcome,
        /// Why, if it was cancelled.
        reason: Option<Arc<CancelReason>>,
    },
}

impl Effect {
    /// Whether carrying it out runs code of a task, which may then end.
    pub(crate) const fn runs_code(&self) -> bool {
        matches!(
            self,
            Self::Start { .. } | Self::Resume { .. } | Self::Fail { .. } | Self::Finalize { .. }
        )
    }

    /// Whether it tells an end that may decide, or be the first failure, among others: a task's,
    /// or that of a region which failed.
    pub(crate) const fn is_end(&self) -> bool {
        matches!(self, Self::TaskDone { .. })
            || matches!(self, Self::RegionClosed { outcome, .. } if outcome.is_failure())
    }
}
