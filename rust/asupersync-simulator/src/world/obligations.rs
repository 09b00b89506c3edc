//! Owns the commands on obligations, on the limits of regions, and on costs.

use asupersync_core::{
    CancelKind, ErrorKind, EventKind, Handle, HandleKind, ObligationKind, RegionLimits,
};

use super::{OBLIGATIONS, World};
use crate::check::Step;
use crate::model::Phase;

impl World {
    pub(super) fn reserve(&mut self, task: Handle) -> Step {
        if self.model.obligations.len() >= OBLIGATIONS {
            return Ok(());
        }
        let kind = self.pick(&ObligationKind::ALL);
        let mut expected = self.active_refusal(task);
        if expected.is_empty() && self.has_no_room_for_obligation(self.model.tasks[&task].region) {
            expected = &[ErrorKind::LimitReached];
        }
        let name = format_args!("reserve {task:?} {kind:?}");
        let obligation = self.command(expected, name, |kernel| {
            kernel.obligation_reserve(task, kind)
        })?;
        if let Some(obligation) = obligation {
            self.model.reserved(task, kind, obligation)?;
        }
        self.sync(None).map(drop)
    }

    /// Some obligation is committed, aborted or handed over, by whoever.
    pub(super) fn settle_obligation(&mut self) -> Step {
        let obligation = self.any_obligation();
        match self.draw(3) {
            0 => self.end_obligation(obligation, true),
            1 => self.end_obligation(obligation, false),
            _ => self.transfer(obligation),
        }
    }

    fn end_obligation(&mut self, obligation: Handle, commits: bool) -> Step {
        let mut expected = self.refusal(obligation, HandleKind::Obligation);
        if expected.is_empty() && commits && self.model.is_asked_for(obligation) {
            expected = &[ErrorKind::WrongState];
        }
        let name = format_args!("settle {obligation:?} commits: {commits}");
        let ended = self.command(expected, name, |kernel| {
            if commits {
                kernel.obligation_commit(obligation)
            } else {
                kernel.obligation_abort(obligation)
            }
        })?;
        if ended.is_some() {
            let event = if commits {
                EventKind::ObligationCommitted
            } else {
                EventKind::ObligationAborted
            };
            if !commits {
                self.model.forget_asking(obligation);
            }
            self.model.ordered(obligation, event);
            self.dead.push(obligation);
        }
        self.sync(None).map(drop)
    }

    fn transfer(&mut self, obligation: Handle) -> Step {
        let task = self.any_task();
        let mut expected = self.refusal(obligation, HandleKind::Obligation);
        if expected.is_empty() && self.model.is_asked_for(obligation) {
            expected = &[ErrorKind::WrongState];
        }
        if expected.is_empty() {
            expected = self.refusal(task, HandleKind::Task);
        }
        if expected.is_empty() {
            let from = self.model.obligations[&obligation].task;
            let (holder, target) = (&self.model.tasks[&from], &self.model.tasks[&task]);
            let (left, entered) = (holder.region, target.region);
            if from == task {
                // It stays where it is.
            } else if target.phase == Phase::Drained {
                expected = &[ErrorKind::WrongState];
            } else if left != entered && self.has_no_room_for_obligation(entered) {
                expected = &[ErrorKind::LimitReached];
            }
        }
        let name = format_args!("transfer {obligation:?} to {task:?}");
        let taken = self.command(expected, name, |kernel| {
            kernel.obligation_transfer(obligation, task)
        })?;
        if taken.is_some() {
            self.model.transferred(obligation, task);
        }
        self.sync(None).map(drop)
    }

    pub(super) fn charge(&mut self, task: Handle) -> Step {
        let cost = self.draw(8) as u64;
        let expected = self.active_refusal(task);
        let name = format_args!("charge {task:?} {cost}");
        let taken = self.command(expected, name, |kernel| kernel.task_charge(task, cost))?;
        if taken.is_some() {
            let severity = CancelKind::CostBudget.severity();
            self.model.charged(task, cost, severity);
        }
        self.sync(None).map(drop)
    }

    pub(super) fn limit_region(&mut self) -> Step {
        let region = self.any_region();
        let mut limit = || {
            if self.chance(50) {
                u32::MAX
            } else {
                u32::from(self.draw_u8(6))
            }
        };
        let limits = RegionLimits {
            tasks: limit(),
            regions: limit(),
            obligations: limit(),
        };
        let expected = self.refusal(region, HandleKind::Region);
        let name = format_args!("limit {region:?} {limits:?}");
        let taken = self.command(expected, name, |kernel| {
            kernel.region_limits(region, limits)
        })?;
        if taken.is_some()
            && let Some(record) = self.model.regions.get_mut(&region)
        {
            record.limits = limits;
        }
        self.sync(None).map(drop)
    }

    fn limits_of(&self, region: Handle) -> RegionLimits {
        self.model.regions[&region].limits
    }

    pub(super) fn has_no_room_for_task(&self, region: Handle) -> bool {
        let [tasks, _, _] = self.model.held_by(region);
        tasks >= self.limits_of(region).tasks as usize
    }

    pub(super) fn has_no_room_for_region(&self, region: Handle) -> bool {
        let [_, regions, _] = self.model.held_by(region);
        regions >= self.limits_of(region).regions as usize
    }

    pub(super) fn has_no_room_for_obligation(&self, region: Handle) -> bool {
        let [_, _, obligations] = self.model.held_by(region);
        obligations >= self.limits_of(region).obligations as usize
    }
}
