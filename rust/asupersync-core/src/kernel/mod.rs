//! Owns the kernel: the tables, how a handle finds its entry, and how a transition is recorded.
//!
//! The commands live in one file a concept: [`regions`], [`tasks`], [`waits`], [`host_ops`];
//! [`cancel`] spreads a request, [`settle`] closes what has become empty, [`revoke`] takes
//! leave of what does not answer, [`tick`] dispatches. None of them recurses over the tree.

mod cancel;
mod host_ops;
mod regions;
mod revoke;
mod settle;
mod tasks;
mod tick;
mod waits;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::budget::Budget;
use crate::cancel::{CancelKind, CancelReason};
use crate::effect::Effect;
use crate::error::{ErrorKind, KernelError, Result};
use crate::fingerprint::{Causal, Hashes};
use crate::handle::{
    Handle, HandleKind, HostOpKey, KindedKey, RegionKey, TaskKey, WaitKey, pack, unpack,
};
use crate::host_op::{HostOp, HostOpState};
use crate::lanes::{Lanes, TieBreak};
use crate::limits::{
    CANCEL_STREAK, DRAIN_TIME_NS, DRAIN_TIME_NS_MAX, GENERATIONS_MAX, POLLS_PER_TICK,
    RUNTIME_TAG_MAX, SLOTS_MAX, TRACE_CAPACITY_MAX, WAITS_MAX,
};
use crate::list::List;
use crate::region::{Owner, Ownership, Policy, Region, RegionState};
use crate::rng::{Rng, mix};
use crate::table::Table;
use crate::task::{Task, TaskState};
use crate::time::Time;
use crate::timers::{TimerTarget, Timers};
use crate::trace::{Event, EventKind, Trace};
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
    /// Nanoseconds that a cancelled body or host operation has to drain, at least 1 and at
    /// most [`DRAIN_TIME_NS_MAX`].
    pub drain_time_ns: u64,
    /// Dispatches of the cancel lane in a row while other work is runnable, at least 1.
    pub cancel_streak: u32,
    /// Dispatches in one tick, at least 1.
    pub polls_per_tick: u32,
    /// Events that the trace ring holds, at most [`TRACE_CAPACITY_MAX`].
    pub trace_capacity: u32,
    /// Generations of a slot before it is retired, at most [`GENERATIONS_MAX`]. A small number
    /// is for tests of retirement.
    pub generations_max: u32,
}

impl Default for KernelConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            tag: 1,
            ties: TieBreak::Insertion,
            drain_time_ns: DRAIN_TIME_NS,
            cancel_streak: CANCEL_STREAK,
            polls_per_tick: POLLS_PER_TICK,
            trace_capacity: 0,
            generations_max: GENERATIONS_MAX,
        }
    }
}

/// Totals since the kernel was made, and what is live now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Regions that are not closed.
    pub regions_live: u32,
    /// Tasks that are not completed.
    pub tasks_live: u32,
    /// Host operations that are not completed.
    pub host_ops_live: u32,
    /// Armed timers.
    pub timers_live: u32,
    /// Tasks spawned so far.
    pub tasks_spawned: u64,
    /// Tasks completed so far, with any outcome.
    pub tasks_completed: u64,
    /// Tasks that ended cancelled so far.
    pub tasks_cancelled: u64,
    /// Bodies and finalizers that did not answer so far.
    pub tasks_revoked: u64,
    /// Host operations that did not drain so far.
    pub host_ops_revoked: u64,
    /// Dispatches so far.
    pub dispatches: u64,
    /// Events so far.
    pub events: u64,
    /// Events that the trace ring no longer holds.
    pub events_dropped: u64,
}

/// Something that may have become empty.
#[derive(Clone, Copy, Debug)]
enum Settle {
    Region(RegionKey),
    Task(TaskKey),
}

/// A slot to free at the next tick, when the effects that name it have been carried out.
#[derive(Clone, Copy, Debug)]
enum Grave {
    Region(RegionKey),
    Task(TaskKey),
    HostOp(HostOpKey),
}

