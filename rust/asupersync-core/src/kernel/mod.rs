//! Owns the kernel: the tables, and how a transition is recorded.
//!
//! The commands live in one file a concept: [`regions`], [`tasks`], [`waits`], [`host_ops`],
//! [`obligations`], [`semaphores`]. [`cancel`] spreads a request, [`settle`] closes what has become
//! empty, [`permits`] serves the lines of semaphores, [`revoke`] takes leave of what does not
//! answer, [`tick`] dispatches, [`lookup`] finds what a handle names. None of them recurses over
//! the tree.

mod cancel;
#[cfg(test)]
mod cost;
#[cfg(test)]
mod full_tables;
mod host_ops;
mod lookup;
mod obligations;
mod permits;
mod regions;
mod revoke;
mod semaphores;
mod settle;
mod tasks;
mod tick;
mod waits;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::budget::Budget;
use crate::cancel::{CancelKind, CancelReason};
use crate::counters::Counters;
use crate::effect::Effect;
use crate::error::{ErrorKind, KernelError, Result};
use crate::fingerprint::{Causal, Hashes};
use crate::handle::{
    Handle, HostOpKey, ObligationKey, RegionKey, SemaphoreKey, TaskKey, WaitKey, pack,
};
use crate::host_op::HostOp;
use crate::lanes::{Lane, Lanes, TieBreak};
use crate::limits::{
    CANCEL_STREAK, DRAIN_TIME_NS, DRAIN_TIME_NS_MAX, GENERATIONS_MAX, POLLS_PER_TICK, PRIORITY_MAX,
    RUNTIME_TAG_MAX, SEMAPHORES_MAX, SLOTS_MAX, TRACE_CAPACITY_MAX, WAITS_MAX,
};
use crate::list::List;
use crate::obligation::{LeakPolicy, Obligation};
use crate::region::{Owner, Ownership, Policy, Region};
use crate::rng::{Rng, mix};
use crate::semaphore::Semaphore;
use crate::table::Table;
use crate::task::Task;
use crate::time::Time;
use crate::timers::{TimerTarget, Timers};
use crate::trace::{Event, EventKind, IS_TRACED, Trace, TraceLevel};
use crate::wait::Wait;

/// How a kernel is set up.
#[derive(Clone, Debug)]
pub struct KernelConfig {
    /// Decides everything that is left to chance: ties when `ties` is seeded, and
    /// [`Kernel::random`].
    pub seed: u64,
    /// Names the runtime in its handles, at most [`RUNTIME_TAG_MAX`]; larger ones wrap.
    pub tag: u32,
    /// How equals are ordered.
    pub ties: TieBreak,
    /// What becomes of an obligation that a task still holds when it has ended by itself.
    pub leak_policy: LeakPolicy,
    /// Nanoseconds that a cancelled body or host operation has to drain, at least 1 and at
    /// most [`DRAIN_TIME_NS_MAX`].
    pub drain_time_ns: u64,
    /// Dispatches of the cancel lane in a row while other work is runnable, at least 1.
    pub cancel_streak: u32,
    /// Dispatches in one tick, at least 1.
    pub polls_per_tick: u32,
    /// Events that the trace ring holds, at most [`TRACE_CAPACITY_MAX`].
    pub trace_capacity: u32,
    /// How much the trace says. It changes no hash and no decision.
    pub trace_level: TraceLevel,
    /// The last generation of a slot, after which it is retired, at most [`GENERATIONS_MAX`]. A
    /// small number is for tests of retirement.
    pub generations_max: u32,
}

impl Default for KernelConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            tag: 1,
            ties: TieBreak::Insertion,
            leak_policy: LeakPolicy::Panic,
            drain_time_ns: DRAIN_TIME_NS,
            cancel_streak: CANCEL_STREAK,
            polls_per_tick: POLLS_PER_TICK,
            trace_capacity: 0,
            trace_level: TraceLevel::default(),
            generations_max: GENERATIONS_MAX,
        }
    }
}

/// Something that may have become empty.
#[derive(Clone, Copy, Debug)]
enum Settle {
    Region(RegionKey),
    Task(TaskKey),
}

