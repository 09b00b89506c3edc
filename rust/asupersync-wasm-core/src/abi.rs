//! Owns the ABI's codes: the one table from which the TypeScript one is generated.
//!
//! `cargo xtask abi` writes `packages/browser-core/src/abi.gen.ts` from [`GROUPS`].

use asupersync_core::{
    CancelKind, ErrorKind, EventKind, HandleKind, HostOpKind, HostOpState, IS_TRACED, LeakPolicy,
    ObligationKind, ObligationState, Outcome, PERMITS_CLOSED, PERMITS_GRANTED, PermitFlow, Policy,
    RegionState, SemaphoreState, TaskState, TieBreak,
};

use crate::decode::{FLAG_LINKED, FLAG_SHIELDED};
use crate::queries::{REASON_CAUSE, REASON_HAS_MESSAGE, REASON_TRUNCATED};
use crate::semaphores::{CHANNEL, SemaphoreCount};

/// Version of the ABI, checked when the wasm is loaded. It changes with any code, record or
/// call that is not an addition.
pub const ABI_VERSION: u32 = 4;

/// A named table of codes.
#[derive(Clone, Copy, Debug)]
pub struct AbiGroup {
    /// Name of the TypeScript constant.
    pub name: &'static str,
    /// What the codes are of.
    pub doc: &'static str,
    /// The codes.
    pub entries: &'static [AbiEntry],
}

/// One code.
#[derive(Clone, Copy, Debug)]
pub struct AbiEntry {
    /// Name of the TypeScript property.
    pub name: &'static str,
    /// The number that crosses.
    pub code: u32,
    /// What it means, or nothing where the name says it.
    pub doc: &'static str,
}

const fn entry(name: &'static str, code: u32, doc: &'static str) -> AbiEntry {
    AbiEntry { name, code, doc }
}

/// How much a build of the wasm has in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum TierCode {
    /// No trace: the smallest.
    CoreMin = 0,
    /// What people get who ask for nothing else.
    CoreTrace = 1,
    /// With names, assertions, and invariants that are checked while it runs.
    FullDev = 2,
}

impl TierCode {
    /// The tier of this build.
    pub const OWN: Self = if cfg!(feature = "checks") {
        Self::FullDev
    } else if IS_TRACED {
        Self::CoreTrace
    } else {
        Self::CoreMin
    };
}

/// What a record asks of the SDK.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum EffectCode {
    /// Begin the body of the task at `slot`.
    Start = 1,
    /// The wait `token` has its result `aux`; token 0 is the checkpoint.
    Resume = 2,
    /// The wait `token` fails for the reason `aux`.
    Cancel = 3,
    /// Run the top finalizer of the task at `slot`.
    Finalize = 4,
    /// The task at `slot` ended with the outcome `token`, for the reason `aux`.
    TaskDone = 5,
    /// Abort the host operation at `slot` for the reason `aux`.
    HostCancel = 6,
    /// The region at `slot` closed with the outcome `token`, for the reason `aux`.
    RegionClosed = 7,
    /// Run the top finalizer of the region at `slot`.
    RegionFinalize = 8,
    /// The body at `slot` did not answer; the task at slot `token`, if not 0, inherits its finalizers.
    TaskRevoked = 9,
    /// The host operation at `slot` did not drain: forget it.
    HostRevoked = 10,
    /// The passive host operation at `slot` ended with its body: forget it.
    HostDropped = 11,
    /// The task at `slot` ended by itself and still held an obligation of the kind `token`; its
    /// slot was `aux`.
    ObligationLeaked = 12,
}

