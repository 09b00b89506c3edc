//! Owns the record of a host operation: work outside the kernel as the kernel sees it.

use std::sync::Arc;

use crate::cancel::CancelReason;
use crate::fingerprint::Causal;
use crate::handle::{HostOpKey, TaskKey, WaitKey};
use crate::list::{Linked, Links};

/// Where a host operation stands.
///
/// ```text
///             1              2                     3             4               5
///  Created ─────► Submitted ───► CancelRequested ────► Draining ───► Finalizing ───► Completed
///                     │                                                 ▲
///                     └─────────────────────────────────────────────────┘
///                                             4
/// ```
/// 1. `Kernel::host_open`, in the same command: the driver starts it when the command returns;
/// 2. its task was cancelled or has ended (`Kernel::cancel_host_op`);
/// 3. the driver took the order to abort;
/// 4. `Kernel::host_complete`; after a cancellation the result is swallowed;
/// 5. it left its task, in the same command. One that does not drain in its time is revoked.
///
/// A host operation is an obligation to see the I/O through (see
/// [`ObligationState`](crate::ObligationState)): reserved by 1, committed by 4 from `Submitted`,
/// aborted by any other end. A passive one promises nothing and is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum HostOpState {
    /// Made, not yet handed over.
    Created = 0,
    /// The host works on it.
    Submitted = 1,
    /// Asked to cancel.
    CancelRequested = 2,
    /// The host was told and lets go.
    Draining = 3,
    /// The host has let go.
    Finalizing = 4,
    /// Ended. The handle is stale.
    Completed = 5,
}

/// What the host does for an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum HostOpKind {
    /// Somebody else's promise or future.
    Foreign = 0,
    /// An HTTP request and its response body.
    Fetch = 1,
    /// An abort signal handed to somebody else's code. It is passive: nothing runs for it, so
    /// it ends with the body and does not hold the task.
    Signal = 2,
    /// A connection that carries messages both ways.
    Socket = 3,
}

impl HostOpKind {
    /// The kind that `code` spells.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            0 => Some(Self::Foreign),
            1 => Some(Self::Fetch),
            2 => Some(Self::Signal),
            3 => Some(Self::Socket),
            _ => None,
        }
    }

    /// Whether an operation of this kind is an obligation: a passive one is none.
    pub(crate) const fn is_obligation(self) -> bool {
        !matches!(self, Self::Signal)
    }
}

#[derive(Debug)]
pub(crate) struct HostOp {
    pub(crate) task: TaskKey,
    pub(crate) links: Links<HostOpKey>,
    pub(crate) kind: HostOpKind,
    pub(crate) state: HostOpState,
    /// Opened under a mask: a cancellation of the task does not reach it.
    pub(crate) shielded: bool,
    pub(crate) wait: Option<WaitKey>,
    pub(crate) reason: Option<Arc<CancelReason>>,
    pub(crate) causal: Causal,
}

impl HostOp {
    /// Whether it is an obligation that is not met yet.
    pub(crate) fn is_pending(&self) -> bool {
        self.kind.is_obligation() && self.state != HostOpState::Completed
    }
}

impl Linked<HostOpKey> for HostOp {
    fn links(&self) -> &Links<HostOpKey> {
        &self.links
    }

    fn links_mut(&mut self) -> &mut Links<HostOpKey> {
        &mut self.links
    }
}
