//! Owns the model: regions, tasks and host operations as plain maps, written from the documents of
//! the ABI and of the states, and without the kernel's tables, lists, lanes and worklists.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use asupersync_core::CancelKind;

/// Codes of states, as `abi.rs` has them.
pub(crate) mod code {
    pub(crate) const CREATED: u32 = 0;
    pub(crate) const RUNNING: u32 = 1;
    pub(crate) const CANCEL_REQUESTED: u32 = 2;
    pub(crate) const CANCELLING: u32 = 3;
    pub(crate) const FINALIZING: u32 = 4;
    pub(crate) const OPEN: u32 = 0;
    pub(crate) const CLOSING: u32 = 1;
    pub(crate) const DRAINING_REGION: u32 = 2;
    pub(crate) const SUBMITTED: u32 = 1;
    pub(crate) const DRAINING_OP: u32 = 3;
    pub(crate) const OK: u32 = 0;
    pub(crate) const CANCELLED: u32 = 2;
    pub(crate) const PANICKED: u32 = 3;
}

/// A handle's 53 bits.
pub(crate) type Id = u64;

/// Why something is cancelled: ordered so that the smaller one is the stronger one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Reason {
    severity: Reverse<u8>,
    at_ns: u64,
    pub(crate) kind: CancelKind,
    origin: Id,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Policy {
    FailFast,
    CollectAll,
    Race,
    Any,
}

#[derive(Clone, Debug)]
pub(crate) struct Region {
    pub(crate) parent: Option<Id>,
    pub(crate) policy: Policy,
    pub(crate) state: u32,
    pub(crate) outcome: u32,
    pub(crate) is_decided: bool,
    pub(crate) cancelled_itself: bool,
    pub(crate) reason: Option<Reason>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Running {
    Nothing,
    Body,
    Finalizer,
    /// The body has ended.
    Ended,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum For {
    Time(u64),
    Op(Id),
    /// Asked for under a cancellation.
    Nothing,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Got {
    Pending,
    Result(u32),
    Failure,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    pub(crate) token: u32,
    pub(crate) what: For,
    pub(crate) got: Got,
}

#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) region: Id,
    pub(crate) state: u32,
    pub(crate) running: Running,
    pub(crate) outcome: u32,
    pub(crate) finalizers: u32,
    pub(crate) at_checkpoint: bool,
    /// Its drain timer is armed.
    pub(crate) has_drain_timer: bool,
    pub(crate) waits: Vec<Wait>,
    pub(crate) reason: Option<Reason>,
}

impl Task {
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.running, Running::Body | Running::Finalizer)
    }

    /// Finalizers run masked, and so does what is left of an ended body.
    pub(crate) fn must_observe(&self) -> bool {
        matches!(self.running, Running::Nothing | Running::Body)
            && matches!(self.state, code::CANCEL_REQUESTED | code::CANCELLING)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Op {
    pub(crate) task: Id,
    pub(crate) is_signal: bool,
    pub(crate) kind: u32,
    pub(crate) is_shielded: bool,
    pub(crate) state: u32,
    pub(crate) reason: Option<Reason>,
}

/// A record that the kernel owes: code, slot, token, and the kind of its reason.
pub(crate) type Owed = (u32, u32, u32, Option<CancelKind>);

/// Totals that `count` gives, beside what the maps hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) spawned: u64,
    pub(crate) completed: u64,
    pub(crate) cancelled: u64,
    pub(crate) reserved: u64,
    pub(crate) committed: u64,
    pub(crate) aborted: u64,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) now_ns: u64,
    pub(crate) root: Id,
    pub(crate) regions: BTreeMap<Id, Region>,
    pub(crate) tasks: BTreeMap<Id, Task>,
    pub(crate) ops: BTreeMap<Id, Op>,
    /// Every handle ever given, so that none is given twice.
    pub(crate) given: BTreeSet<Id>,
    pub(crate) owed: Vec<Owed>,
    /// Whether the last turn said an end behind a turn of a task.
    pub(crate) has_end_behind: bool,
    pub(crate) totals: Totals,
}

