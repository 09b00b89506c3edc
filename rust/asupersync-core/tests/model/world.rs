//! Owns the driver of the model: random commands, most of them sensible and some of them
//! hostile, and bodies that answer at once, late, wrongly or never.

use std::collections::VecDeque;

use asupersync_core::{
    Budget, CancelKind, Effect, ErrorKind, Handle, HandleKind, HostOpKind, Kernel, KernelConfig,
    KernelError, Outcome, Ownership, Policy, TieBreak, Time,
};

use crate::oracle::{Check, Oracle, Phase, Wait, ensure};

const DRAIN_MS: u64 = 50;
const TASKS: usize = 24;
const REGIONS: usize = 12;
const OPS: usize = 12;

/// Turns that a shutdown may take, whatever the bodies do.
const CLOSE_TURNS: usize = 20_000;

/// What a run leaves to compare: equal for equal seeds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Record {
    pub(crate) fingerprint: u64,
    pub(crate) certificate: u64,
    pub(crate) effects: u64,
    pub(crate) dispatches: u64,
}

#[derive(Debug)]
pub(crate) struct World {
    kernel: Kernel,
    oracle: Oracle,
    random: u64,
    now_ms: u64,
    token: u32,
    dead: Vec<Handle>,
    effects: u64,
    /// Whether some bodies spin during the shutdown: those runs are long.
    has_spinners: bool,
    /// The last commands, if they are kept.
    pub(crate) log: Option<VecDeque<String>>,
}

impl World {
    pub(crate) fn new(seed: u64, ties: TieBreak, keeps_log: bool) -> Self {
        let mut random = seed.wrapping_mul(0x2545_F491_4F6C_DD1D);
        let mut pick = |from: &[u32]| from[(draw(&mut random) % from.len() as u64) as usize];
        let kernel = Kernel::new(&KernelConfig {
            seed,
            ties,
            tag: pick(&[0, 1, 127]),
            drain_time_ns: DRAIN_MS * 1_000_000,
            cancel_streak: pick(&[1, 2, 16]),
            polls_per_tick: pick(&[1, 4, 64]),
            trace_capacity: 1 << 13,
            generations_max: pick(&[0, 1, 3, u32::MAX]),
        });
        let oracle = Oracle::new(&kernel, DRAIN_MS * 1_000_000);
        Self {
            kernel,
            oracle,
            random,
            now_ms: 0,
            token: 0,
            dead: Vec::new(),
            effects: 0,
            has_spinners: seed.is_multiple_of(4),
            log: keeps_log.then(VecDeque::new),
        }
    }

