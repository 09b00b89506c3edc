//! Owns the region record and its state machine.

use std::sync::Arc;

use crate::budget::Budget;
use crate::cancel::CancelReason;
use crate::fingerprint::Causal;
use crate::handle::{RegionKey, SemaphoreKey, TaskKey, WaitKey};
use crate::list::{Linked, Links, List};
use crate::outcome::Outcome;
use crate::time::Time;

/// Where a region stands. Only an open one admits work.
///
/// ```text
///        1             2               3               4
///  Open ───► Closing ─────► Draining ─────► Finalizing ───► Closed
///              │                               ▲
///              └───────────────────────────────┘
///                              3
/// ```
/// 1. `Kernel::region_close`, and always before 2;
/// 2. `Kernel::region_cancel`, or a cancellation from above;
/// 3. no task and no child region is left, and so no obligation (`Kernel::settle_region`);
/// 4. no finalizer is left. Its semaphores go with it (`Kernel::drop_semaphores`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum RegionState {
    /// Admits work.
    Open = 0,
    /// Admits none; its tasks end by themselves.
    Closing = 1,
    /// Cancelled; its tasks drain.
    Draining = 2,
    /// Runs its finalizers.
    Finalizing = 3,
    /// Ended. The handle is stale.
    Closed = 4,
}

/// What a region does when one of its children ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum Policy {
    /// A failure cancels the siblings; a cancellation does not.
    #[default]
    FailFast = 0,
    /// Nothing; the worst outcome is reported at close.
    CollectAll = 1,
    /// The first task that gives a value or fails wins; the others are cancelled.
    Race = 2,
    /// The first task that gives a value wins; the others are cancelled.
    Any = 3,
}

impl Policy {
    /// The policy that `code` spells.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            0 => Some(Self::FailFast),
            1 => Some(Self::CollectAll),
            2 => Some(Self::Race),
            3 => Some(Self::Any),
            _ => None,
        }
    }
}

/// How a region relates to the task that owns it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ownership {
    /// A cancellation of the owner does not reach in, so that what runs inside ends by itself.
    pub shielded: bool,
    /// A failure of the region is one of the owner: it is cancelled with `fail-fast` and ends
    /// with the failure.
    pub linked: bool,
}

/// How much a region may hold at once, beside the maxima of [`limits`](crate::limits); see
/// [`Kernel::region_limits`](crate::Kernel::region_limits). Each counts what the region and its
/// own tasks have live, and nothing deeper in the tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RegionLimits {
    /// Tasks. Those that the kernel needs to close it (finalizers, successors) are counted and
    /// never refused.
    pub tasks: u32,
    /// Regions opened under it, or by one of its tasks.
    pub regions: u32,
    /// Obligations of its tasks, their host operations among them.
    pub obligations: u32,
}

impl RegionLimits {
    /// No limits: those of a region when it is opened.
    pub const NONE: Self = Self {
        tasks: u32::MAX,
        regions: u32::MAX,
        obligations: u32::MAX,
    };
}

impl Default for RegionLimits {
    fn default() -> Self {
        Self::NONE
    }
}

/// What a region and its own tasks have live, counted for its limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Live {
    pub(crate) tasks: u32,
    pub(crate) regions: u32,
    pub(crate) obligations: u32,
}

/// What a region belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    /// Nothing: it is the root.
    Kernel,
    /// A region.
    Region(RegionKey),
    /// A task, which ends only after it.
    Task(TaskKey),
}

#[derive(Debug)]
pub(crate) struct Region {
    pub(crate) owner: Owner,
    pub(crate) links: Links<RegionKey>,
    pub(crate) state: RegionState,
    pub(crate) policy: Policy,
    pub(crate) ownership: Ownership,
    /// The worst failure among its children, or the winner's outcome once decided.
    pub(crate) outcome: Outcome,
    /// Whether a race has its winner.
    pub(crate) decided: bool,
    /// Whether it cancelled itself: by its policy, and not from outside.
    pub(crate) self_cancelled: bool,
    pub(crate) finalizer_running: bool,
    pub(crate) finalizers: u16,
    pub(crate) tasks: List<TaskKey>,
    pub(crate) regions: List<RegionKey>,
    /// They go with it and do not keep it open.
    pub(crate) semaphores: List<SemaphoreKey>,
    pub(crate) live: Live,
    pub(crate) limits: RegionLimits,
    /// The owner's wait for its close.
    pub(crate) waiter: Option<WaitKey>,
    pub(crate) reason: Option<Arc<CancelReason>>,
    pub(crate) budget: Budget,
    /// When it is cancelled with `timeout`; [`Time::NEVER`] if not armed.
    pub(crate) timeout: Time,
    pub(crate) causal: Causal,
}

impl Region {
    pub(crate) fn new(
        owner: Owner,
        policy: Policy,
        ownership: Ownership,
        budget: Budget,
        causal: Causal,
    ) -> Self {
        Self {
            owner,
            links: Links::default(),
            state: RegionState::Open,
            policy,
            ownership,
            outcome: Outcome::Ok,
            decided: false,
            self_cancelled: false,
            finalizer_running: false,
            finalizers: 0,
            tasks: List::default(),
            regions: List::default(),
            semaphores: List::default(),
            live: Live::default(),
            limits: RegionLimits::NONE,
            waiter: None,
            reason: None,
            budget,
            timeout: Time::NEVER,
            causal,
        }
    }

    /// Whether nothing in it is left but finalizers.
    pub(crate) fn is_quiescent(&self) -> bool {
        self.tasks.is_empty() && self.regions.is_empty()
    }

    /// The outcome it closes with: a winner's, else the worst failure, else cancelled if
    /// somebody outside cancelled it.
    pub(crate) fn closing_outcome(&self) -> Outcome {
        if self.decided || self.outcome.is_failure() {
            self.outcome
        } else if self.reason.is_some() && !self.self_cancelled {
            Outcome::Cancelled
        } else {
            Outcome::Ok
        }
    }
}

impl Linked<RegionKey> for Region {
    fn links(&self) -> &Links<RegionKey> {
        &self.links
    }

    fn links_mut(&mut self) -> &mut Links<RegionKey> {
        &mut self.links
    }
}