/// The kernel. One driver owns it: it gives commands, calls [`Kernel::tick`], carries out
/// [`Kernel::take_effects`], and comes back at [`Kernel::next_deadline`] or when it
/// [`is_runnable`](Kernel::is_runnable).
#[derive(Debug)]
pub struct Kernel {
    pub(crate) regions: Table<RegionKey, Region>,
    pub(crate) tasks: Table<TaskKey, Task>,
    pub(crate) host_ops: Table<HostOpKey, HostOp>,
    pub(crate) waits: Table<WaitKey, Wait>,
    /// Who waits for the end of a task.
    pub(crate) joiners: BTreeSet<(TaskKey, WaitKey)>,
    pub(crate) lanes: Lanes,
    pub(crate) timers: Timers,
    pub(crate) root: RegionKey,
    pub(crate) tag: u32,
    pub(crate) now: Time,
    closed: bool,
    config: KernelConfig,
    effects: Vec<Effect>,
    settling: Vec<Settle>,
    spreading: VecDeque<(RegionKey, Arc<CancelReason>)>,
    graves: Vec<Grave>,
    /// The task whose end the running command answers with its return value, so that no
    /// effect says it again.
    answering: Option<TaskKey>,
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
            // Waits never cross the boundary, so their slots need no retirement.
            waits: Table::new(WAITS_MAX, u32::MAX),
            joiners: BTreeSet::new(),
            lanes: Lanes::new(config.cancel_streak, config.ties),
            timers: Timers::default(),
            root,
            tag: config.tag,
            now: Time::ZERO,
            closed: false,
            effects: Vec::new(),
            settling: Vec::new(),
            spreading: VecDeque::new(),
            graves: Vec::new(),
            answering: None,
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
    }

    /// Takes the effects made since the last call, in order.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        core::mem::take(&mut self.effects)
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

    /// Hash of the exact schedule: of (task, lane, step) at every dispatch.
    #[must_use]
    pub fn certificate(&self) -> u64 {
        self.hashes.certificate()
    }

    /// Hash of the run's equivalence class; see [`HASH_VERSION`](crate::HASH_VERSION).
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.hashes.fingerprint()
    }

    /// The events that the trace ring still holds, oldest first.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.trace.events()
    }

    /// The state of a live task.
    ///
    /// # Errors
    /// A stale, foreign or forged handle.
    pub fn task_state(&self, task: Handle) -> Result<TaskState> {
        Ok(self.tasks.at(self.task_key(task)?).state)
    }

    /// The state of a live region.
    ///
    /// # Errors
    /// A stale, foreign or forged handle.
    pub fn region_state(&self, region: Handle) -> Result<RegionState> {
        Ok(self.regions.at(self.region_key(region)?).state)
    }

    /// The state of a live host operation.
    ///
    /// # Errors
    /// A stale, foreign or forged handle.
    pub fn host_op_state(&self, op: Handle) -> Result<HostOpState> {
        Ok(self.host_ops.at(self.host_op_key(op)?).state)
    }

    /// Why a live task is cancelled, if it is.
    ///
    /// # Errors
    /// A stale, foreign or forged handle.
    pub fn task_reason(&self, task: Handle) -> Result<Option<Arc<CancelReason>>> {
        Ok(self.tasks.at(self.task_key(task)?).reason.clone())
    }

    /// Why a live region is cancelled, if it is.
    ///
    /// # Errors
    /// A stale, foreign or forged handle.
    pub fn region_reason(&self, region: Handle) -> Result<Option<Arc<CancelReason>>> {
        Ok(self.regions.at(self.region_key(region)?).reason.clone())
    }
}