    /// Random commands, then a shutdown that must end.
    pub(crate) fn run(&mut self, steps: usize) -> Check<Record> {
        for step in 0..steps {
            if self.kernel.is_closed() {
                break;
            }
            self.step()?;
            if step % 16 == 0 {
                self.oracle.agree_on_snapshot(&self.kernel)?;
            }
        }
        self.close_down()?;
        Ok(Record {
            fingerprint: self.kernel.fingerprint(),
            certificate: self.kernel.certificate(),
            effects: self.effects,
            dispatches: self.kernel.counters().dispatches,
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

    fn draw(&mut self, below: usize) -> usize {
        (draw(&mut self.random) % below.max(1) as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.draw(100) < percent
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.draw(from.len())]
    }
}

// Choosing.
impl World {
    fn any_task(&mut self) -> Handle {
        let live: Vec<Handle> = self.oracle.tasks.keys().copied().collect();
        self.one_of(live)
    }

    /// A task whose code runs, if there is one.
    fn active_task(&mut self) -> Handle {
        let oracle = &self.oracle;
        let live = oracle.tasks.keys().copied();
        let active: Vec<Handle> = live.filter(|task| oracle.is_active(*task)).collect();
        self.one_of(active)
    }

    fn any_region(&mut self) -> Handle {
        let live: Vec<Handle> = self.oracle.regions.keys().copied().collect();
        self.one_of(live)
    }

    fn any_op(&mut self) -> Handle {
        let live: Vec<Handle> = self.oracle.ops.keys().copied().collect();
        self.one_of(live)
    }

    /// Mostly one of `live`, now and then one that has ended or never was.
    fn one_of(&mut self, live: Vec<Handle>) -> Handle {
        let luck = self.draw(100);
        if luck < 92 && !live.is_empty() {
            return self.pick(&live);
        }
        if luck < 97 && !self.dead.is_empty() {
            let nth = self.draw(self.dead.len());
            return self.dead[nth];
        }
        let root = self.oracle.root.raw();
        let forged = match self.draw(3) {
            0 => draw(&mut self.random),
            1 => root ^ (1 << self.draw(64)),
            _ => root + self.draw(1 << 26) as u64,
        };
        Handle::from_raw(forged)
    }

    fn any_kind(&mut self) -> CancelKind {
        self.pick(&CancelKind::ALL)
    }

    fn any_outcome(&mut self) -> Outcome {
        self.pick(&[
            Outcome::Ok,
            Outcome::Ok,
            Outcome::Ok,
            Outcome::Err,
            Outcome::Cancelled,
            Outcome::Panicked,
        ])
    }

    fn some_time(&mut self) -> Time {
        let offset = self.draw(120) as u64;
        Time::from_millis((self.now_ms + offset).saturating_sub(20))
    }

    fn new_token(&mut self) -> u32 {
        self.token += 1;
        self.token
    }
}

// What the oracle expects a command to say.
impl World {
    /// Why a handle must be refused as one of `kind`, or nothing if it is live.
    fn refusal(&self, handle: Handle, kind: HandleKind) -> &'static [ErrorKind] {
        let is_live = match kind {
            HandleKind::Region => self.oracle.regions.contains_key(&handle),
            HandleKind::Task => self.oracle.tasks.contains_key(&handle),
            HandleKind::HostOp => self.oracle.ops.contains_key(&handle),
        };
        let tag = |handle: Handle| handle.raw() >> 46;
        if self.kernel.is_closed() {
            &[ErrorKind::RuntimeClosed]
        } else if is_live {
            &[]
        } else if handle.raw() >= 1 << 53 || handle.kind() != Some(kind) {
            &[ErrorKind::ForgedHandle]
        } else if tag(handle) != tag(self.oracle.root) {
            &[ErrorKind::ForeignHandle]
        } else if self.oracle.ended.contains_key(&handle) {
            &[ErrorKind::StaleHandle]
        } else {
            &[ErrorKind::StaleHandle, ErrorKind::ForgedHandle]
        }
    }

    /// As [`World::refusal`] for a task whose code must run.
    fn active_refusal(&self, task: Handle) -> &'static [ErrorKind] {
        let refusal = self.refusal(task, HandleKind::Task);
        if refusal.is_empty() && !self.oracle.is_active(task) {
            &[ErrorKind::WrongState]
        } else {
            refusal
        }
    }

    /// As [`World::refusal`] for a region that must be open.
    fn open_refusal(&self, region: Handle) -> &'static [ErrorKind] {
        let refusal = self.refusal(region, HandleKind::Region);
        if refusal.is_empty() && !self.oracle.regions[&region].admits {
            &[ErrorKind::ScopeClosed]
        } else {
            refusal
        }
    }

    /// Gives a command and checks that it is refused exactly when it must be, and that a
    /// refusal changes nothing.
    fn command<T: core::fmt::Debug>(
        &mut self,
        expected: &[ErrorKind],
        name: core::fmt::Arguments<'_>,
        command: impl FnOnce(&mut Kernel) -> Result<T, KernelError>,
    ) -> Check<Option<T>> {
        let picture = |kernel: &Kernel| (kernel.counters(), kernel.fingerprint());
        let before = picture(&self.kernel);
        let answer = command(&mut self.kernel);
        self.note(|| format!("  {name} -> {answer:?}"));
        match answer {
            Ok(value) => {
                ensure!(
                    expected.is_empty(),
                    "{name} was taken, not refused as {expected:?}"
                );
                Ok(Some(value))
            }
            Err(error) => {
                ensure!(
                    expected.contains(&error.kind),
                    "{name}: {error}, not {expected:?}"
                );
                ensure!(
                    picture(&self.kernel) == before,
                    "{name} was refused and changed something"
                );
                Ok(None)
            }
        }
    }
}

