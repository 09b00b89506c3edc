//! Owns the commands of bodies, given whether or not it is their turn.

use asupersync_core::{ErrorKind, Handle, HandleKind, HostOpKind, Outcome, Ownership};

use super::{OPS, REGIONS, World};
use crate::check::{Step, ensure};
use crate::model::{Phase, Wait, is_obligation};
impl World {
    /// `task` does something, whether or not it is its turn.
    pub(super) fn act(&mut self, task: Handle) -> Step {
        match self.draw(43) {
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
            23..=26 => self.reserve(task),
            27..=31 => self.charge(task),
            32..=37 => self.ask_permits(task),
            38..=40 => {
                let outcome = self.any_outcome();
                self.complete(task, outcome)
            }
            _ => {
                let outcome = self.any_outcome();
                self.finalized(task, outcome)
            }
        }
    }

    pub(super) fn checkpoint(&mut self, task: Handle) -> Step {
        let expected = self.active_refusal(task);
        let taken = self.command(expected, format_args!("checkpoint {task:?}"), |kernel| {
            kernel.task_checkpoint(task)
        })?;
        if taken.is_some() {
            self.model.checkpointed(task);
        }
        self.sync(None).map(drop)
    }

    fn sleep(&mut self, task: Handle) -> Step {
        let (at, token) = (self.some_time(), self.new_token());
        let expected = self.active_refusal(task);
        let name = format_args!("sleep {task:?} {at:?} #{token}");
        let taken = self.command(expected, name, |kernel| kernel.task_sleep(task, at, token))?;
        if taken.is_some() {
            self.model.waits_for(task, token, Wait::Sleep(at))?;
        }
        self.sync(None).map(drop)
    }

