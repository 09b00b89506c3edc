//! Owns the driver of the behaviour tests: a kernel under a virtual clock, with names for its
//! handles, so that whole ordered lists of effects and events read as text.
//!
//! Every turn of the driver checks the kernel's invariants. Effects are written as
//! `start a`, `resume a`, `resume a #1 -> 0`, `fail a User`, `fail a #1 User`, `finalize a`,
//! `done a Ok`, `done a Cancelled by User`, `revoked a by User`, `abort o by User`,
//! `closed r Ok`, `leaked o of a Ack`; the successor of a revoked task `a` is named `a'`.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "every test file uses its own part of the driver, and a test may panic"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use asupersync_core::{
    Budget, CancelKind, CancelReason, Effect, ErrorKind, Event, EventKind, Handle, HostOpKind,
    Kernel, KernelConfig, ObligationKind, Outcome, Ownership, PermitFlow, Policy, Time,
};

/// A kernel, its clock, and the names of its handles.
#[derive(Debug)]
pub struct Rig {
    pub kernel: Kernel,
    now_ms: u64,
    names: BTreeMap<Handle, String>,
    seen: u64,
}

/// The configuration of the behaviour tests: traced, everything else as it comes.
pub fn config() -> KernelConfig {
    KernelConfig {
        trace_capacity: 1 << 16,
        ..KernelConfig::default()
    }
}

pub const fn ms(ms: u64) -> Time {
    Time::from_millis(ms)
}

/// The kind of the error that a command gave.
pub fn kind_of<T: core::fmt::Debug>(result: asupersync_core::Result<T>) -> ErrorKind {
    match result {
        Ok(value) => panic!("expected an error, got {value:?}"),
        Err(error) => error.kind,
    }
}

impl Rig {
    pub fn new() -> Self {
        Self::with(&config())
    }

    pub fn with(config: &KernelConfig) -> Self {
        let kernel = Kernel::new(config);
        let names = BTreeMap::from([(kernel.root(), "root".to_owned())]);
        let mut rig = Self {
            kernel,
            now_ms: 0,
            names,
            seen: 0,
        };
        rig.events();
        rig
    }

    pub fn root(&self) -> Handle {
        self.kernel.root()
    }

    pub fn now(&self) -> Time {
        ms(self.now_ms)
    }

    // Making things, by name.

    pub fn region(&mut self, name: &str, parent: Handle, policy: Policy) -> Handle {
        let region = self.kernel.region_open(parent, policy).unwrap();
        self.name(region, name)
    }

    pub fn region_in(
        &mut self,
        name: &str,
        task: Handle,
        policy: Policy,
        ownership: Ownership,
    ) -> Handle {
        let region = self.kernel.region_open_in(task, policy, ownership).unwrap();
        self.name(region, name)
    }

    pub fn task(&mut self, name: &str, region: Handle) -> Handle {
        let task = self.kernel.region_spawn(region).unwrap();
        self.name(task, name)
    }

    pub fn task_with(&mut self, name: &str, region: Handle, budget: Budget) -> Handle {
        let task = self.kernel.region_spawn_with(region, budget).unwrap();
        self.name(task, name)
    }

    /// A task whose body has been started.
    pub fn started(&mut self, name: &str, region: Handle) -> Handle {
        let task = self.task(name, region);
        assert_eq!(self.turn(), [format!("start {name}")]);
        task
    }

    /// A region and a started task in it.
    pub fn started_in_region(&mut self, name: &str, policy: Policy) -> (Handle, Handle) {
        let region = self.region("r", self.root(), policy);
        (region, self.started(name, region))
    }

    pub fn op(&mut self, name: &str, task: Handle, kind: HostOpKind, token: u32) -> Handle {
        let op = self.kernel.host_open(task, kind, token).unwrap().unwrap();
        self.name(op, name)
    }

    pub fn obligation(&mut self, name: &str, task: Handle, kind: ObligationKind) -> Handle {
        let obligation = self.kernel.obligation_reserve(task, kind).unwrap();
        self.name(obligation, name)
    }

    pub fn semaphore(&mut self, name: &str, region: Handle, permits: u32) -> Handle {
        self.semaphore_with(name, region, permits, PermitFlow::Returned)
    }