// One step.
impl World {
    fn step(&mut self) -> Check {
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
            64..=69 => self.host_answer(),
            _ => {
                let task = self.active_task();
                self.act(task)
            }
        }
    }

    /// One turn of the driver, and the reactions of those that it woke.
    fn turn(&mut self) -> Check {
        let woken = self.tick()?;
        for task in woken {
            if self.chance(40) {
                self.act(task)?;
            }
        }
        Ok(())
    }

    fn tick(&mut self) -> Check<Vec<Handle>> {
        let now = Time::from_millis(self.now_ms);
        self.note(|| format!("tick {now:?}"));
        self.kernel.tick(now);
        let woken = self.sync(None)?;
        let is_due = self.kernel.next_deadline().is_some_and(|at| at <= now);
        if !self.kernel.is_runnable() && !is_due {
            self.oracle.at_rest()?;
        }
        Ok(woken)
    }

    /// Tells the oracle what has happened and compares. Gives the tasks that were woken.
    fn sync(&mut self, announced: Option<Handle>) -> Check<Vec<Handle>> {
        self.oracle.events(&self.kernel)?;
        if let Some(handle) = announced {
            self.oracle.announced(handle)?;
        }
        let mut woken = Vec::new();
        for effect in self.kernel.take_effects() {
            self.note(|| format!("    {effect:?}"));
            self.oracle
                .effect(&effect)
                .map_err(|error| format!("{effect:?}: {error}"))?;
            self.digest(&effect);
            match effect {
                Effect::Start { task }
                | Effect::Resume { task, .. }
                | Effect::Fail { task, .. }
                | Effect::Finalize { task } => woken.push(task),
                Effect::TaskDone { task, .. } => self.dead.push(task),
                Effect::RegionClosed { region, .. } => self.dead.push(region),
                Effect::HostDropped { op } | Effect::HostRevoked { op } => self.dead.push(op),
                Effect::TaskRevoked { .. }
                | Effect::HostCancel { .. }
                | Effect::RegionFinalize { .. } => {}
            }
        }
        self.oracle.agree(&self.kernel)?;
        self.kernel
            .check_invariants()
            .map_err(|violation| format!("{violation:?}"))?;
        Ok(woken)
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
        };
        let mut state = self.effects ^ handle.raw() ^ (u64::from(number) << 8) ^ (kind << 60);
        self.effects = draw(&mut state);
    }
}

// Commands of the outside.
impl World {
    fn spawn(&mut self) -> Check {
        if self.oracle.tasks.len() >= TASKS {
            return Ok(());
        }
        let region = self.any_region();
        let asked = Budget {
            deadline: if self.chance(15) {
                self.some_time()
            } else {
                Time::NEVER
            },
            polls: if self.chance(10) {
                self.draw(6) as u32
            } else {
                u32::MAX
            },
            priority: self.draw(8) as u8,
        };
        let expected = self.open_refusal(region);
        let task = self.command(
            expected,
            format_args!("spawn {region:?} {asked:?}"),
            |kernel| kernel.region_spawn_with(region, asked),
        )?;
        if let Some(task) = task {
            self.oracle.spawned(region, asked.deadline, task)?;
            self.has_quota(task, asked);
        }
        self.sync(None).map(drop)
    }

    fn has_quota(&mut self, task: Handle, asked: Budget) {
        if let Some(record) = self.oracle.tasks.get_mut(&task) {
            record.has_quota |= asked.polls != u32::MAX;
        }
    }

    fn any_policy(&mut self) -> Policy {
        self.pick(&[
            Policy::FailFast,
            Policy::CollectAll,
            Policy::Race,
            Policy::Any,
        ])
    }

    fn open_region(&mut self) -> Check {
        if self.oracle.regions.len() >= REGIONS {
            return Ok(());
        }
        let parent = self.any_region();
        let policy = self.any_policy();
        let expected = self.open_refusal(parent);
        let region = self.command(
            expected,
            format_args!("open {parent:?} {policy:?}"),
            |kernel| kernel.region_open(parent, policy),
        )?;
        if let Some(region) = region {
            self.oracle.opened(parent, policy, region)?;
        }
        self.sync(None).map(drop)
    }

    fn cancel_task(&mut self, task: Handle, kind: CancelKind) -> Check {
        let expected = self.refusal(task, HandleKind::Task);
        let message = self.pick(&["", "a", "b"]);
        let asked = self.command(
            expected,
            format_args!("cancel {task:?} {kind:?}"),
            |kernel| kernel.task_cancel(task, kind, message),
        )?;
        if asked.is_some() {
            self.oracle.cancel_task(task, kind.severity());
        }
        self.sync(None).map(drop)
    }

