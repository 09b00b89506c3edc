//! Owns the commands of the outside: spawns, regions, cancellations, budgets, host answers.

use asupersync_core::{Budget, CancelKind, ErrorKind, Handle, HandleKind, Time};

use super::{REGIONS, TASKS, World};
use crate::check::Step;
use crate::model::tighter;
impl World {
    pub(super) fn spawn(&mut self) -> Step {
        if self.model.tasks.len() >= TASKS {
            return Ok(());
        }
        let region = self.any_region();
        let asked = Budget {
            deadline: if self.chance(15) {
                self.some_time()
            } else {
                Time::NEVER
            },
            polls: if self.chance(20) {
                u32::from(self.draw_u8(4))
            } else {
                u32::MAX
            },
            cost: self.some_quota(),
            priority: self.draw_u8(8),
        };
        let mut expected = self.open_refusal(region);
        if expected.is_empty() && self.has_no_room_for_task(region) {
            expected = &[ErrorKind::LimitReached];
        }
        let task = self.command(
            expected,
            format_args!("spawn {region:?} {asked:?}"),
            |kernel| kernel.region_spawn_with(region, asked),
        )?;
        if let Some(task) = task {
            self.model.spawned(region, asked, task)?;
        }
        self.sync(None).map(drop)
    }

    pub(super) fn open_region(&mut self) -> Step {
        if self.model.regions.len() >= REGIONS {
            return Ok(());
        }
        let parent = self.any_region();
        let policy = self.any_policy();
        let mut expected = self.open_refusal(parent);
        if expected.is_empty() && self.has_no_room_for_region(parent) {
            expected = &[ErrorKind::LimitReached];
        }
        let region = self.command(
            expected,
            format_args!("open {parent:?} {policy:?}"),
            |kernel| kernel.region_open(parent, policy),
        )?;
        if let Some(region) = region {
            self.model.opened(parent, policy, region)?;
        }
        self.sync(None).map(drop)
    }

    pub(super) fn cancel_task(&mut self, task: Handle, kind: CancelKind) -> Step {
        let expected = self.refusal(task, HandleKind::Task);
        let message = self.pick(&["", "a", "b"]);
        let asked = self.command(
            expected,
            format_args!("cancel {task:?} {kind:?}"),
            |kernel| kernel.task_cancel(task, kind, message),
        )?;
        if asked.is_some() {
            self.model.cancel_task(task, kind.severity());
        }
        self.sync(None).map(drop)
    }

    pub(super) fn cancel_region(&mut self) -> Step {
        let region = self.any_region();
        if region == self.model.root && self.chance(95) {
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
            self.model.cancel_region(region, kind.severity());
        }
        self.sync(None).map(drop)
    }

    pub(super) fn close_region(&mut self) -> Step {
        let region = self.any_region();
        if region == self.model.root && self.chance(95) {
            return Ok(());
        }
        let expected = self.refusal(region, HandleKind::Region);
        let closed = self.command(expected, format_args!("close {region:?}"), |kernel| {
            kernel.region_close(region)
        })?;
        if closed.is_some() {
            self.model.stop_admitting(region);
        }
        self.sync(None).map(drop)
    }

    pub(super) fn region_timeout(&mut self) -> Step {
        let region = self.any_region();
        if region == self.model.root {
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
            && let Some(record) = self.model.regions.get_mut(&region)
            && !record.asked
        {
            record.timeout = record.timeout.min(at);
        }
        self.sync(None).map(drop)
    }

    pub(super) fn region_defer(&mut self) -> Step {
        let region = self.any_region();
        let expected = self.open_refusal(region);
        let deferred = self.command(expected, format_args!("defer {region:?}"), |kernel| {
            kernel.region_defer(region)
        })?;
        if deferred.is_some()
            && let Some(record) = self.model.regions.get_mut(&region)
        {
            record.finalizers += 1;
        }
        self.sync(None).map(drop)
    }

    pub(super) fn region_finalizer(&mut self) -> Step {
        let due = self.regions_due();
        let region = if due.is_empty() || self.chance(5) {
            self.any_region()
        } else {
            self.pick(&due)
        };
        self.spawn_finalizer(region)
    }

    pub(super) fn regions_due(&self) -> Vec<Handle> {
        let due = self.model.regions.iter().filter(|(_, r)| r.finalizer_due);
        due.map(|(handle, _)| *handle).collect()
    }

    pub(super) fn spawn_finalizer(&mut self, region: Handle) -> Step {
        let mut expected = self.refusal(region, HandleKind::Region);
        if expected.is_empty() && !self.model.regions[&region].finalizer_due {
            expected = &[ErrorKind::WrongState];
        }
        let task = self.command(expected, format_args!("finalizer {region:?}"), |kernel| {
            kernel.region_finalizer_spawn(region)
        })?;
        if let Some(task) = task {
            self.model.finalizer_spawned(region, task)?;
        }
        self.sync(None).map(drop)
    }

    pub(super) fn budget(&mut self) -> Step {
        let task = self.any_task();
        let asked = Budget {
            deadline: if self.chance(50) {
                self.some_time()
            } else {
                Time::NEVER
            },
            polls: if self.chance(30) {
                u32::from(self.draw_u8(10))
            } else {
                u32::MAX
            },
            cost: self.some_quota(),
            priority: self.draw_u8(9),
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
        if met.is_some()
            && let Some(record) = self.model.tasks.get_mut(&task)
        {
            record.budget = tighter(record.budget, asked);
        }
        self.sync(None).map(drop)
    }

    pub(super) fn host_answer(&mut self) -> Step {
        let op = self.any_op();
        let code = u32::from(self.draw_u8(2));
        let completes = self.chance(60);
        self.answer(op, code, completes)
    }

    pub(super) fn answer(&mut self, op: Handle, code: u32, completes: bool) -> Step {
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
            self.model.answered(op, code);
            if completes {
                self.dead.push(op);
            }
        }
        self.sync(None).map(drop)
    }
}
