//! Owns the task record and its state machine.

use std::sync::Arc;

use crate::budget::Budget;
use crate::cancel::{CancelKind, CancelReason};
use crate::fingerprint::Causal;
use crate::handle::{HandleKind, HostOpKey, ObligationKey, RegionKey, TaskKey, WaitKey};
use crate::lanes::Lane;
use crate::list::{Linked, Links, List, Waiting};
use crate::outcome::Outcome;
use crate::time::Time;

/// Where a task stands.
///
/// ```text
///            1               4
///  Created ─────► Running ───────────────────────────┐
///     │              │ 2                             │
///     │ 2            ▼          3               4    ▼         5
///     └────► CancelRequested ─────► Cancelling ───► Finalizing ───► Completed
///                    │              4                ▲
///                    └───────────────────────────────┘
/// ```
/// 1. the first dispatch (`Kernel::dispatch`);
/// 2. *request*: `Kernel::request_task`, from any live state; a later request only strengthens;
/// 3. *drain*: the first dispatch with mask depth 0 acknowledges (`Kernel::acknowledge`); the
///    cleanup budget replaces the budget. A task cancelled before its first dispatch passes
///    through here too, without a body;
/// 4. the body ended (`Kernel::task_complete`) or was revoked: what the task owns drains, then
///    its finalizers run, last in first out. A request that arrives here strengthens the
///    reason and reaches the children, but the outcome stays the body's;
/// 5. *finalized*: nothing is left (`Kernel::complete`). Obligations that it still holds are
///    aborted or leak.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum TaskState {
    /// Queued for its first dispatch.
    Created = 0,
    /// Its body was started.
    Running = 1,
    /// Asked to cancel, not yet observed.
    CancelRequested = 2,
    /// Observed: every unmasked wait fails with the same reason.
    Cancelling = 3,
    /// The body has ended; children drain and finalizers run.
    Finalizing = 4,
    /// Ended. The handle is stale.
    Completed = 5,
}

/// What the driver is running for a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Activity {
    /// Nothing was started yet.
    Unstarted,
    /// The body.
    Body,
    /// Nothing: the body has ended and children drain.
    Draining,
    /// The top finalizer.
    Finalizer,
}

#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) region: RegionKey,
    pub(crate) links: Links<TaskKey>,
    pub(crate) state: TaskState,
    pub(crate) activity: Activity,
    /// The outcome so far: the body's, worsened by its finalizers.
    pub(crate) outcome: Outcome,
    /// The worst failure of its implicit scope, which becomes the task's own.
    pub(crate) child_failure: Outcome,
    /// Set from a checkpoint until its dispatch.
    pub(crate) at_checkpoint: bool,
    /// When its body or finalizer is revoked, or the shields of what the body left are lifted;
    /// [`Time::NEVER`] if not armed.
    pub(crate) drain_at: Time,
    /// Number of its drain timer, so that one disarmed and armed again for the same moment is
    /// told apart from its predecessor.
    pub(crate) drain_stamp: u32,
    /// Set when its drain time ended while it was queued: from then on its cleanup polls bound
    /// it, masked or not. Cleared when its body ends or a finalizer starts.
    pub(crate) is_overtime: bool,
    /// Set while its deadline is in the timers.
    pub(crate) deadline_armed: bool,
    /// Whether this task runs a finalizer of its region.
    pub(crate) is_region_finalizer: bool,
    /// Whether this task only sees out what a revoked one left: it has no value, so it wins
    /// nothing.
    pub(crate) is_successor: bool,
    pub(crate) mask_depth: u16,
    pub(crate) finalizers: u16,
    pub(crate) lane: Option<Lane>,
    pub(crate) stamp: u32,
    pub(crate) budget: Budget,
    pub(crate) waits: List<WaitKey>,
    /// Waits of others for its end, first come first.
    pub(crate) joiners: List<WaitKey, Waiting>,
    pub(crate) regions: List<RegionKey>,
    pub(crate) host_ops: List<HostOpKey>,
    pub(crate) obligations: List<ObligationKey>,
    pub(crate) reason: Option<Arc<CancelReason>>,
    pub(crate) causal: Causal,
}

impl Task {
    pub(crate) fn new(region: RegionKey, budget: Budget, causal: Causal) -> Self {
        Self {
            region,
            links: Links::default(),
            state: TaskState::Created,
            activity: Activity::Unstarted,
            outcome: Outcome::Ok,
            child_failure: Outcome::Ok,
            at_checkpoint: false,
            drain_at: Time::NEVER,
            drain_stamp: 0,
            is_overtime: false,
            deadline_armed: false,
            is_region_finalizer: false,
            is_successor: false,
            mask_depth: 0,
            finalizers: 0,
            lane: None,
            stamp: 0,
            budget,
            waits: List::default(),
            joiners: List::default(),
            regions: List::default(),
            host_ops: List::default(),
            obligations: List::default(),
            reason: None,
            causal,
        }
    }

    /// Whether a cancellation is to be observed at the next unmasked wait.
    pub(crate) fn must_observe(&self) -> bool {
        self.mask_depth == 0
            && matches!(
                self.state,
                TaskState::CancelRequested | TaskState::Cancelling
            )
    }

    /// The outcome it completes with. A child's failure is its own, unless it ended worse for
    /// another cause.
    pub(crate) fn closing_outcome(&self) -> Outcome {
        let by_own_child = self.reason.as_ref().is_none_or(|reason| {
            reason.kind == CancelKind::FailFast && reason.origin.kind() == Some(HandleKind::Region)
        });
        let gives_way = match self.outcome {
            Outcome::Ok => true,
            Outcome::Cancelled => by_own_child,
            Outcome::Err | Outcome::Panicked => false,
        };
        if gives_way && self.child_failure.is_failure() {
            self.child_failure
        } else {
            self.outcome
        }
    }

    /// Whether the quotas of its budget count: nobody has asked it to cancel, and no finalizer
    /// runs. The clean-up polls and the drain time bound the rest of its life.
    pub(crate) fn is_on_quotas(&self) -> bool {
        matches!(self.state, TaskState::Created | TaskState::Running) && !self.is_region_finalizer
    }

    /// The budget of regions that it opens now.
    pub(crate) fn allowance(&self) -> Budget {
        if self.is_on_quotas() {
            return self.budget;
        }
        // Neither what the body has used up, its time included, nor its own few clean-up polls may
        // cut short what releases a resource.
        Budget {
            priority: self.budget.priority,
            ..Budget::DEFAULT
        }
    }

    /// Whether user code of this task can be running, and so may ask for things.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.activity, Activity::Body | Activity::Finalizer)
    }
}

impl Linked<TaskKey> for Task {
    fn links(&self) -> &Links<TaskKey> {
        &self.links
    }

    fn links_mut(&mut self) -> &mut Links<TaskKey> {
        &mut self.links
    }
}