    fn cancel_region(&mut self) -> Check {
        let region = self.any_region();
        if region == self.oracle.root && self.chance(95) {
            return Ok(());
        }
        let kind = self.any_kind();
        let expected = self.refusal(region, HandleKind::Region);
        let asked = self.command(
            expected,
            format_args!("cancel {region:?} {kind:?}"),
            |kernel| kernel.region_cancel(region, kind, ""),
        )?;
        if asked.is_some() {
            self.oracle.cancel_region(region, kind.severity());
        }
        self.sync(None).map(drop)
    }

    fn close_region(&mut self) -> Check {
        let region = self.any_region();
        if region == self.oracle.root && self.chance(95) {
            return Ok(());
        }
        let expected = self.refusal(region, HandleKind::Region);
        let closed = self.command(expected, format_args!("close {region:?}"), |kernel| {
            kernel.region_close(region)
        })?;
        if closed.is_some() {
            self.oracle.stop_admitting(region);
        }
        self.sync(None).map(drop)
    }

    fn region_timeout(&mut self) -> Check {
        let region = self.any_region();
        if region == self.oracle.root {
            return Ok(());
        }
        let at = self.some_time();
        let expected = self.refusal(region, HandleKind::Region);
        let armed = self.command(
            expected,
            format_args!("timeout {region:?} {at:?}"),
            |kernel| kernel.region_timeout(region, at),
        )?;
        if armed.is_some()
            && let Some(record) = self.oracle.regions.get_mut(&region)
            && !record.asked
        {
            record.timeout = record.timeout.min(at);
        }
        self.sync(None).map(drop)
    }

    fn region_defer(&mut self) -> Check {
        let region = self.any_region();
        let expected = self.open_refusal(region);
        let deferred = self.command(expected, format_args!("defer {region:?}"), |kernel| {
            kernel.region_defer(region)
        })?;
        if deferred.is_some()
            && let Some(record) = self.oracle.regions.get_mut(&region)
        {
            record.finalizers += 1;
        }
        self.sync(None).map(drop)
    }

    fn region_finalizer(&mut self) -> Check {
        let due = self.regions_due();
        let region = if due.is_empty() || self.chance(5) {
            self.any_region()
        } else {
            self.pick(&due)
        };
        self.spawn_finalizer(region)
    }

    fn regions_due(&self) -> Vec<Handle> {
        let due = self.oracle.regions.iter().filter(|(_, r)| r.finalizer_due);
        due.map(|(handle, _)| *handle).collect()
    }

    fn spawn_finalizer(&mut self, region: Handle) -> Check {
        let mut expected = self.refusal(region, HandleKind::Region);
        if expected.is_empty() && !self.oracle.regions[&region].finalizer_due {
            expected = &[ErrorKind::WrongState];
        }
        let task = self.command(expected, format_args!("finalizer {region:?}"), |kernel| {
            kernel.region_finalizer_spawn(region)
        })?;
        if let Some(task) = task {
            self.oracle.finalizer_spawned(region, task)?;
        }
        self.sync(None).map(drop)
    }

    fn budget(&mut self) -> Check {
        let task = self.any_task();
        let asked = Budget {
            deadline: if self.chance(50) {
                self.some_time()
            } else {
                Time::NEVER
            },
            polls: if self.chance(30) {
                self.draw(10) as u32
            } else {
                u32::MAX
            },
            priority: self.draw(9) as u8,
        };
        let mut expected = self.refusal(task, HandleKind::Task);
        if expected.is_empty() && asked.priority == 8 {
            expected = &[ErrorKind::LimitReached];
        }
        let met = self.command(
            expected,
            format_args!("budget {task:?} {asked:?}"),
            |kernel| kernel.task_budget(task, asked),
        )?;
        if met.is_some() {
            self.has_quota(task, asked);
            if let Some(record) = self.oracle.tasks.get_mut(&task) {
                record.deadline = record.deadline.min(asked.deadline);
            }
        }
        self.sync(None).map(drop)
    }

    fn host_answer(&mut self) -> Check {
        let op = self.any_op();
        let code = self.draw(2) as u32;
        let completes = self.chance(60);
        self.answer(op, code, completes)
    }