    pub fn semaphore_with(
        &mut self,
        name: &str,
        region: Handle,
        permits: u32,
        flow: PermitFlow,
    ) -> Handle {
        let opened = self.kernel.semaphore_open(region, permits, flow);
        self.name(opened.unwrap(), name)
    }

    /// Asks for permits, under a token that says how many.
    pub fn ask(&mut self, name: &str, task: Handle, semaphore: Handle, permits: u32) -> Handle {
        let kind = ObligationKind::SemaphorePermit;
        let asked = self
            .kernel
            .semaphore_acquire(task, semaphore, permits, kind, permits);
        self.check();
        self.name(asked.unwrap(), name)
    }

    pub fn commit(&mut self, obligation: Handle) {
        self.kernel.obligation_commit(obligation).unwrap();
        self.check();
    }

    pub fn abort(&mut self, obligation: Handle) {
        self.kernel.obligation_abort(obligation).unwrap();
        self.check();
    }

    /// Permits of a semaphore that are available, held, and obligations that wait.
    pub fn permits(&self, semaphore: Handle) -> [u32; 3] {
        let status = self.kernel.semaphore_status(semaphore).unwrap();
        [status.available, status.held, status.waiting]
    }

    pub fn name(&mut self, handle: Handle, name: &str) -> Handle {
        self.names.insert(handle, name.to_owned());
        handle
    }

    // Letting the kernel work.

    /// One turn of the driver at the present time: the effects that it is to carry out.
    pub fn turn(&mut self) -> Vec<String> {
        self.kernel.tick(ms(self.now_ms));
        self.effects()
    }

    /// Advances the clock to `at_ms`, then one turn.
    pub fn at(&mut self, at_ms: u64) -> Vec<String> {
        assert!(at_ms >= self.now_ms, "the clock of a test goes forward");
        self.now_ms = at_ms;
        self.turn()
    }

    /// The effects that commands have made since, without a turn.
    pub fn effects(&mut self) -> Vec<String> {
        self.check();
        let effects = self.kernel.take_effects();
        effects.iter().map(|effect| self.effect(effect)).collect()
    }

    /// Turns until nothing is left to do at the present time.
    pub fn settle(&mut self) -> Vec<String> {
        let mut all = self.effects();
        while self.kernel.is_runnable() {
            all.append(&mut self.turn());
        }
        all
    }

    /// The events recorded since the last call.
    pub fn events(&mut self) -> Vec<String> {
        let seen = self.seen;
        let events: Vec<Event> = self
            .kernel
            .events()
            .filter(|event| event.seq > seen)
            .copied()
            .collect();
        self.seen = events.last().map_or(seen, |event| event.seq);
        events.iter().map(|event| self.event(event)).collect()
    }

    /// The events of one subject since the last call of [`Rig::events`], which are all taken.
    pub fn events_of(&mut self, name: &str) -> Vec<String> {
        let prefix = format!("{name} ");
        let mut events = self.events();
        events.retain(|event| event.starts_with(&prefix));
        events
            .iter()
            .map(|event| event[prefix.len()..].to_owned())
            .collect()
    }

    /// The events of obligations since the last call of [`Rig::events`], which are all taken.
    pub fn obligation_events(&mut self) -> Vec<String> {
        let mut events = self.events();
        events.retain(|event| event.contains("Obligation"));
        events
    }

    /// Obligations live, reserved, committed, aborted, leaked.
    pub fn obligations(&self) -> [u64; 5] {
        let counters = self.kernel.counters();
        [
            u64::from(counters.obligations_live),
            counters.obligations_reserved,
            counters.obligations_committed,
            counters.obligations_aborted,
            counters.obligations_leaked,
        ]
    }

    pub fn check(&self) {
        self.kernel.check_invariants().unwrap();
    }

    // Short forms of commands that a test expects to be taken.

    pub fn complete(&mut self, task: Handle, outcome: Outcome) -> Option<Outcome> {
        let done = self.kernel.task_complete(task, outcome).unwrap();
        self.check();
        done
    }

    pub fn cancel(&mut self, task: Handle, kind: CancelKind) {
        self.kernel.task_cancel(task, kind, "").unwrap();
        self.check();
    }

    pub fn cancel_region(&mut self, region: Handle, kind: CancelKind) {
        self.kernel.region_cancel(region, kind, "").unwrap();
        self.check();
    }

