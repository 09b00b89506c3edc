//! Random commands on semaphores and channels, beside a model that knows nothing of how the
//! kernel does it: a count, a line, and who holds what. After every command the model, the
//! kernel's invariants and an oracle over the trace alone agree, under every policy for leaks.
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
    CancelKind, Effect, ErrorKind, Event, EventKind, Handle, KernelConfig, KernelError, LeakPolicy,
    ObligationKind, ObligationState, Outcome, PermitFlow,
};
use proptest::prelude::*;
use support::{Rig, config};

/// What one step does; indices wrap around what there is.
#[derive(Clone, Copy, Debug)]
enum Step {
    Ask(usize, usize, u32),
    Try(usize, usize, u32),
    Pass(usize, usize),
    Commit(usize),
    Abort(usize),
    Transfer(usize, usize),
    Add(usize, u32),
    Close(usize),
    /// Forgets a semaphore, or a channel, and opens another one of its kind.
    Drop(usize),
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
        4 => (any.clone(), any.clone()).prop_map(|(t, s)| Step::Pass(t, s)),
        8 => any.clone().prop_map(Step::Commit),
        4 => any.clone().prop_map(Step::Abort),
        1 => (any.clone(), any.clone()).prop_map(|(o, t)| Step::Transfer(o, t)),
        2 => (any.clone(), 0..3_u32).prop_map(|(s, n)| Step::Add(s, n)),
        1 => any.clone().prop_map(Step::Close),
        1 => any.clone().prop_map(Step::Drop),
        1 => any.clone().prop_map(Step::Cancel),
        1 => (any.clone(), proptest::bool::ANY).prop_map(|(t, on)| Step::Mask(t, on)),
        1 => (any, proptest::bool::ANY).prop_map(|(t, well)| Step::End(t, well)),
        6 => Just(Step::Turn),
    ];
    proptest::collection::vec(step, 1..120)
}

/// An oracle over the trace alone: counts never fall below zero, a channel keeps its capacity,
/// each line is served from its head, and what outlives its semaphore goes nowhere.
#[derive(Default)]
struct TraceOracle {
    seen: u64,
    /// By slot: what is available.
    available: BTreeMap<u32, u32>,
    /// By slot: who waits or was just asked for, in order.
    lines: BTreeMap<u32, VecDeque<Handle>>,
    /// By obligation: the slot of its semaphore, unless that was forgotten, and what it holds.
    holds: BTreeMap<Handle, (Option<u32>, u32)>,
    /// Slots of the halves of channels, and their capacity.
    channels: Vec<(u32, u32, u32)>,
    leaked: u64,
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
            let halves = [Some(*free), Some(*items)];
            let of_it = self.holds.values().filter(|(of, _)| halves.contains(of));
            let held: u32 = of_it.map(|(_, held)| held).sum();
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
                let before = self.available.insert(slot, event.detail);
                assert_eq!(before, None, "two semaphores in one slot");
            }
            EventKind::ChannelOpened => {
                let capacity = self.available[&slot];
                self.channels.push((slot, event.detail, capacity));
            }
            EventKind::SemaphoreDropped => self.dropped(slot),
            EventKind::PermitAsked => {
                self.holds.insert(event.subject, (Some(event.detail), 0));
                let line = self.lines.entry(event.detail).or_default();
                line.push_back(event.subject);
            }
            EventKind::ObligationReserved => {
                let (of, _) = self.holds[&event.subject];
                let line = of.and_then(|of| self.lines.get_mut(&of)).unwrap();
                let first = line.pop_front();
                assert_eq!(first, Some(event.subject), "granted before its turn");
            }
            EventKind::PermitsTaken => {
                let holder = last.expect("a grant before").subject;
                let available = self.available.get_mut(&slot).unwrap();
                *available = available.checked_sub(event.detail).expect("below zero");
                self.holds.insert(holder, (Some(slot), event.detail));
            }
            EventKind::PermitsPassed => {
                let line = self.lines.get(&slot);
                assert!(line.is_none_or(VecDeque::is_empty), "passed those in line");
                let available = self.available.get_mut(&slot).unwrap();
                *available = available.checked_sub(event.detail).expect("below zero");
            }
            EventKind::PermitsGiven => *self.available.get_mut(&slot).unwrap() += event.detail,
            EventKind::ObligationLeaked => {
                self.leaked += 1;
                self.ended(event.subject);
            }
            EventKind::ObligationCommitted | EventKind::ObligationAborted => {
                self.ended(event.subject);
            }
            _ => {}
        }
    }

    fn ended(&mut self, obligation: Handle) {
        let (of, _) = self.holds.remove(&obligation).unwrap();
        if let Some(line) = of.and_then(|of| self.lines.get_mut(&of)) {
            line.retain(|waiting| *waiting != obligation);
        }
    }

    fn dropped(&mut self, slot: u32) {
        assert!(self.available.remove(&slot).is_some());
        let line = self.lines.remove(&slot).unwrap_or_default();
        assert!(line.is_empty(), "forgotten with some in line");
        self.channels
            .retain(|(free, items, _)| slot != *free && slot != *items);
        for (of, _) in self.holds.values_mut().filter(|(of, _)| *of == Some(slot)) {
            *of = None;
        }
    }
}