    fn answer(&mut self, op: Handle, code: u32, completes: bool) -> Check {
        let expected = self.refusal(op, HandleKind::HostOp);
        let name = format_args!("answer {op:?} {code} completes: {completes}");
        let answered = self.command(expected, name, |kernel| {
            if completes {
                kernel.host_complete(op, code)
            } else {
                kernel.host_notify(op, code)
            }
        })?;
        if answered.is_some() {
            self.oracle.answered(op, code);
            if completes {
                self.dead.push(op);
            }
        }
        self.sync(None).map(drop)
    }
}

// Commands of bodies.
impl World {
    /// `task` does something, whether or not it is its turn.
    fn act(&mut self, task: Handle) -> Check {
        match self.draw(28) {
            0..=3 => self.checkpoint(task),
            4..=6 => self.sleep(task),
            7..=8 => self.join(task),
            9..=11 => self.open_in(task),
            12..=14 => self.join_region(task),
            15..=18 => self.open_op(task),
            19 => self.wait_op(),
            20 => self.mask(task),
            21 => self.unmask(task),
            22 => self.defer(task),
            23..=25 => {
                let outcome = self.any_outcome();
                self.complete(task, outcome)
            }
            _ => {
                let outcome = self.any_outcome();
                self.finalized(task, outcome)
            }
        }
    }

    fn checkpoint(&mut self, task: Handle) -> Check {
        let expected = self.active_refusal(task);
        let taken = self.command(expected, format_args!("checkpoint {task:?}"), |kernel| {
            kernel.task_checkpoint(task)
        })?;
        if taken.is_some() {
            self.oracle.checkpointed(task);
        }
        self.sync(None).map(drop)
    }

    fn sleep(&mut self, task: Handle) -> Check {
        let (at, token) = (self.some_time(), self.new_token());
        let expected = self.active_refusal(task);
        let name = format_args!("sleep {task:?} {at:?} #{token}");
        let taken = self.command(expected, name, |kernel| kernel.task_sleep(task, at, token))?;
        if taken.is_some() {
            self.oracle.waits_for(task, token, Wait::Sleep(at))?;
        }
        self.sync(None).map(drop)
    }

    fn join(&mut self, task: Handle) -> Check {
        let (target, token) = (self.any_task(), self.new_token());
        let mut expected = self.active_refusal(task);
        if expected.is_empty() {
            expected = self.refusal(target, HandleKind::Task);
        }
        if expected.is_empty() && task == target {
            expected = &[ErrorKind::WrongState];
        }
        let name = format_args!("join {task:?} {target:?} #{token}");
        let taken = self.command(expected, name, |kernel| {
            kernel.task_join(task, target, token)
        })?;
        if taken.is_some() {
            self.oracle.waits_for(task, token, Wait::Join(target))?;
        }
        self.sync(None).map(drop)
    }

    fn open_in(&mut self, task: Handle) -> Check {
        if self.oracle.regions.len() >= REGIONS {
            return Ok(());
        }
        let policy = self.any_policy();
        let ownership = Ownership {
            shielded: self.chance(20),
            linked: self.chance(40),
        };
        let expected = self.active_refusal(task);
        let name = format_args!("open in {task:?} {policy:?} {ownership:?}");
        let region = self.command(expected, name, |kernel| {
            kernel.region_open_in(task, policy, ownership)
        })?;
        if let Some(region) = region {
            let Ownership { shielded, linked } = ownership;
            self.oracle
                .opened_in(task, policy, shielded, linked, region)?;
        }
        self.sync(None).map(drop)
    }

    fn join_region(&mut self, task: Handle) -> Check {
        let own = if self.oracle.tasks.contains_key(&task) {
            self.oracle.regions_of(task)
        } else {
            Vec::new()
        };
        let region = if own.is_empty() || self.chance(10) {
            self.any_region()
        } else {
            self.pick(&own)
        };
        let token = self.new_token();
        let mut expected = self.active_refusal(task);
        if expected.is_empty() {
            expected = self.refusal(region, HandleKind::Region);
        }
        if expected.is_empty() {
            let record = &self.oracle.regions[&region];
            if record.parent != Some(task) || record.joined {
                expected = &[ErrorKind::WrongState];
            }
        }
        let name = format_args!("join region {task:?} {region:?} #{token}");
        let taken = self.command(expected, name, |kernel| {
            kernel.region_join(task, region, token)
        })?;
        if taken.is_some() {
            self.oracle.waits_for(task, token, Wait::Region(region))?;
            self.oracle.stop_admitting(region);
            if let Some(record) = self.oracle.regions.get_mut(&region) {
                record.joined = true;
            }
        }
        self.sync(None).map(drop)
    }