impl World {
    pub(crate) fn new(root: Id) -> Self {
        let region = Region {
            parent: None,
            policy: Policy::CollectAll,
            state: code::OPEN,
            outcome: code::OK,
            is_decided: false,
            cancelled_itself: false,
            reason: None,
        };
        Self {
            now_ns: 0,
            root,
            regions: BTreeMap::from([(root, region)]),
            tasks: BTreeMap::new(),
            ops: BTreeMap::new(),
            given: BTreeSet::from([root]),
            owed: Vec::new(),
            has_end_behind: false,
            totals: Totals::default(),
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.regions.is_empty()
    }

    pub(crate) fn reason(&self, kind: CancelKind, origin: Id) -> Reason {
        Reason {
            severity: Reverse(kind.severity()),
            at_ns: self.now_ns,
            kind,
            origin,
        }
    }

    pub(crate) fn task(&mut self, id: Id) -> &mut Task {
        self.tasks.get_mut(&id).expect("a live task of the model")
    }

    /// Timers that are armed: sleeps, and the drain times of tasks and of host operations.
    pub(crate) fn timers(&self) -> usize {
        let of_task = |task: &Task| {
            let sleeps = task.waits.iter();
            let sleeps = sleeps.filter(|w| matches!(w.what, For::Time(_)) && w.got == Got::Pending);
            sleeps.count() + usize::from(task.has_drain_timer)
        };
        let draining = self.ops.values().filter(|op| op.state == code::DRAINING_OP);
        self.tasks.values().map(of_task).sum::<usize>() + draining.count()
    }

    fn owe(&mut self, code: u32, subject: Id, token: u32, reason: Option<Reason>) {
        let slot = (subject & 0x3F_FFFF) as u32;
        self.owed
            .push((code, slot, token, reason.map(|reason| reason.kind)));
    }

    // How a request to cancel spreads.

    pub(crate) fn cancel_region(&mut self, id: Id, reason: Reason) {
        let mut reached = vec![(id, reason)];
        while let Some((id, reason)) = reached.pop() {
            let Some(region) = self.regions.get_mut(&id) else {
                continue;
            };
            if let Some(current) = region.reason {
                region.reason = Some(current.min(reason));
                continue;
            }
            region.reason = Some(reason);
            region.state = code::DRAINING_REGION;
            let below = self.reason(CancelKind::ParentCancelled, id);
            for task in self.tasks_in(id) {
                self.cancel_task(task, below);
            }
            let children = self.regions.iter().filter(|(_, r)| r.parent == Some(id));
            reached.extend(children.map(|(child, _)| (*child, below)));
            self.close_if_empty(id);
        }
    }

    pub(crate) fn cancel_task(&mut self, id: Id, reason: Reason) {
        let task = self.task(id);
        if let Some(current) = task.reason {
            task.reason = Some(current.min(reason));
            return;
        }
        task.reason = Some(reason);
        if matches!(task.state, code::CREATED | code::RUNNING) {
            task.state = code::CANCEL_REQUESTED;
        }
        if matches!(task.running, Running::Nothing | Running::Body) {
            task.has_drain_timer = true;
        }
        for op in self.ops_of(id) {
            if !self.ops[&op].is_shielded {
                self.cancel_op(op, reason);
            }
        }
    }

    fn cancel_op(&mut self, id: Id, reason: Reason) {
        let op = self.ops.get_mut(&id).expect("a live operation");
        if op.state != code::SUBMITTED {
            return;
        }
        op.state = code::DRAINING_OP;
        op.reason = Some(reason);
        let is_signal = op.is_signal;
        self.owe(6, id, 0, Some(reason));
        if is_signal {
            self.finish_wait_of(id, Got::Failure);
            self.end_op(id);
        }
    }

    // How things end.

    /// Ends an operation.
    pub(crate) fn end_op(&mut self, id: Id) {
        let op = self.ops.remove(&id).expect("a live operation");
        if !op.is_signal {
            if op.state == code::SUBMITTED {
                self.totals.committed += 1;
            } else {
                self.totals.aborted += 1;
            }
        }
    }

    pub(crate) fn finish_wait_of(&mut self, op: Id, got: Got) {
        let task = self.ops[&op].task;
        let waits = self.task(task).waits.iter_mut();
        for wait in waits.filter(|w| w.what == For::Op(op) && w.got == Got::Pending) {
            wait.got = got;
        }
    }

    /// The body or the finalizer has ended: what it waited for is forgotten, what it left open is
    /// let go.
    pub(crate) fn end_running(&mut self, id: Id) {
        let origin = id;
        let task = self.task(id);
        task.waits.clear();
        task.at_checkpoint = false;
        task.has_drain_timer = false;
        task.running = Running::Ended;
        task.state = code::FINALIZING;
        let own = task.reason;
        let reason = own.unwrap_or_else(|| self.reason(CancelKind::LinkedExit, origin));
        for op in self.ops_of(id) {
            if self.ops[&op].is_signal {
                self.owe(11, op, 0, None);
                self.end_op(op);
            } else {
                self.cancel_op(op, reason);
            }
        }
    }

    /// Completes an ended task that has nothing left. Gives its outcome if it did and the call
    /// says so, which is not said ahead of an end that came before.
    pub(crate) fn complete_if_drained(&mut self, id: Id, is_answered: bool) -> Option<u32> {
        let task = &self.tasks[&id];
        let is_drained = task.running == Running::Ended && task.finalizers == 0;
        if !is_drained || !self.ops_of(id).is_empty() {
            return None;
        }
        let task = self.tasks.remove(&id).expect("it is live");
        self.totals.completed += 1;
        self.totals.cancelled += u64::from(task.outcome == code::CANCELLED);
        let is_answered = is_answered
            && !self.has_end_behind
            && !self.owed.iter().any(|owed| is_end(owed.0, owed.2));
        if !is_answered {
            self.owe(5, id, task.outcome, task.reason);
        }
        self.child_ended(task.region, task.outcome, true);
        self.close_if_empty(task.region);
        is_answered.then_some(task.outcome)
    }

    fn child_ended(&mut self, id: Id, outcome: u32, is_task: bool) {
        let region = self.regions.get_mut(&id).expect("above what is live");
        if region.is_decided {
            return;
        }
        let wins = match region.policy {
            Policy::Race => is_task && outcome != code::CANCELLED,
            Policy::Any => is_task && outcome == code::OK,
            Policy::FailFast | Policy::CollectAll => false,
        };
        let is_failure = outcome == 1 || outcome == code::PANICKED;
        let kind = if wins {
            region.is_decided = true;
            region.outcome = outcome;
            CancelKind::RaceLost
        } else {
            if is_failure {
                region.outcome = region.outcome.max(outcome);
            }
            CancelKind::FailFast
        };
        let cancels = wins || (is_failure && region.policy == Policy::FailFast);
        if cancels && region.reason.is_none() {
            region.cancelled_itself = true;
            let reason = self.reason(kind, id);
            self.cancel_region(id, reason);
        }
    }

    pub(crate) fn close_if_empty(&mut self, id: Id) {
        let Some(region) = self.regions.get(&id) else {
            return;
        };
        let has_child = self.regions.values().any(|other| other.parent == Some(id));
        if region.state == code::OPEN || has_child || !self.tasks_in(id).is_empty() {
            return;
        }
        let region = self.regions.remove(&id).expect("it is live");
        let failed = region.outcome == 1 || region.outcome == code::PANICKED;
        let outcome = if region.is_decided || failed {
            region.outcome
        } else if region.reason.is_some() && !region.cancelled_itself {
            code::CANCELLED
        } else {
            code::OK
        };
        self.owe(7, id, outcome, region.reason);
        if let Some(parent) = region.parent {
            self.child_ended(parent, outcome, false);
            self.close_if_empty(parent);
        }
    }

    pub(crate) fn tasks_in(&self, region: Id) -> Vec<Id> {
        let tasks = self.tasks.iter().filter(|(_, task)| task.region == region);
        tasks.map(|(id, _)| *id).collect()
    }

    pub(crate) fn ops_of(&self, task: Id) -> Vec<Id> {
        let ops = self.ops.iter().filter(|(_, op)| op.task == task);
        ops.map(|(id, _)| *id).collect()
    }
}

/// Whether a record of this code and token is the end of a task, or of a region that failed.
pub(crate) fn is_end(code: u32, token: u32) -> bool {
    code == 5 || (code == 7 && matches!(token, 1 | code::PANICKED))
}
