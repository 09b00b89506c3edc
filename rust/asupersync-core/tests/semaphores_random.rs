//! Random commands on semaphores and channels, beside a model that knows nothing of how the
//! kernel does it: a count, a line, and who holds what. After every command the model, the
//! kernel's invariants and an oracle over the trace alone agree.
//!
//! More worlds: `PROPTEST_CASES=10000 cargo test --release -p asupersync-core --test semaphores_random`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test may stop where it fails"
)]

mod support;

use std::collections::{BTreeMap, VecDeque};

use asupersync_core::{
    CancelKind, ErrorKind, Event, EventKind, Handle, KernelConfig, LeakPolicy, ObligationKind,
    ObligationState, Outcome, PermitFlow,
};
use proptest::prelude::*;
use support::{Rig, config};

/// What one step does; indices wrap around what there is.
#[derive(Clone, Copy, Debug)]
enum Step {
    Ask(usize, usize, u32),
    Try(usize, usize, u32),
    Commit(usize),
    Abort(usize),
    Transfer(usize, usize),
    Add(usize, u32),
    Close(usize),
    Cancel(usize),
    Mask(usize, bool),
    End(usize, bool),
    Turn,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let any = 0..64_usize;
    let step = prop_oneof![
        10 => (any.clone(), any.clone(), 1..4_u32).prop_map(|(t, s, n)| Step::Ask(t, s, n)),
        2 => (any.clone(), any.clone(), 1..4_u32).prop_map(|(t, s, n)| Step::Try(t, s, n)),
        8 => any.clone().prop_map(Step::Commit),
        4 => any.clone().prop_map(Step::Abort),
        1 => (any.clone(), any.clone()).prop_map(|(o, t)| Step::Transfer(o, t)),
        2 => (any.clone(), 0..3_u32).prop_map(|(s, n)| Step::Add(s, n)),
        1 => any.clone().prop_map(Step::Close),
        1 => any.clone().prop_map(Step::Cancel),
        1 => (any.clone(), proptest::bool::ANY).prop_map(|(t, on)| Step::Mask(t, on)),
        1 => (any, proptest::bool::ANY).prop_map(|(t, well)| Step::End(t, well)),
        6 => Just(Step::Turn),
    ];
    proptest::collection::vec(step, 1..120)
}

/// An oracle over the trace alone: counts never fall below zero, a channel keeps its capacity,
/// and each line is served from its head.
#[derive(Default)]
struct TraceOracle {
    seen: u64,
    /// By slot: what is available.
    available: BTreeMap<u32, u32>,
    /// By slot: who waits or was just asked for, in order.
    lines: BTreeMap<u32, VecDeque<Handle>>,
    /// By obligation: the slot of its semaphore, and what it holds.
    holds: BTreeMap<Handle, (u32, u32)>,
    /// Slots of the halves of channels, and their capacity.
    channels: Vec<(u32, u32, u32)>,
    last: Option<Event>,
}

impl TraceOracle {
    fn read(&mut self, rig: &Rig) {
        let seen = self.seen;
        let fresh: Vec<Event> = rig
            .kernel
            .events()
            .filter(|e| e.seq > seen)
            .copied()
            .collect();
        for event in fresh {
            self.seen = event.seq;
            self.event(event);
            self.last = Some(event);
        }
        for (free, items, capacity) in &self.channels {
            let held: u32 = self
                .holds
                .values()
                .filter(|(slot, _)| slot == free || slot == items)
                .map(|(_, held)| held)
                .sum();
            assert_eq!(
                self.available[free] + self.available[items] + held,
                *capacity
            );
        }
    }

    fn event(&mut self, event: Event) {
        let slot = event.subject.slot();
        let last = self.last;
        match event.kind {
            EventKind::SemaphoreOpened => {
                self.available.insert(slot, event.detail);
            }
            EventKind::ChannelOpened => {
                let capacity = self.available[&slot];
                self.channels.push((slot, event.detail, capacity));
            }
            EventKind::PermitAsked => {
                self.holds.insert(event.subject, (event.detail, 0));
                let line = self.lines.entry(event.detail).or_default();
                line.push_back(event.subject);
            }
            EventKind::ObligationReserved => {
                let (of, _) = self.holds[&event.subject];
                let first = self.lines.get_mut(&of).unwrap().pop_front();
                assert_eq!(first, Some(event.subject), "granted before its turn");
            }
            EventKind::PermitsTaken => {
                let holder = last.expect("a grant before").subject;
                let available = self.available.get_mut(&slot).unwrap();
                *available = available.checked_sub(event.detail).expect("below zero");
                self.holds.insert(holder, (slot, event.detail));
            }
            EventKind::PermitsGiven => *self.available.get_mut(&slot).unwrap() += event.detail,
            EventKind::ObligationCommitted | EventKind::ObligationAborted => {
                let (of, _) = self.holds.remove(&event.subject).unwrap();
                let line = self.lines.get_mut(&of).unwrap();
                line.retain(|waiting| *waiting != event.subject);
            }
            other => assert!(
                other != EventKind::ObligationLeaked,
                "the policy is to abort"
            ),
        }
    }
}