/// A slot to free at the tick after the effects that may name it were taken: they have been carried
/// out by then.
#[derive(Clone, Copy, Debug)]
enum Grave {
    Region(RegionKey),
    Task(TaskKey),
    HostOp(HostOpKey),
    Obligation(ObligationKey),
}

/// The kernel. One driver owns it: it gives commands, calls [`Kernel::tick`], carries out
/// [`Kernel::take_effects`], and comes back at [`Kernel::next_deadline`] or when it
/// [`is_runnable`](Kernel::is_runnable).
#[derive(Debug)]
pub struct Kernel {
    pub(crate) regions: Table<RegionKey, Region>,
    pub(crate) tasks: Table<TaskKey, Task>,
    pub(crate) host_ops: Table<HostOpKey, HostOp>,
    pub(crate) obligations: Table<ObligationKey, Obligation>,
    pub(crate) semaphores: Table<SemaphoreKey, Semaphore>,
    pub(crate) waits: Table<WaitKey, Wait>,
    pub(crate) lanes: Lanes,
    pub(crate) timers: Timers,
    pub(crate) root: RegionKey,
    pub(crate) tag: u32,
    pub(crate) now: Time,
    closed: bool,
    config: KernelConfig,
    effects: Vec<Effect>,
    settling: Vec<Settle>,
    /// Semaphores that may have somebody to serve.
    pub(crate) serving: Vec<SemaphoreKey>,
    spreading: VecDeque<(RegionKey, Arc<CancelReason>)>,
    /// Of entries that ended since the effects were last taken.
    graves: Vec<Grave>,
    /// Of entries that the effects taken last may name.
    graves_taken: Vec<Grave>,
    /// The task whose end the running command answers with its return value, so that no
    /// effect says it again.
    answering: Option<TaskKey>,
    /// Whether `effects` tell an end.
    ends_queued: bool,
    /// Whether the effects taken since the last tick tell one behind something that runs code,
    /// which may end before the host comes to it.
    ends_taken: bool,
    /// Number of the reason made last.
    reasons: u32,
    rng: Rng,
    user_rng: Rng,
    hashes: Hashes,
    trace: Trace,
    counters: Counters,
}

impl Kernel {
    /// A kernel with its root region open.
    #[must_use]
    pub fn new(config: &KernelConfig) -> Self {
        let mut config = config.clone();
        config.tag &= RUNTIME_TAG_MAX;
        config.drain_time_ns = config.drain_time_ns.clamp(1, DRAIN_TIME_NS_MAX);
        config.cancel_streak = config.cancel_streak.max(1);
        config.polls_per_tick = config.polls_per_tick.max(1);
        config.trace_capacity = config.trace_capacity.min(TRACE_CAPACITY_MAX);
        config.generations_max = config.generations_max.min(GENERATIONS_MAX);
        let generations = config.generations_max;
        let mut regions = Table::new(SLOTS_MAX, generations);
        let causal = Causal::default();
        let root = Region::new(
            Owner::Kernel,
            Policy::CollectAll,
            Ownership::default(),
            Budget::DEFAULT,
            causal,
        );
        let root = regions.insert(root).expect("an empty table has room");
        let mut kernel = Self {
            regions,
            tasks: Table::new(SLOTS_MAX, generations),
            host_ops: Table::new(SLOTS_MAX, generations),
            obligations: Table::new(SLOTS_MAX, generations),
            semaphores: Table::new(SEMAPHORES_MAX, generations),
            // Waits never cross the boundary: their slots last as long as their keys do.
            waits: Table::new(WAITS_MAX, u32::MAX),
            lanes: Lanes::new(config.cancel_streak, config.ties),
            timers: Timers::default(),
            root,
            tag: config.tag,
            now: Time::ZERO,
            closed: false,
            effects: Vec::new(),
            settling: Vec::new(),
            serving: Vec::new(),
            spreading: VecDeque::new(),
            graves: Vec::new(),
            graves_taken: Vec::new(),
            answering: None,
            ends_queued: false,
            ends_taken: false,
            reasons: 0,
            rng: Rng::new(config.seed),
            user_rng: Rng::new(mix(config.seed)),
            hashes: Hashes::new(config.seed),
            trace: Trace::new(config.trace_capacity),
            counters: Counters {
                regions_live: 1,
                ..Counters::default()
            },
            config,
        };
        kernel.note_region(root, EventKind::RegionOpened, 0);
        kernel
    }

