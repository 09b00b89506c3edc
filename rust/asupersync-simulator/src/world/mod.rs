//! Owns the random world: commands to the kernel, most of them sensible and some of them
//! hostile, and bodies that answer at once, late, wrongly or never.

mod bodies;
mod choices;
mod obligations;
mod outside;
mod refusals;
mod semaphores;
mod shutdown;

use std::collections::VecDeque;

use asupersync_core::{
    Effect, Event, Handle, Kernel, KernelConfig, LeakPolicy, TieBreak, Time, TraceLevel,
};

use crate::check::{Finder, Finding, Step, ensure};
use crate::model::Model;
use crate::oracle::{Judge, Rules, oracles};
use crate::schedule::Record;
use choices::draw;

const DRAIN_MS: u64 = 50;
const TASKS: usize = 24;
const REGIONS: usize = 12;
const OPS: usize = 12;
const OBLIGATIONS: usize = 16;
const SEMAPHORES: usize = 6;

#[derive(Debug)]
pub(crate) struct World {
    kernel: Kernel,
    model: Model,
    random: u64,
    now_ms: u64,
    token: u32,
    dead: Vec<Handle>,
    judge: Judge,
    /// Whether the last tick told an end behind the turn of a task.
    has_end_behind: bool,
    /// Events taken out of the ring so far.
    seen: u64,
    /// The events of every step, if they are kept.
    pub(crate) trace: Option<Vec<Vec<Event>>>,
    pub(crate) rules: Rules,
    steps: u64,
    effects: u64,
    /// Whether some bodies spin during the shutdown: those runs are long.
    has_spinners: bool,
    /// Whether there are few semaphores and many who ask, so that lines form.
    has_crowds: bool,
    /// The last commands, if they are kept.
    pub(crate) log: Option<VecDeque<String>>,
}

impl World {
    pub(crate) fn new(seed: u64, ties: TieBreak, keeps_log: bool) -> Self {
        let mut random = seed.wrapping_mul(0x2545_F491_4F6C_DD1D);
        let mut pick = |from: &[u32]| {
            let nth = draw(&mut random) % from.len() as u64;
            from.get(usize::try_from(nth).unwrap_or(0))
                .copied()
                .unwrap_or(0)
        };
        let leak_policy = match pick(&[0, 1, 2]) {
            0 => LeakPolicy::Panic,
            1 => LeakPolicy::Report,
            _ => LeakPolicy::Abort,
        };
        let tag = pick(&[0, 1, 127]);
        let rules = Rules {
            cancel_streak: pick(&[1, 2, 16]),
            ties,
        };
        let kernel = Kernel::new(&KernelConfig {
            seed,
            ties,
            leak_policy,
            tag,
            drain_time_ns: DRAIN_MS * 1_000_000,
            cancel_streak: rules.cancel_streak,
            polls_per_tick: pick(&[1, 4, 64]),
            trace_capacity: 1 << 13,
            trace_level: TraceLevel::Full,
            generations_max: pick(&[0, 1, 3, u32::MAX]),
        });
        let model = Model::new(&kernel, DRAIN_MS * 1_000_000, leak_policy);
        Self {
            kernel,
            model,
            random,
            now_ms: 0,
            token: 0,
            dead: Vec::new(),
            judge: Judge::new(oracles(rules)),
            has_end_behind: false,
            seen: 0,
            trace: None,
            rules,
            steps: 0,
            effects: 0,
            has_spinners: seed.is_multiple_of(4),
            has_crowds: seed.is_multiple_of(3),
            log: keeps_log.then(VecDeque::new),
        }
    }

    /// Random commands, then a shutdown that must end.
    pub(crate) fn run(&mut self, steps: u32) -> Step<Record> {
        for step in 0..steps {
            if self.kernel.is_closed() {
                break;
            }
            self.step()?;
            if step % 16 == 0 {
                self.model.agree_on_snapshot(&self.kernel)?;
            }
        }
        self.close_down()?;
        self.judge.end()?;
        let counters = self.kernel.counters();
        Ok(Record {
            steps: self.steps,
            events: counters.events,
            dispatches: counters.dispatches,
            effects: self.effects,
            certificate: self.kernel.certificate(),
            fingerprint: self.kernel.fingerprint(),
        })
    }

    fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push_back(text());
            if log.len() > 60 {
                log.pop_front();
            }
        }
    }
}

// One step.
impl World {
    fn step(&mut self) -> Step {
        if self.has_crowds && self.chance(25) {
            return self.crowd();
        }
        match self.draw(100) {
            0..=27 => {
                let ahead = self.pick(&[0, 0, 1, 5, 20, 60]);
                self.now_ms += ahead;
                self.turn()
            }
            28..=37 => self.spawn(),
            38..=42 => self.open_region(),
            43..=46 => {
                let task = self.any_task();
                let kind = self.any_kind();
                self.cancel_task(task, kind)
            }
            47..=49 => self.cancel_region(),
            50..=51 => self.close_region(),
            52..=53 => self.region_timeout(),
            54..=55 => self.region_defer(),
            56..=60 => self.region_finalizer(),
            61..=63 => self.budget(),
            64..=67 => self.host_answer(),
            68..=71 => self.settle_obligation(),
            72 => self.limit_region(),
            73..=75 => self.manage_semaphore(),
            _ => {
                let task = self.active_task();
                self.act(task)
            }
        }
    }