    pub fn sleep(&mut self, task: Handle, at_ms: u64, token: u32) {
        self.kernel.task_sleep(task, ms(at_ms), token).unwrap();
        self.check();
    }

    pub fn checkpoint(&mut self, task: Handle) {
        self.kernel.task_checkpoint(task).unwrap();
        self.check();
    }

    pub fn reason(&self, task: Handle) -> Arc<CancelReason> {
        self.kernel
            .task_reason(task)
            .unwrap()
            .expect("a cancelled task")
    }

    pub fn is_live_task(&self, task: Handle) -> bool {
        self.kernel.task_state(task).is_ok()
    }

    pub fn is_live_region(&self, region: Handle) -> bool {
        self.kernel.region_state(region).is_ok()
    }

    // Text.

    fn name_of(&self, handle: Handle) -> String {
        match self.names.get(&handle) {
            Some(name) => name.clone(),
            None => format!("?{:x}", handle.raw()),
        }
    }

    /// The name of something that the test has named.
    pub fn named(&self, handle: Handle) -> &str {
        &self.names[&handle]
    }

    fn effect(&mut self, effect: &Effect) -> String {
        let by = |reason: &Option<Arc<CancelReason>>| match reason {
            Some(reason) => format!(" by {:?}", reason.kind),
            None => String::new(),
        };
        match effect {
            Effect::Start { task } => format!("start {}", self.name_of(*task)),
            Effect::Resume { task, token: 0, .. } => format!("resume {}", self.name_of(*task)),
            Effect::Resume { task, token, code } => {
                format!("resume {} #{token} -> {code}", self.name_of(*task))
            }
            Effect::Fail {
                task,
                token: 0,
                reason,
            } => format!("fail {} {:?}", self.name_of(*task), reason.kind),
            Effect::Fail {
                task,
                token,
                reason,
            } => format!("fail {} #{token} {:?}", self.name_of(*task), reason.kind),
            Effect::Finalize { task } => format!("finalize {}", self.name_of(*task)),
            Effect::TaskDone {
                task,
                outcome,
                reason,
            } => format!("done {} {outcome:?}{}", self.name_of(*task), by(reason)),
            Effect::TaskRevoked {
                task,
                successor,
                reason,
            } => {
                let name = self.name_of(*task);
                if let Some(successor) = successor {
                    self.name(*successor, &format!("{name}'"));
                }
                format!("revoked {name}{}", by(reason))
            }
            Effect::HostCancel { op, reason } => {
                format!("abort {} by {:?}", self.name_of(*op), reason.kind)
            }
            Effect::HostDropped { op } => format!("dropped {}", self.name_of(*op)),
            Effect::HostRevoked { op } => format!("revoked {}", self.name_of(*op)),
            Effect::ObligationLeaked {
                obligation,
                task,
                kind,
            } => format!(
                "leaked {} of {} {kind:?}",
                self.name_of(*obligation),
                self.name_of(*task)
            ),
            Effect::RegionFinalize { region } => format!("finalize {}", self.name_of(*region)),
            Effect::RegionClosed {
                region,
                outcome,
                reason,
            } => format!("closed {} {outcome:?}{}", self.name_of(*region), by(reason)),
        }
    }

    fn event(&self, event: &Event) -> String {
        let detail = match event.kind {
            EventKind::RegionDraining | EventKind::TaskCancelRequested => {
                CancelKind::from_code(event.detail).map(|kind| format!(" {kind:?}"))
            }
            EventKind::RegionClosed | EventKind::TaskCompleted | EventKind::FinalizerEnded => {
                Outcome::from_code(event.detail).map(|outcome| format!(" {outcome:?}"))
            }
            EventKind::TaskDispatched => Some(format!(
                " {}",
                ["Cancel", "Timed", "Ready"][event.detail as usize]
            )),
            EventKind::TaskCancelling
            | EventKind::HostOpLate
            | EventKind::HostOpCompleted
            | EventKind::SemaphoreOpened
            | EventKind::PermitsTaken
            | EventKind::PermitsPassed
            | EventKind::PermitsGiven => Some(format!(" {}", event.detail)),
            _ => None,
        };
        let subject = self.name_of(event.subject);
        format!("{subject} {:?}{}", event.kind, detail.unwrap_or_default())
    }
}