    fn open_op(&mut self, task: Handle) -> Check {
        if self.oracle.ops.len() >= OPS {
            return Ok(());
        }
        let kind = self.pick(&[HostOpKind::Foreign, HostOpKind::Fetch, HostOpKind::Signal]);
        let token = if self.chance(70) { self.new_token() } else { 0 };
        let expected = self.active_refusal(task);
        let name = format_args!("host open {task:?} {kind:?} #{token}");
        let op = self.command(expected, name, |kernel| kernel.host_open(task, kind, token))?;
        if let Some(op) = op {
            self.oracle.host_opened(task, token, op)?;
        }
        self.sync(None).map(drop)
    }

    fn wait_op(&mut self) -> Check {
        let (op, token) = (self.any_op(), self.new_token());
        let mut expected = self.refusal(op, HandleKind::HostOp);
        if expected.is_empty() {
            let record = &self.oracle.ops[&op];
            let is_free = record.waiter.is_none() && !record.asked;
            let task = record.task;
            if !self.oracle.is_active(task) || !(is_free || self.oracle.must_observe(task)) {
                expected = &[ErrorKind::WrongState];
            }
        }
        let name = format_args!("host wait {op:?} #{token}");
        let taken = self.command(expected, name, |kernel| kernel.host_wait(op, token))?;
        if taken.is_some() {
            let task = self.oracle.ops[&op].task;
            if !self.oracle.must_observe(task)
                && let Some(record) = self.oracle.ops.get_mut(&op)
            {
                record.waiter = Some(token);
            }
            self.oracle.waits_for(task, token, Wait::Op(op))?;
        }
        self.sync(None).map(drop)
    }

    fn mask(&mut self, task: Handle) -> Check {
        let mut expected = self.active_refusal(task);
        if expected.is_empty() && self.oracle.tasks[&task].mask == 64 {
            expected = &[ErrorKind::LimitReached];
        }
        let taken = self.command(expected, format_args!("mask {task:?}"), |kernel| {
            kernel.task_mask(task)
        })?;
        if taken.is_some()
            && let Some(record) = self.oracle.tasks.get_mut(&task)
        {
            record.mask += 1;
        }
        self.sync(None).map(drop)
    }

    fn unmask(&mut self, task: Handle) -> Check {
        let mut expected = self.active_refusal(task);
        if expected.is_empty() {
            let record = &self.oracle.tasks[&task];
            let own = u32::from(record.is_finalizer || record.phase == Phase::Finalizer);
            if record.mask <= own {
                expected = &[ErrorKind::WrongState];
            }
        }
        let taken = self.command(expected, format_args!("unmask {task:?}"), |kernel| {
            kernel.task_unmask(task)
        })?;
        if taken.is_some()
            && let Some(record) = self.oracle.tasks.get_mut(&task)
        {
            record.mask -= 1;
        }
        self.sync(None).map(drop)
    }

    fn defer(&mut self, task: Handle) -> Check {
        let expected = self.active_refusal(task);
        let taken = self.command(expected, format_args!("defer {task:?}"), |kernel| {
            kernel.task_defer(task)
        })?;
        if taken.is_some()
            && let Some(record) = self.oracle.tasks.get_mut(&task)
        {
            record.finalizers += 1;
        }
        self.sync(None).map(drop)
    }

    fn complete(&mut self, task: Handle, outcome: Outcome) -> Check {
        let mut expected = self.refusal(task, HandleKind::Task);
        if let Some(record) = self.oracle.tasks.get(&task) {
            let nobody_asked = outcome == Outcome::Cancelled && !record.asked;
            if record.phase != Phase::Body || nobody_asked {
                expected = &[ErrorKind::WrongState];
            }
        }
        let done = self.command(
            expected,
            format_args!("complete {task:?} {outcome:?}"),
            |kernel| kernel.task_complete(task, outcome),
        )?;
        if done.is_some() {
            self.oracle.body_ended(task, outcome);
        }
        self.ended(task, done.flatten())
    }