    /// The root region.
    #[must_use]
    pub fn root(&self) -> Handle {
        pack(self.root, self.tag)
    }

    /// Kernel time of the last tick.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// Whether the root region has closed. Every command is then refused.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// The next number of the seeded stream for user code.
    pub fn random(&mut self) -> u64 {
        self.user_rng.next()
    }

    /// Whether a tick now would do something even if no time passed.
    #[must_use]
    pub fn is_runnable(&self) -> bool {
        !self.lanes.is_empty() || !self.effects.is_empty()
    }

    /// Takes the effects made since the last call, in order, into `into`, which is emptied
    /// first and keeps its capacity.
    pub fn take_effects_into(&mut self, into: &mut Vec<Effect>) {
        into.clear();
        core::mem::swap(into, &mut self.effects);
        self.graves_taken.append(&mut self.graves);
        if core::mem::take(&mut self.ends_queued) {
            let mut behind = into.iter().skip_while(|effect| !effect.runs_code());
            self.ends_taken |= behind.any(Effect::is_end);
        }
    }

    /// Takes the effects made since the last call, in order.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.take_effects_into(&mut effects);
        effects
    }

    /// Totals and live counts.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters {
            timers_live: self.timers.live(),
            events: self.trace.recorded(),
            events_dropped: self.trace.dropped(),
            ..self.counters
        }
    }

    /// Hash of the exact schedule: of the seed, and of (task, lane, step) at every dispatch. A
    /// task counts as its slot and generation, so the runtime's tag changes nothing. Neither times
    /// nor outcomes are in it: two runs with one certificate gave the same tasks their turns in
    /// the same order. Equal for equal commands on every target; O(1), kept up with the run.
    #[must_use]
    pub fn certificate(&self) -> u64 {
        self.hashes.certificate.hash()
    }

    /// Hash of the run's equivalence class: of every transition of a region, task, host operation
    /// or obligation, with all that it depends on. Neither the order of independent transitions
    /// nor times, the seed or the runtime's tag are in it. Equal for equal commands on every
    /// target; O(1), kept up with the run. Comparable within one
    /// [`HASH_VERSION`](crate::HASH_VERSION). 0, which says nothing, unless the kernel
    /// [`IS_TRACED`](crate::IS_TRACED).
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.hashes.fingerprint()
    }

    /// The events that the trace ring still holds, oldest first.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.trace.events()
    }

    /// The events that the trace ring still holds, but for those up to number `seq`: for who has read
    /// so far. O(given).
    pub fn events_after(&self, seq: u64) -> impl Iterator<Item = &Event> {
        self.trace.events_after(seq)
    }

    /// Makes the trace ring keep `capacity` events from now on, at most
    /// [`TRACE_CAPACITY_MAX`](crate::limits::TRACE_CAPACITY_MAX); 0 keeps none. Those held already go, and
    /// count as dropped. Neither hash notices.
    pub fn keep_events(&mut self, capacity: u32) {
        self.trace.keep_events(capacity.min(TRACE_CAPACITY_MAX));
    }
}

// How the tree is walked.
impl Kernel {
    pub(crate) fn tasks_of(&self, list: List<TaskKey>) -> impl Iterator<Item = TaskKey> + '_ {
        list.members(&self.tasks)
    }

    pub(crate) fn regions_of(&self, list: List<RegionKey>) -> impl Iterator<Item = RegionKey> + '_ {
        list.members(&self.regions)
    }

    pub(crate) fn host_ops_of(
        &self,
        list: List<HostOpKey>,
    ) -> impl Iterator<Item = HostOpKey> + '_ {
        list.members(&self.host_ops)
    }

    pub(crate) fn obligations_of(
        &self,
        list: List<ObligationKey>,
    ) -> impl Iterator<Item = ObligationKey> + '_ {
        list.members(&self.obligations)
    }

    pub(crate) fn waits_of(&self, list: List<WaitKey>) -> impl Iterator<Item = WaitKey> + '_ {
        list.members(&self.waits)
    }
}