    fn join(&mut self, task: Handle) -> Step {
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
            self.model.waits_for(task, token, Wait::Join(target))?;
        }
        self.sync(None).map(drop)
    }

    fn open_in(&mut self, task: Handle) -> Step {
        if self.model.regions.len() >= REGIONS {
            return Ok(());
        }
        let policy = self.any_policy();
        let ownership = Ownership {
            shielded: self.chance(20),
            linked: self.chance(40),
        };
        let mut expected = self.active_refusal(task);
        if expected.is_empty() && self.has_no_room_for_region(self.model.tasks[&task].region) {
            expected = &[ErrorKind::LimitReached];
        }
        let name = format_args!("open in {task:?} {policy:?} {ownership:?}");
        let region = self.command(expected, name, |kernel| {
            kernel.region_open_in(task, policy, ownership)
        })?;
        if let Some(region) = region {
            let Ownership { shielded, linked } = ownership;
            self.model
                .opened_in(task, policy, shielded, linked, region)?;
        }
        self.sync(None).map(drop)
    }

    fn join_region(&mut self, task: Handle) -> Step {
        let own = if self.model.tasks.contains_key(&task) {
            self.model.regions_of(task)
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
            let record = &self.model.regions[&region];
            if record.parent != Some(task) || record.joined {
                expected = &[ErrorKind::WrongState];
            }
        }
        let name = format_args!("join region {task:?} {region:?} #{token}");
        let taken = self.command(expected, name, |kernel| {
            kernel.region_join(task, region, token)
        })?;
        if taken.is_some() {
            self.model.waits_for(task, token, Wait::Region(region))?;
            self.model.stop_admitting(region);
            if let Some(record) = self.model.regions.get_mut(&region) {
                record.joined = true;
            }
        }
        self.sync(None).map(drop)
    }

    fn open_op(&mut self, task: Handle) -> Step {
        if self.model.ops.len() >= OPS {
            return Ok(());
        }
        let kind = self.pick(&[HostOpKind::Foreign, HostOpKind::Fetch, HostOpKind::Signal]);
        let token = if self.chance(70) { self.new_token() } else { 0 };
        let mut expected = self.active_refusal(task);
        if expected.is_empty() && is_obligation(kind) && !self.model.must_observe(task) {
            let region = self.model.tasks[&task].region;
            if self.has_no_room_for_obligation(region) {
                expected = &[ErrorKind::LimitReached];
            }
        }
        let name = format_args!("host open {task:?} {kind:?} #{token}");
        let op = self.command(expected, name, |kernel| kernel.host_open(task, kind, token))?;
        if let Some(op) = op {
            self.model.host_opened(task, kind, token, op)?;
        }
        self.sync(None).map(drop)
    }

    fn wait_op(&mut self) -> Step {
        let (op, token) = (self.any_op(), self.new_token());
        let mut expected = self.refusal(op, HandleKind::HostOp);
        if expected.is_empty() {
            let record = &self.model.ops[&op];
            let is_free = record.waiter.is_none() && !record.asked;
            let task = record.task;
            if !self.model.is_active(task) || !(is_free || self.model.must_observe(task)) {
                expected = &[ErrorKind::WrongState];
            }
        }
        let name = format_args!("host wait {op:?} #{token}");
        let taken = self.command(expected, name, |kernel| kernel.host_wait(op, token))?;
        if taken.is_some() {
            let task = self.model.ops[&op].task;
            if !self.model.must_observe(task)
                && let Some(record) = self.model.ops.get_mut(&op)
            {
                record.waiter = Some(token);
            }
            self.model.waits_for(task, token, Wait::Op(op))?;
        }
        self.sync(None).map(drop)
    }

    pub(super) fn mask(&mut self, task: Handle) -> Step {
        let mut expected = self.active_refusal(task);
        if expected.is_empty() && self.model.tasks[&task].mask == 64 {
            expected = &[ErrorKind::LimitReached];
        }
        let taken = self.command(expected, format_args!("mask {task:?}"), |kernel| {
            kernel.task_mask(task)
        })?;
        if taken.is_some()
            && let Some(record) = self.model.tasks.get_mut(&task)
        {
            record.mask += 1;
        }
        self.sync(None).map(drop)
    }

    fn unmask(&mut self, task: Handle) -> Step {
        let mut expected = self.active_refusal(task);
        if expected.is_empty() {
            let record = &self.model.tasks[&task];
            let own = u32::from(record.is_finalizer || record.phase == Phase::Finalizer);
            if record.mask <= own {
                expected = &[ErrorKind::WrongState];
            }
        }
        let taken = self.command(expected, format_args!("unmask {task:?}"), |kernel| {
            kernel.task_unmask(task)
        })?;
        if taken.is_some()
            && let Some(record) = self.model.tasks.get_mut(&task)
        {
            record.mask -= 1;
        }
        self.sync(None).map(drop)
    }

    fn defer(&mut self, task: Handle) -> Step {
        let expected = self.active_refusal(task);
        let taken = self.command(expected, format_args!("defer {task:?}"), |kernel| {
            kernel.task_defer(task)
        })?;
        if taken.is_some()
            && let Some(record) = self.model.tasks.get_mut(&task)
        {
            record.finalizers += 1;
        }
        self.sync(None).map(drop)
    }

    pub(super) fn complete(&mut self, task: Handle, outcome: Outcome) -> Step {
        let mut expected = self.refusal(task, HandleKind::Task);
        if let Some(record) = self.model.tasks.get(&task) {
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
            self.model.body_ended(task, outcome);
        }
        self.ended(task, done.flatten())
    }

    pub(super) fn finalized(&mut self, task: Handle, outcome: Outcome) -> Step {
        let mut expected = self.refusal(task, HandleKind::Task);
        if let Some(record) = self.model.tasks.get(&task)
            && record.phase != Phase::Finalizer
        {
            expected = &[ErrorKind::WrongState];
        }
        let name = format_args!("finalized {task:?} {outcome:?}");
        let done = self.command(expected, name, |kernel| {
            kernel.task_finalized(task, outcome)
        })?;
        if done.is_some() {
            self.model.finalizer_ended(task, outcome);
        }
        self.ended(task, done.flatten())
    }

    fn ended(&mut self, task: Handle, done: Option<Outcome>) -> Step {
        ensure!(
            done.is_none() || !self.has_end_behind,
            "{task:?} is answered ahead of an end that its own tick tells"
        );
        self.sync(done.map(|_| task))?;
        if let Some(outcome) = done {
            self.dead.push(task);
            let recorded = self.model.ended.get(&task);
            ensure!(
                recorded == Some(&outcome),
                "{task:?} ended {recorded:?}, not {outcome:?}"
            );
        }
        Ok(())
    }
}
