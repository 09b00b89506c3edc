//! Owns what the model remembers of each live region, task, host operation and obligation.

use std::collections::BTreeMap;

use asupersync_core::{
    Budget, Handle, HostOpKind, ObligationKind, Outcome, Policy, RegionLimits, Time,
};
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    Unstarted,
    Body,
    Drained,
    Finalizer,
}

/// What a token waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wait {
    Sleep(Time),
    Join(Handle),
    Region(Handle),
    Op(Handle),
    /// The permits of an obligation.
    Permit(Handle),
    /// An answer that came.
    Answered(u32),
    /// Asked for under a cancellation: it fails.
    Refused,
}

#[derive(Clone, Debug)]
pub(crate) struct Region {
    pub(crate) parent: Option<Handle>,
    pub(crate) policy: Policy,
    pub(crate) shielded: bool,
    pub(crate) linked: bool,
    pub(crate) admits: bool,
    pub(crate) asked: bool,
    /// Its policy cancelled it, and nobody outside.
    pub(super) by_policy: bool,
    pub(super) decided: bool,
    pub(super) outcome: Outcome,
    pub(crate) finalizers: u32,
    /// The driver was asked to run the top finalizer.
    pub(crate) finalizer_due: bool,
    pub(crate) finalizer: Option<Handle>,
    pub(crate) timeout: Time,
    pub(crate) budget: Budget,
    pub(crate) limits: RegionLimits,
    pub(crate) joined: bool,
    pub(super) strongest: u8,
}

#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) region: Handle,
    pub(crate) phase: Phase,
    pub(super) started: bool,
    pub(crate) asked: bool,
    pub(super) acknowledged: bool,
    pub(super) finalizing: bool,
    pub(crate) mask: u32,
    pub(super) outcome: Outcome,
    pub(super) child_failure: Outcome,
    pub(crate) finalizers: u32,
    pub(crate) is_finalizer: bool,
    pub(super) is_successor: bool,
    pub(super) ran_finalizer: bool,
    /// What is left of its own; the clean-up polls are not counted.
    pub(crate) budget: Budget,
    /// It was dispatched when it had no polls left.
    pub(super) out_of_polls: bool,
    pub(super) checkpoint: bool,
    pub(crate) waits: BTreeMap<u32, Wait>,
    /// Since when its patience runs, and its dispatches since.
    pub(super) since: Time,
    pub(super) dispatches: u32,
    pub(super) strongest: u8,
}

#[derive(Clone, Debug)]
pub(crate) struct Op {
    pub(crate) task: Handle,
    pub(crate) kind: HostOpKind,
    pub(super) shielded: bool,
    pub(crate) asked: bool,
    pub(super) since: Time,
    pub(crate) waiter: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Obligation {
    pub(crate) task: Handle,
    pub(crate) kind: ObligationKind,
    /// What it asked of a semaphore, if it did.
    pub(crate) permit: Option<Permit>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Permit {
    pub(crate) semaphore: Handle,
    pub(crate) permits: u32,
    pub(crate) is_granted: bool,
    /// Its task was told of the grant, or it was handed on and is another's: it is held, and no
    /// cancellation takes it back.
    pub(crate) is_held: bool,
}

impl Region {
    pub(super) fn new(parent: Option<Handle>, policy: Policy, budget: Budget) -> Self {
        Self {
            parent,
            policy,
            shielded: false,
            linked: false,
            admits: true,
            asked: false,
            by_policy: false,
            decided: false,
            outcome: Outcome::Ok,
            finalizers: 0,
            finalizer_due: false,
            finalizer: None,
            timeout: Time::NEVER,
            budget,
            limits: RegionLimits::NONE,
            joined: false,
            strongest: 0,
        }
    }
}

impl Task {
    pub(super) fn new(region: Handle, budget: Budget) -> Self {
        Self {
            region,
            phase: Phase::Unstarted,
            started: false,
            asked: false,
            acknowledged: false,
            finalizing: false,
            mask: 0,
            outcome: Outcome::Ok,
            child_failure: Outcome::Ok,
            finalizers: 0,
            is_finalizer: false,
            is_successor: false,
            ran_finalizer: false,
            budget,
            out_of_polls: false,
            checkpoint: false,
            waits: BTreeMap::new(),
            since: Time::NEVER,
            dispatches: 0,
            strongest: 0,
        }
    }
    /// Whether its quotas count: its body runs or is to start, and nobody asked it to cancel.
    pub(super) fn is_on_quotas(&self) -> bool {
        let has_body = matches!(self.phase, Phase::Unstarted | Phase::Body);
        has_body && !self.asked && !self.is_finalizer
    }

    /// The budget of a region that it opens now.
    pub(super) fn allowance(&self) -> Budget {
        if self.is_on_quotas() {
            self.budget
        } else {
            Budget {
                priority: self.budget.priority,
                ..Budget::DEFAULT
            }
        }
    }
}

/// What *meet* gives, without the kernel's help.
pub(crate) fn tighter(one: Budget, other: Budget) -> Budget {
    Budget {
        deadline: one.deadline.min(other.deadline),
        polls: one.polls.min(other.polls),
        cost: one.cost.min(other.cost),
        priority: one.priority.max(other.priority),
    }
}