// How a transition is recorded.
impl Kernel {
    fn note_region(&mut self, key: RegionKey, kind: EventKind, detail: u32) {
        self.hashes
            .write(label(kind, detail), &mut self.regions.at_mut(key).causal);
        self.trace
            .record(self.now, kind, pack(key, self.tag), detail);
    }

    fn note_task(&mut self, key: TaskKey, kind: EventKind, detail: u32) {
        self.note_task_with(key, kind, detail, 0);
    }

    /// As [`Kernel::note_task`]; the hashes leave `argument` out.
    fn note_task_with(&mut self, key: TaskKey, kind: EventKind, detail: u32, argument: u64) {
        self.hashes
            .write(label(kind, detail), &mut self.tasks.at_mut(key).causal);
        self.trace
            .record_with(self.now, kind, pack(key, self.tag), detail, argument);
    }

    fn note_host_op(&mut self, key: HostOpKey, kind: EventKind, detail: u32) {
        self.hashes
            .write(label(kind, detail), &mut self.host_ops.at_mut(key).causal);
        self.trace
            .record(self.now, kind, pack(key, self.tag), detail);
    }

    /// Records what leads to a transition and is none itself.
    fn explain(&mut self, kind: EventKind, subject: Handle, detail: u32, argument: u64) {
        if IS_TRACED && self.config.trace_level == TraceLevel::Full {
            self.trace
                .record_with(self.now, kind, subject, detail, argument);
        }
    }

    /// Queues a task in `lane`, unless it has its place already.
    fn enqueue(&mut self, key: TaskKey, lane: Lane) {
        if self.lanes.enqueue(&mut self.tasks, key, lane) {
            let priority = u64::from(self.tasks.at(key).budget.priority);
            let task = pack(key, self.tag);
            self.explain(EventKind::TaskQueued, task, lane as u32, priority);
        }
    }

    /// Takes a task out of whichever lane it is in.
    fn unqueue(&mut self, key: TaskKey) {
        if self.lanes.leave(&mut self.tasks, key) {
            self.explain(EventKind::TaskUnqueued, pack(key, self.tag), 0, 0);
        }
    }

    fn new_reason(&mut self, kind: CancelKind, origin: Handle, message: &str) -> Arc<CancelReason> {
        let id = self.next_reason_id();
        Arc::new(CancelReason::new(id, kind, origin, self.now, message))
    }

    fn descendants_reason(
        &mut self,
        parent: &Arc<CancelReason>,
        origin: Handle,
    ) -> Arc<CancelReason> {
        let id = self.next_reason_id();
        CancelReason::of_descendants(id, parent, origin, self.now)
    }

    /// The next number of a reason. 0 is left out: across the boundary it is no reason.
    fn next_reason_id(&mut self) -> u32 {
        self.reasons = self.reasons.checked_add(1).unwrap_or(1);
        self.reasons
    }

    fn arm(&mut self, at: Time, target: TimerTarget) {
        let tie = match self.config.ties {
            TieBreak::Insertion => None,
            TieBreak::Seeded => Some(self.rng.next()),
        };
        self.timers.arm(at, target, tie);
    }
}

fn label(kind: EventKind, detail: u32) -> u64 {
    u64::from(kind as u8) | (u64::from(detail) << 8)
}

const fn wrong_state(expected: &'static str, received: u64) -> KernelError {
    KernelError::new(ErrorKind::WrongState, expected, received)
}

const fn limit_reached(expected: &'static str, received: u64) -> KernelError {
    KernelError::new(ErrorKind::LimitReached, expected, received)
}

fn check_priority(asked: Budget) -> Result<()> {
    let priority = asked.priority;
    if priority > PRIORITY_MAX {
        return Err(limit_reached("a priority of at most 7", priority.into()));
    }
    Ok(())
}