    /// Somebody asks for permits, or gives some back.
    fn crowd(&mut self) -> Step {
        if self.model.semaphores.len() < SEMAPHORES / 3 {
            return self.manage_semaphore();
        }
        if self.chance(65) {
            let task = self.active_task();
            self.ask_permits(task)
        } else {
            self.settle_obligation()
        }
    }

    /// One turn of the driver, and the reactions of those that it woke.
    fn turn(&mut self) -> Step {
        let woken = self.tick()?;
        for task in woken {
            if self.chance(40) {
                self.act(task)?;
            }
        }
        Ok(())
    }

    fn tick(&mut self) -> Step<Vec<Handle>> {
        let now = Time::from_millis(self.now_ms);
        self.note(|| format!("tick {now:?}"));
        self.kernel.tick(now);
        self.has_end_behind = false;
        let woken = self.sync(None)?;
        let is_due = self.kernel.next_deadline().is_some_and(|at| at <= now);
        if !self.kernel.is_runnable() && !is_due {
            self.model.at_rest()?;
        }
        Ok(woken)
    }

    /// Tells the model what has happened and compares. Gives the tasks that were woken.
    fn sync(&mut self, announced: Option<Handle>) -> Step<Vec<Handle>> {
        self.steps += 1;
        let events = self.fresh_events()?;
        for event in &events {
            self.judge.event(event)?;
        }
        self.judge.rest()?;
        self.model.events(self.kernel.now(), &events)?;
        if let Some(trace) = &mut self.trace {
            trace.push(events);
        }
        if let Some(handle) = announced {
            self.model.announced(handle)?;
        }
        let mut woken = Vec::new();
        for effect in self.kernel.take_effects() {
            self.note(|| format!("    {effect:?}"));
            self.model
                .effect(&effect)
                .map_err(|error| format!("{effect:?}: {error}"))?;
            self.digest(&effect);
            match effect {
                Effect::Start { task }
                | Effect::Resume { task, .. }
                | Effect::Fail { task, .. }
                | Effect::Finalize { task } => woken.push(task),
                Effect::TaskDone { task, .. } => {
                    self.has_end_behind |= !woken.is_empty();
                    self.dead.push(task);
                }
                Effect::RegionClosed {
                    region, outcome, ..
                } => {
                    self.has_end_behind |= !woken.is_empty() && outcome.is_failure();
                    self.dead.push(region);
                }
                Effect::HostDropped { op } | Effect::HostRevoked { op } => self.dead.push(op),
                Effect::ObligationLeaked { obligation, .. } => self.dead.push(obligation),
                Effect::TaskRevoked { .. }
                | Effect::HostCancel { .. }
                | Effect::RegionFinalize { .. } => {}
            }
        }
        self.model.agree(&self.kernel)?;
        self.kernel
            .check_invariants()
            .map_err(|violation| Finding {
                finder: Finder::Invariants,
                message: format!("{violation:?}"),
            })?;
        Ok(woken)
    }

    /// The events since the last call.
    fn fresh_events(&mut self) -> Step<Vec<Event>> {
        let counters = self.kernel.counters();
        let held = counters.events - counters.events_dropped;
        let fresh = counters.events - self.seen;
        ensure!(fresh <= held, "the ring of the world is too small");
        self.seen = counters.events;
        let skipped = usize::try_from(held - fresh).map_err(|error| error.to_string())?;
        Ok(self.kernel.events().skip(skipped).copied().collect())
    }

    /// Adds an effect to the hash of all effects: their kind, their subject and their number.
    fn digest(&mut self, effect: &Effect) {
        let (kind, handle, number) = match effect {
            Effect::Start { task } => (1, task, 0),
            Effect::Resume { task, token, code } => (2, task, token ^ (code << 24)),
            Effect::Fail {
                task,
                token,
                reason,
            } => (3, task, token ^ (reason.id << 16)),
            Effect::Finalize { task } => (4, task, 0),
            Effect::TaskDone { task, outcome, .. } => (5, task, u32::from(outcome.code())),
            Effect::TaskRevoked { task, .. } => (6, task, 0),
            Effect::HostCancel { op, reason } => (7, op, reason.id),
            Effect::HostDropped { op } => (8, op, 0),
            Effect::HostRevoked { op } => (9, op, 0),
            Effect::RegionFinalize { region } => (10, region, 0),
            Effect::RegionClosed {
                region, outcome, ..
            } => (11, region, u32::from(outcome.code())),
            Effect::ObligationLeaked {
                obligation, kind, ..
            } => (12, obligation, u32::from(kind.code())),
        };
        let mut state = self.effects ^ handle.raw() ^ (u64::from(number) << 8) ^ (kind << 60);
        self.effects = draw(&mut state);
    }
}