/// What is opened, and opened again when it was forgotten.
#[derive(Clone, Copy, Debug)]
enum Model {
    Semaphore(u32, PermitFlow),
    Channel(u32),
}

const MODELS: [Model; 4] = [
    Model::Semaphore(1, PermitFlow::Returned),
    Model::Semaphore(4, PermitFlow::Returned),
    Model::Semaphore(0, PermitFlow::Spent),
    Model::Channel(3),
];

struct World {
    rig: Rig,
    policy: LeakPolicy,
    tasks: Vec<Handle>,
    /// What each handle is of, or half of.
    semaphores: Vec<(Handle, Model)>,
    /// The last one that was forgotten: still asked for, now and then.
    forgotten: Option<Handle>,
    obligations: Vec<Handle>,
    oracle: TraceOracle,
}

impl World {
    fn new(policy: LeakPolicy) -> Self {
        let mut rig = Rig::with(&KernelConfig {
            leak_policy: policy,
            ..config()
        });
        let root = rig.root();
        let tasks = (0..5)
            .map(|nth| rig.started(&format!("t{nth}"), root))
            .collect();
        let mut world = Self {
            rig,
            policy,
            tasks,
            semaphores: Vec::new(),
            forgotten: None,
            obligations: Vec::new(),
            oracle: TraceOracle::default(),
        };
        for model in MODELS {
            world.open(model);
        }
        world
    }

    fn open(&mut self, model: Model) {
        let root = self.rig.root();
        match model {
            Model::Semaphore(permits, flow) => {
                let opened = self.rig.kernel.semaphore_open(root, permits, flow);
                self.semaphores.push((opened.unwrap(), model));
            }
            Model::Channel(capacity) => {
                let halves = self.rig.kernel.channel_open(root, capacity).unwrap();
                self.semaphores
                    .extend([(halves.free, model), (halves.items, model)]);
            }
        }
    }

    /// Opens another one where one was forgotten.
    fn replace(&mut self, dropped: Handle) {
        let kernel = &self.rig.kernel;
        let (live, gone): (Vec<_>, Vec<_>) = self
            .semaphores
            .iter()
            .partition(|(handle, _)| kernel.semaphore_status(*handle).is_ok());
        let (_, model) = *gone.first().expect("it is forgotten");
        let parts = match model {
            Model::Semaphore(..) => 1,
            Model::Channel(_) => 2,
        };
        assert_eq!(gone.len(), parts, "a channel is forgotten as a whole");
        self.forgotten = Some(dropped);
        self.semaphores = live;
        self.open(model);
    }