struct World {
    rig: Rig,
    tasks: Vec<Handle>,
    semaphores: Vec<Handle>,
    obligations: Vec<Handle>,
    oracle: TraceOracle,
}

impl World {
    fn new() -> Self {
        let mut rig = Rig::with(&KernelConfig {
            leak_policy: LeakPolicy::Abort,
            ..config()
        });
        let root = rig.root();
        let halves = rig.kernel.channel_open(root, 3).unwrap();
        let semaphores = vec![
            rig.semaphore("lock", root, 1),
            rig.semaphore("many", root, 4),
            rig.semaphore_with("count", root, 0, PermitFlow::Spent),
            halves.free,
            halves.items,
        ];
        let tasks = (0..5)
            .map(|nth| rig.started(&format!("t{nth}"), root))
            .collect();
        Self {
            rig,
            tasks,
            semaphores,
            obligations: Vec::new(),
            oracle: TraceOracle::default(),
        }
    }

    fn step(&mut self, step: Step) {
        let kind = ObligationKind::SemaphorePermit;
        let task = |nth: usize| self.tasks[nth % self.tasks.len()];
        let semaphore = |nth: usize| self.semaphores[nth % self.semaphores.len()];
        let obligation = |nth: usize| {
            let count = self.obligations.len().max(1);
            self.obligations.get(nth % count).copied()
        };
        let kernel = &mut self.rig.kernel;
        let before = (
            kernel.counters(),
            kernel.fingerprint(),
            kernel.is_runnable(),
        );
        let refused = match step {
            Step::Ask(t, s, permits) => {
                let (task, semaphore) = (task(t), semaphore(s));
                let before = kernel.semaphore_status(semaphore).unwrap();
                let asked = kernel.semaphore_acquire(task, semaphore, permits, kind, 1);
                if let Ok(asked) = asked {
                    let is_there = before.waiting == 0 && before.available >= permits;
                    let is_reserved =
                        kernel.obligation_state(asked) == Ok(ObligationState::Reserved);
                    assert!(is_there || !is_reserved, "it passed those who wait");
                    self.obligations.push(asked);
                }
                asked.err()
            }
            Step::Try(t, s, permits) => {
                let tried = kernel.semaphore_try_acquire(task(t), semaphore(s), permits, kind);
                self.obligations.extend(tried);
                tried.err()
            }
            Step::Commit(o) => obligation(o).and_then(|o| kernel.obligation_commit(o).err()),
            Step::Abort(o) => obligation(o).and_then(|o| kernel.obligation_abort(o).err()),
            Step::Transfer(o, t) => {
                obligation(o).and_then(|o| kernel.obligation_transfer(o, task(t)).err())
            }
            Step::Add(s, permits) => kernel.semaphore_add(semaphore(s), permits).err(),
            Step::Close(s) => kernel.semaphore_close(semaphore(s)).err(),
            Step::Cancel(t) => kernel.task_cancel(task(t), CancelKind::User, "").err(),
            Step::Mask(t, true) => kernel.task_mask(task(t)).err(),
            Step::Mask(t, false) => kernel.task_unmask(task(t)).err(),
            Step::End(t, well) => {
                let outcome = if well { Outcome::Ok } else { Outcome::Panicked };
                kernel.task_complete(task(t), outcome).err()
            }
            Step::Turn => {
                self.rig.turn();
                None
            }
        };
        let kernel = &self.rig.kernel;
        if refused.is_some() {
            let after = (
                kernel.counters(),
                kernel.fingerprint(),
                kernel.is_runnable(),
            );
            assert_eq!(before, after, "a refusal changes nothing");
        }
        self.rig.check();
        self.oracle.read(&self.rig);
        let kernel = &self.rig.kernel;
        self.obligations
            .retain(|o| kernel.obligation_state(*o).is_ok());
    }

    /// Nothing is left when everybody has ended.
    fn end(mut self) {
        for task in self.tasks.clone() {
            let ended = self.rig.kernel.task_complete(task, Outcome::Ok);
            let is_stale = |e: asupersync_core::KernelError| e.kind == ErrorKind::StaleHandle;
            assert!(ended.is_ok() || ended.is_err_and(is_stale));
        }
        self.rig.settle();
        for semaphore in self.semaphores {
            let [_, held, waiting] = self.rig.permits(semaphore);
            assert_eq!([held, waiting], [0, 0]);
        }
        self.oracle.read(&self.rig);
        assert_eq!(self.rig.kernel.counters().obligations_live, 0);
    }
}

fn run(steps: &[Step]) -> (u64, u64) {
    let mut world = World::new();
    for step in steps {
        world.step(*step);
    }
    let hashes = (
        world.rig.kernel.fingerprint(),
        world.rig.kernel.certificate(),
    );
    world.end();
    hashes
}

proptest! {
    #[test]
    fn permits_are_neither_made_nor_lost_and_every_line_is_served_from_its_head(steps in steps()) {
        prop_assert_eq!(run(&steps), run(&steps));
    }
}