/// Every table of codes.
pub const GROUPS: &[AbiGroup] = &[
    AbiGroup {
        name: "EffectCode",
        doc: "What a record asks of the SDK.",
        entries: &[
            entry(
                "start",
                EffectCode::Start as u32,
                "Begin the body of the task at `slot`.",
            ),
            entry(
                "resume",
                EffectCode::Resume as u32,
                "The wait `token` has its result `aux`; token 0 is the checkpoint.",
            ),
            entry(
                "cancel",
                EffectCode::Cancel as u32,
                "The wait `token` fails for the reason `aux`.",
            ),
            entry(
                "finalize",
                EffectCode::Finalize as u32,
                "Run the top finalizer of the task at `slot`.",
            ),
            entry(
                "taskDone",
                EffectCode::TaskDone as u32,
                "The task at `slot` ended with the outcome `token`, for the reason `aux`.",
            ),
            entry(
                "hostCancel",
                EffectCode::HostCancel as u32,
                "Abort the host operation at `slot` for the reason `aux`.",
            ),
            entry(
                "regionClosed",
                EffectCode::RegionClosed as u32,
                "The region at `slot` closed with the outcome `token`, for the reason `aux`.",
            ),
            entry(
                "regionFinalize",
                EffectCode::RegionFinalize as u32,
                "Run the top finalizer of the region at `slot`.",
            ),
            entry(
                "taskRevoked",
                EffectCode::TaskRevoked as u32,
                "The body at `slot` did not answer; the task at slot `token`, if not 0, inherits its finalizers.",
            ),
            entry(
                "hostRevoked",
                EffectCode::HostRevoked as u32,
                "The host operation at `slot` did not drain: forget it.",
            ),
            entry(
                "hostDropped",
                EffectCode::HostDropped as u32,
                "The passive host operation at `slot` ended with its body: forget it.",
            ),
            entry(
                "obligationLeaked",
                EffectCode::ObligationLeaked as u32,
                "The task at `slot` ended by itself and still held an obligation of the kind `token`; its slot was `aux`.",
            ),
        ],
    },
    AbiGroup {
        name: "OutcomeCode",
        doc: "How a task or region ended.",
        entries: &[
            entry("ok", Outcome::Ok as u32, ""),
            entry("err", Outcome::Err as u32, ""),
            entry("cancelled", Outcome::Cancelled as u32, ""),
            entry("panicked", Outcome::Panicked as u32, ""),
        ],
    },
    AbiGroup {
        name: "PolicyCode",
        doc: "What a region does when a child ends.",
        entries: &[
            entry("failFast", Policy::FailFast as u32, ""),
            entry("collectAll", Policy::CollectAll as u32, ""),
            entry("race", Policy::Race as u32, ""),
            entry("any", Policy::Any as u32, ""),
        ],
    },
    AbiGroup {
        name: "HostKindCode",
        doc: "What the host does for an operation.",
        entries: &[
            entry("foreign", HostOpKind::Foreign as u32, ""),
            entry("fetch", HostOpKind::Fetch as u32, ""),
            entry("signal", HostOpKind::Signal as u32, ""),
            entry("socket", HostOpKind::Socket as u32, ""),
        ],
    },
    AbiGroup {
        name: "ObligationKindCode",
        doc: "What an obligation promises.",
        entries: &[
            entry("sendPermit", ObligationKind::SendPermit as u32, ""),
            entry("ack", ObligationKind::Ack as u32, ""),
            entry("lease", ObligationKind::Lease as u32, ""),
            entry("io", ObligationKind::Io as u32, ""),
            entry(
                "semaphorePermit",
                ObligationKind::SemaphorePermit as u32,
                "",
            ),
            entry("transaction", ObligationKind::Transaction as u32, ""),
        ],
    },
    AbiGroup {
        name: "PermitFlowCode",
        doc: "Where the permits of an obligation go when it is committed.",
        entries: &[
            entry(
                "returned",
                PermitFlow::Returned as u32,
                "Back to the semaphore.",
            ),
            entry(
                "spent",
                PermitFlow::Spent as u32,
                "Nowhere: they are used up.",
            ),
            entry(
                "channel",
                CHANNEL,
                "From free places to messages and back: a channel is opened.",
            ),
        ],
    },
    AbiGroup {
        name: "PermitsCode",
        doc: "What a wait for permits came to.",
        entries: &[
            entry("granted", PERMITS_GRANTED, ""),
            entry("closed", PERMITS_CLOSED, "They will never come."),
        ],
    },
    AbiGroup {
        name: "LeakPolicyCode",
        doc: "What becomes of an obligation that a task still holds when it has ended by itself.",
        entries: &[
            entry(
                "panic",
                LeakPolicy::Panic as u32,
                "It leaks, and the task ends panicked.",
            ),
            entry("report", LeakPolicy::Report as u32, "It leaks."),
            entry("abort", LeakPolicy::Abort as u32, "It is aborted."),
        ],
    },
    AbiGroup {
        name: "TieBreakCode",
        doc: "How equals are ordered.",
        entries: &[
            entry("insertion", TieBreak::Insertion as u32, ""),
            entry("seeded", TieBreak::Seeded as u32, ""),
        ],
    },
    AbiGroup {
        name: "ConfigField",
        doc: "Where each number of a configuration stands. From `ties` on, -1 is the default.",
        entries: &[
            entry("seed", 0, ""),
            entry("tag", 1, ""),
            entry("drainMs", 2, ""),
            entry("sliceMs", 3, ""),
            entry("traceCapacity", 4, ""),
            entry("ties", 5, "A `TieBreakCode`."),
            entry("leakPolicy", 6, "A `LeakPolicyCode`."),
            entry("cancelStreak", 7, ""),
            entry("pollsPerTick", 8, ""),
            entry("generationsMax", 9, ""),
        ],
    },
    AbiGroup {
        name: "TaskStateCode",
        doc: "Where a task stands.",
        entries: &[
            entry("created", TaskState::Created as u32, ""),
            entry("running", TaskState::Running as u32, ""),
            entry("cancelRequested", TaskState::CancelRequested as u32, ""),
            entry("cancelling", TaskState::Cancelling as u32, ""),
            entry("finalizing", TaskState::Finalizing as u32, ""),
            entry("completed", TaskState::Completed as u32, ""),
        ],
    },
    AbiGroup {
        name: "RegionStateCode",
        doc: "Where a region stands.",
        entries: &[
            entry("open", RegionState::Open as u32, ""),
            entry("closing", RegionState::Closing as u32, ""),
            entry("draining", RegionState::Draining as u32, ""),
            entry("finalizing", RegionState::Finalizing as u32, ""),
            entry("closed", RegionState::Closed as u32, ""),
        ],
    },
    AbiGroup {
        name: "HostStateCode",
        doc: "Where a host operation stands.",
        entries: &[
            entry("created", HostOpState::Created as u32, ""),
            entry("submitted", HostOpState::Submitted as u32, ""),
            entry("cancelRequested", HostOpState::CancelRequested as u32, ""),
            entry("draining", HostOpState::Draining as u32, ""),
            entry("finalizing", HostOpState::Finalizing as u32, ""),
            entry("completed", HostOpState::Completed as u32, ""),
        ],
    },
    AbiGroup {
        name: "ObligationStateCode",
        doc: "Where an obligation stands.",
        entries: &[
            entry("reserved", ObligationState::Reserved as u32, ""),
            entry("committed", ObligationState::Committed as u32, ""),
            entry("aborted", ObligationState::Aborted as u32, ""),
            entry("leaked", ObligationState::Leaked as u32, ""),
            entry("asked", ObligationState::Asked as u32, ""),
        ],
    },
    AbiGroup {
        name: "SemaphoreStateCode",
        doc: "Where a semaphore stands.",
        entries: &[
            entry("open", SemaphoreState::Open as u32, ""),
            entry("closed", SemaphoreState::Closed as u32, ""),
        ],
    },
    AbiGroup {
        name: "SemaphoreCountCode",
        doc: "What `semaphore_count` counts.",
        entries: &[
            entry(
                "available",
                SemaphoreCount::Available as u32,
                "Permits that nobody holds.",
            ),
            entry(
                "waiting",
                SemaphoreCount::Waiting as u32,
                "Obligations that wait in line.",
            ),
        ],
    },
    AbiGroup {
        name: "CancelKindCode",
        doc: "The kind of a cancellation.",
        entries: &[
            entry("user", CancelKind::User as u32, ""),
            entry("unmount", CancelKind::Unmount as u32, ""),
            entry("navigation", CancelKind::Navigation as u32, ""),
            entry("timeout", CancelKind::Timeout as u32, ""),
            entry("deadline", CancelKind::Deadline as u32, ""),
            entry("pollQuota", CancelKind::PollQuota as u32, ""),
            entry("costBudget", CancelKind::CostBudget as u32, ""),
            entry("failFast", CancelKind::FailFast as u32, ""),
            entry("raceLost", CancelKind::RaceLost as u32, ""),
            entry("linkedExit", CancelKind::LinkedExit as u32, ""),
            entry("parentCancelled", CancelKind::ParentCancelled as u32, ""),
            entry(
                "resourceUnavailable",
                CancelKind::ResourceUnavailable as u32,
                "",
            ),
            entry("shutdown", CancelKind::Shutdown as u32, ""),
        ],
    },
    AbiGroup {
        name: "HandleKindCode",
        doc: "Which table a handle is of.",
        entries: &[
            entry("region", HandleKind::Region as u32, ""),
            entry("task", HandleKind::Task as u32, ""),
            entry("hostOp", HandleKind::HostOp as u32, ""),
            entry("obligation", HandleKind::Obligation as u32, ""),
            entry("semaphore", HandleKind::Semaphore as u32, ""),
        ],
    },
    AbiGroup {
        name: "ErrorKindCode",
        doc: "What a command was refused for.",
        entries: &[
            entry("staleHandle", ErrorKind::StaleHandle as u32, ""),
            entry("foreignHandle", ErrorKind::ForeignHandle as u32, ""),
            entry("forgedHandle", ErrorKind::ForgedHandle as u32, ""),
            entry("invalidNumber", ErrorKind::InvalidNumber as u32, ""),
            entry("limitReached", ErrorKind::LimitReached as u32, ""),
            entry("scopeClosed", ErrorKind::ScopeClosed as u32, ""),
            entry("wrongState", ErrorKind::WrongState as u32, ""),
            entry("runtimeClosed", ErrorKind::RuntimeClosed as u32, ""),
            entry("poisoned", ErrorKind::Poisoned as u32, ""),
            entry("semaphoreClosed", ErrorKind::SemaphoreClosed as u32, ""),
            entry("wouldWait", ErrorKind::WouldWait as u32, ""),
        ],
    },
    AbiGroup {
        name: "EventCode",
        doc: "What an event says happened.",
        entries: &[
            entry("regionOpened", EventKind::RegionOpened as u32, ""),
            entry("regionClosing", EventKind::RegionClosing as u32, ""),
            entry("regionDraining", EventKind::RegionDraining as u32, ""),
            entry("regionFinalizing", EventKind::RegionFinalizing as u32, ""),
            entry("regionClosed", EventKind::RegionClosed as u32, ""),
            entry("taskSpawned", EventKind::TaskSpawned as u32, ""),
            entry("taskDispatched", EventKind::TaskDispatched as u32, ""),
            entry(
                "taskCancelRequested",
                EventKind::TaskCancelRequested as u32,
                "",
            ),
            entry("taskCancelling", EventKind::TaskCancelling as u32, ""),
            entry("taskFinalizing", EventKind::TaskFinalizing as u32, ""),
            entry("taskCompleted", EventKind::TaskCompleted as u32, ""),
            entry("taskRevoked", EventKind::TaskRevoked as u32, ""),
            entry("finalizerEnded", EventKind::FinalizerEnded as u32, ""),
            entry("timerFired", EventKind::TimerFired as u32, ""),
            entry("hostOpSubmitted", EventKind::HostOpSubmitted as u32, ""),
            entry(
                "hostOpCancelRequested",
                EventKind::HostOpCancelRequested as u32,
                "",
            ),
            entry("hostOpDraining", EventKind::HostOpDraining as u32, ""),
            entry("hostOpCompleted", EventKind::HostOpCompleted as u32, ""),
            entry("hostOpRevoked", EventKind::HostOpRevoked as u32, ""),
            entry("hostOpLate", EventKind::HostOpLate as u32, ""),
            entry(
                "obligationReserved",
                EventKind::ObligationReserved as u32,
                "",
            ),
            entry(
                "obligationCommitted",
                EventKind::ObligationCommitted as u32,
                "",
            ),
            entry("obligationAborted", EventKind::ObligationAborted as u32, ""),
            entry("obligationLeaked", EventKind::ObligationLeaked as u32, ""),
            entry(
                "obligationTransferred",
                EventKind::ObligationTransferred as u32,
                "",
            ),
            entry("semaphoreOpened", EventKind::SemaphoreOpened as u32, ""),
            entry("channelOpened", EventKind::ChannelOpened as u32, ""),
            entry("semaphoreClosed", EventKind::SemaphoreClosed as u32, ""),
            entry("semaphoreDropped", EventKind::SemaphoreDropped as u32, ""),
            entry("permitAsked", EventKind::PermitAsked as u32, ""),
            entry("permitsTaken", EventKind::PermitsTaken as u32, ""),
            entry("permitsGiven", EventKind::PermitsGiven as u32, ""),
            entry("permitsPassed", EventKind::PermitsPassed as u32, ""),
        ],
    },
    AbiGroup {
        name: "ReasonFact",
        doc: "What `reason_facts` adds to the kind of a cancellation, which is below all of them.",
        entries: &[
            entry(
                "truncated",
                REASON_TRUNCATED,
                "Causes were cut from the end of its chain.",
            ),
            entry(
                "hasMessage",
                REASON_HAS_MESSAGE,
                "Its requester said something.",
            ),
            entry(
                "cause",
                REASON_CAUSE,
                "Times the number of the reason that led to it, 0 if there is none.",
            ),
        ],
    },
    AbiGroup {
        name: "OwnershipFlag",
        doc: "How a region relates to the task that owns it.",
        entries: &[
            entry(
                "shielded",
                FLAG_SHIELDED,
                "The owner's cancellation does not reach in.",
            ),
            entry(
                "linked",
                FLAG_LINKED,
                "A failure of the region is one of its owner.",
            ),
        ],
    },
    AbiGroup {
        name: "TierCode",
        doc: "How much a build of the wasm has in it.",
        entries: &[
            entry("coreMin", TierCode::CoreMin as u32, "No trace."),
            entry("coreTrace", TierCode::CoreTrace as u32, ""),
            entry(
                "fullDev",
                TierCode::FullDev as u32,
                "Names, assertions, and invariants that are checked while it runs.",
            ),
        ],
    },
    AbiGroup {
        name: "CounterCode",
        doc: "What `count` counts.",
        entries: &[
            entry("tasksLive", 0, ""),
            entry("regionsLive", 1, ""),
            entry("hostOpsLive", 2, ""),
            entry("timersLive", 3, ""),
            entry("tasksSpawned", 4, ""),
            entry("tasksCompleted", 5, ""),
            entry("tasksCancelled", 6, ""),
            entry("tasksRevoked", 7, ""),
            entry("hostOpsRevoked", 8, ""),
            entry("dispatches", 9, ""),
            entry("events", 10, ""),
            entry("eventsDropped", 11, ""),
            entry(
                "obligationsLive",
                12,
                "As the four below, with host operations that are not passive.",
            ),
            entry("obligationsReserved", 13, ""),
            entry("obligationsCommitted", 14, ""),
            entry("obligationsAborted", 15, ""),
            entry("obligationsLeaked", 16, ""),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::GROUPS;

    #[test]
    fn codes_and_names_are_unique_within_a_group() {
        for group in GROUPS {
            for (at, one) in group.entries.iter().enumerate() {
                for other in &group.entries[at + 1..] {
                    assert_ne!(one.code, other.code, "{} {}", group.name, one.name);
                    assert_ne!(one.name, other.name, "{}", group.name);
                }
            }
        }
    }
}