    /// The body of `task` ends: what it held leaks if it ended by itself, and then panics it
    /// under that policy.
    fn complete(&mut self, task: Handle, outcome: Outcome) -> Option<KernelError> {
        self.oracle.read(&self.rig);
        let (before, counted) = (self.oracle.leaked, self.rig.obligations()[4]);
        assert_eq!(before, counted);
        let ended = match self.rig.kernel.task_complete(task, outcome) {
            Ok(Some(ended)) => ended,
            // After the leaks that an effect names, so does its end.
            Ok(None) => self.told_end(task),
            Err(refused) => return Some(refused),
        };
        self.oracle.read(&self.rig);
        let has_leaked = self.oracle.leaked > before;
        let by_itself = ended != Outcome::Cancelled && outcome == Outcome::Ok;
        assert!(!has_leaked || by_itself && self.policy != LeakPolicy::Abort);
        let panics = has_leaked && self.policy == LeakPolicy::Panic;
        if by_itself {
            assert_eq!(ended == Outcome::Panicked, panics, "it ended {ended:?}");
        }
        None
    }

    /// The outcome of `task` among the effects.
    fn told_end(&mut self, task: Handle) -> Outcome {
        let effects = self.rig.kernel.take_effects();
        let end = effects.iter().find_map(|effect| match effect {
            Effect::TaskDone {
                task: ended,
                outcome,
                ..
            } if *ended == task => Some(*outcome),
            _ => None,
        });
        end.expect("nothing of it drains")
    }

    fn step(&mut self, step: Step) {
        let kind = ObligationKind::SemaphorePermit;
        let task = |nth: usize| self.tasks[nth % self.tasks.len()];
        let semaphore = |nth: usize| {
            let live = self.semaphores.iter().map(|(handle, _)| *handle);
            let known: Vec<_> = live.chain(self.forgotten).collect();
            known[nth % known.len()]
        };
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
                let before = kernel.semaphore_status(semaphore);
                let asked = kernel.semaphore_acquire(task, semaphore, permits, kind, 1);
                if let (Ok(before), Ok(asked)) = (before, asked) {
                    let is_there = before.waiting == 0 && before.available >= permits;
                    let is_reserved =
                        kernel.obligation_state(asked) == Ok(ObligationState::Reserved);
                    assert!(is_there || !is_reserved, "it passed those who wait");
                    self.obligations.push(asked);
                }
                asked.err()
            }
            Step::Pass(t, s) => {
                let (task, semaphore) = (task(t), semaphore(s));
                let before = kernel.semaphore_status(semaphore);
                let passed = kernel.semaphore_pass(task, semaphore, kind, 1);
                if let (Ok(before), Ok(None)) = (before, passed) {
                    assert_eq!(before.waiting, 0, "it passed those who wait");
                }
                if let Ok(Some(asked)) = passed {
                    let asked_only = kernel.obligation_state(asked) == Ok(ObligationState::Asked);
                    assert!(asked_only, "nobody would keep it");
                    self.obligations.push(asked);
                }
                passed.err()
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
            Step::Drop(s) => {
                let semaphore = semaphore(s);
                let dropped = kernel.semaphore_drop(semaphore);
                if dropped.is_ok() {
                    self.replace(semaphore);
                }
                dropped.err()
            }
            Step::Cancel(t) => kernel.task_cancel(task(t), CancelKind::User, "").err(),
            Step::Mask(t, true) => kernel.task_mask(task(t)).err(),
            Step::Mask(t, false) => kernel.task_unmask(task(t)).err(),
            Step::End(t, well) => {
                let outcome = if well { Outcome::Ok } else { Outcome::Panicked };
                let task = task(t);
                self.complete(task, outcome)
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
            let refused = self.complete(task, Outcome::Ok);
            assert!(refused.is_none_or(|error| error.kind == ErrorKind::StaleHandle));
        }
        self.rig.settle();
        for (semaphore, _) in self.semaphores {
            let [_, held, waiting] = self.rig.permits(semaphore);
            assert_eq!([held, waiting], [0, 0]);
        }
        self.oracle.read(&self.rig);
        assert_eq!(self.rig.kernel.counters().obligations_live, 0);
    }
}

fn run(policy: LeakPolicy, steps: &[Step]) -> (u64, u64) {
    let mut world = World::new(policy);
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
    fn permits_are_neither_made_nor_lost_and_every_line_is_served_from_its_head(
        policy in prop_oneof![
            Just(LeakPolicy::Panic),
            Just(LeakPolicy::Report),
            Just(LeakPolicy::Abort),
        ],
        steps in steps(),
    ) {
        prop_assert_eq!(run(policy, &steps), run(policy, &steps));
    }
}