    fn finalized(&mut self, task: Handle, outcome: Outcome) -> Check {
        let mut expected = self.refusal(task, HandleKind::Task);
        if let Some(record) = self.oracle.tasks.get(&task)
            && record.phase != Phase::Finalizer
        {
            expected = &[ErrorKind::WrongState];
        }
        let name = format_args!("finalized {task:?} {outcome:?}");
        let done = self.command(expected, name, |kernel| {
            kernel.task_finalized(task, outcome)
        })?;
        if done.is_some() {
            self.oracle.finalizer_ended(task, outcome);
        }
        self.ended(task, done.flatten())
    }

    fn ended(&mut self, task: Handle, done: Option<Outcome>) -> Check {
        self.sync(done.map(|_| task))?;
        if let Some(outcome) = done {
            self.dead.push(task);
            let recorded = self.oracle.ended.get(&task);
            ensure!(
                recorded == Some(&outcome),
                "{task:?} ended {recorded:?}, not {outcome:?}"
            );
        }
        Ok(())
    }
}

// The end.
impl World {
    /// Shuts down, with bodies that answer, hang, swallow or hide, until everything has closed.
    fn close_down(&mut self) -> Check {
        let root = self.oracle.root;
        let expected = self.refusal(root, HandleKind::Region);
        if self
            .command(expected, format_args!("shutdown"), Kernel::shutdown)?
            .is_some()
        {
            let shutdown = CancelKind::Shutdown.severity();
            self.oracle.cancel_region(root, shutdown);
        }
        let mut woken = self.sync(None)?;
        woken.extend(self.oracle.tasks.keys().copied().collect::<Vec<_>>());
        let mut turns = 0;
        loop {
            for task in core::mem::take(&mut woken) {
                self.answer_by_character(task)?;
            }
            let asked: Vec<Handle> = self.oracle.ops.keys().copied().collect();
            for op in asked {
                let drains = op.raw() % 4 != 0;
                let is_asked = self.oracle.ops.get(&op).is_some_and(|op| op.asked);
                if drains && is_asked {
                    self.answer(op, 0, true)?;
                }
            }
            for region in self.regions_due() {
                self.spawn_finalizer(region)?;
            }
            if self.kernel.is_closed() {
                break;
            }
            if self.kernel.is_runnable() {
                // A turn takes time: what spins under a mask is bounded by nothing else.
                self.now_ms += 1;
            } else {
                let next = self
                    .kernel
                    .next_deadline()
                    .ok_or("nothing will ever happen again")?;
                let next_ms = next.as_nanos().div_ceil(1_000_000);
                self.now_ms = self.now_ms.max(next_ms);
            }
            woken = self.tick()?;
            turns += 1;
            ensure!(turns < CLOSE_TURNS, "it has not closed in {turns} turns");
        }
        let counters = self.kernel.counters();
        let left = [
            counters.regions_live,
            counters.tasks_live,
            counters.host_ops_live,
            counters.timers_live,
        ];
        ensure!(left == [0; 4], "left after the close: {counters:?}");
        ensure!(
            counters.tasks_spawned == counters.tasks_completed,
            "{counters:?}"
        );
        ensure!(
            self.kernel.snapshot().is_empty(),
            "the snapshot is not empty"
        );
        ensure!(!self.kernel.is_runnable(), "there is still something to do");
        ensure!(
            self.kernel.next_deadline().is_none(),
            "there is still a deadline"
        );
        Ok(())
    }

    fn answer_by_character(&mut self, task: Handle) -> Check {
        if !self.oracle.is_active(task) {
            return Ok(());
        }
        let is_finalizer = self.oracle.tasks[&task].phase == Phase::Finalizer;
        match (task.slot() * 7 + task.generation()) % 16 {
            // It hangs.
            0..=2 => Ok(()),
            // It swallows whatever comes and waits again.
            3 if self.has_spinners => self.checkpoint(task),
            // It hides behind a mask and goes on.
            4 if self.has_spinners => {
                if self.oracle.tasks[&task].mask < 3 {
                    self.mask(task)?;
                }
                self.checkpoint(task)
            }
            _ if is_finalizer => self.finalized(task, Outcome::Ok),
            _ => self.complete(task, Outcome::Ok),
        }
    }
}

/// SplitMix64, as in the kernel.
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