// How a handle finds its entry.
impl Kernel {
    fn key<K: KindedKey, V>(
        &self,
        table: &Table<K, V>,
        handle: Handle,
        is_live: impl Fn(&V) -> bool,
        expected: &'static str,
    ) -> Result<K> {
        let refuse = |kind| Err(KernelError::new(kind, expected, handle.raw()));
        if self.closed {
            return refuse(ErrorKind::RuntimeClosed);
        }
        if !handle.is_in_range() || handle.kind_code() != K::KIND as u8 {
            return refuse(ErrorKind::ForgedHandle);
        }
        if handle.tag() != self.tag {
            return refuse(ErrorKind::ForeignHandle);
        }
        let key: K = unpack(handle);
        match table.get(key) {
            Some(entry) if is_live(entry) => Ok(key),
            None if !table.knows_slot(handle.slot()) => refuse(ErrorKind::ForgedHandle),
            Some(_) | None => refuse(ErrorKind::StaleHandle),
        }
    }

    fn region_key(&self, handle: Handle) -> Result<RegionKey> {
        let is_live = |region: &Region| region.state != RegionState::Closed;
        self.key(&self.regions, handle, is_live, "a live region handle")
    }

    fn task_key(&self, handle: Handle) -> Result<TaskKey> {
        let is_live = |task: &Task| task.state != TaskState::Completed;
        self.key(&self.tasks, handle, is_live, "a live task handle")
    }

    fn host_op_key(&self, handle: Handle) -> Result<HostOpKey> {
        let is_live = |op: &HostOp| op.state != HostOpState::Completed;
        self.key(
            &self.host_ops,
            handle,
            is_live,
            "a live host operation handle",
        )
    }

    /// The key of a task whose code can be running.
    fn active_key(&self, handle: Handle) -> Result<TaskKey> {
        let key = self.task_key(handle)?;
        let task = self.tasks.at(key);
        if task.is_active() {
            Ok(key)
        } else {
            Err(wrong_state(
                "a task whose body or finalizer runs",
                u64::from(task.state as u8),
            ))
        }
    }

    fn region_handle(&self, key: RegionKey) -> Handle {
        pack(key, self.tag)
    }

    fn task_handle(&self, key: TaskKey) -> Handle {
        pack(key, self.tag)
    }

    fn host_op_handle(&self, key: HostOpKey) -> Handle {
        pack(key, self.tag)
    }

    /// The live handle of `kind` at `slot`, for a driver that keeps its own tables by slot.
    #[must_use]
    pub fn handle_at(&self, kind: HandleKind, slot: u32) -> Option<Handle> {
        let tag = self.tag;
        let found = |handle: Handle| (handle.slot() == slot).then_some(handle);
        match kind {
            HandleKind::Region => self
                .regions
                .iter()
                .filter(|(_, region)| region.state != RegionState::Closed)
                .find_map(|(key, _)| found(pack(key, tag))),
            HandleKind::Task => self
                .tasks
                .iter()
                .filter(|(_, task)| task.state != TaskState::Completed)
                .find_map(|(key, _)| found(pack(key, tag))),
            HandleKind::HostOp => self
                .host_ops
                .iter()
                .filter(|(_, op)| op.state != HostOpState::Completed)
                .find_map(|(key, _)| found(pack(key, tag))),
        }
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
        self.hashes
            .write(label(kind, detail), &mut self.tasks.at_mut(key).causal);
        self.trace
            .record(self.now, kind, pack(key, self.tag), detail);
    }

    fn note_host_op(&mut self, key: HostOpKey, kind: EventKind, detail: u32) {
        self.hashes
            .write(label(kind, detail), &mut self.host_ops.at_mut(key).causal);
        self.trace
            .record(self.now, kind, pack(key, self.tag), detail);
    }

    fn new_reason(&mut self, kind: CancelKind, origin: Handle, message: &str) -> Arc<CancelReason> {
        self.reasons += 1;
        Arc::new(CancelReason::new(
            self.reasons,
            kind,
            origin,
            self.now,
            message,
        ))
    }

    fn descendants_reason(
        &mut self,
        parent: &Arc<CancelReason>,
        origin: Handle,
    ) -> Arc<CancelReason> {
        self.reasons += 1;
        CancelReason::of_descendants(self.reasons, parent, origin, self.now)
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
