//! Owns the commands on semaphores and channels.

use asupersync_core::{ErrorKind, Handle, HandleKind, ObligationKind, ObligationState, PermitFlow};

use super::{OBLIGATIONS, SEMAPHORES, World};
use crate::check::{Step, ensure};
use crate::model::Answer;

impl World {
    /// Somebody opens, adds to, closes or forgets some semaphore.
    pub(super) fn manage_semaphore(&mut self) -> Step {
        match self.draw(10) {
            0..=2 => self.open_semaphore(),
            3..=6 => self.open_channel(),
            7 => self.add_permits(),
            8 => self.close_semaphore(),
            // A crowd keeps what it stands before for a while.
            _ if self.has_crowds && self.chance(70) => Ok(()),
            _ => self.drop_semaphore(),
        }
    }

    const fn semaphores_max(&self) -> usize {
        if self.has_crowds {
            SEMAPHORES / 3
        } else {
            SEMAPHORES
        }
    }

    fn open_semaphore(&mut self) -> Step {
        if self.model.semaphores.len() >= self.semaphores_max() {
            return Ok(());
        }
        let (region, permits) = (self.any_region(), u32::from(self.draw_u8(4)));
        let flow = self.pick(&[PermitFlow::Returned, PermitFlow::Spent]);
        let expected = self.refusal(region, HandleKind::Region);
        let name = format_args!("semaphore {region:?} {permits} {flow:?}");
        let opened = self.command(expected, name, |kernel| {
            kernel.semaphore_open(region, permits, flow)
        })?;
        if let Some(new) = opened {
            self.model.semaphore_opened(region, permits, flow, new)?;
        }
        self.sync(None).map(drop)
    }

    fn open_channel(&mut self) -> Step {
        if self.model.semaphores.len() >= self.semaphores_max() {
            return Ok(());
        }
        let (region, capacity) = (self.any_region(), u32::from(self.draw_u8(4)));
        let mut expected = self.refusal(region, HandleKind::Region);
        if expected.is_empty() && capacity == 0 {
            expected = &[ErrorKind::InvalidNumber];
        }
        let name = format_args!("channel {region:?} {capacity}");
        let opened = self.command(expected, name, |kernel| {
            kernel.channel_open(region, capacity)
        })?;
        if let Some(halves) = opened {
            let halves = [halves.free, halves.items];
            self.model.channel_opened(region, capacity, halves)?;
        }
        self.sync(None).map(drop)
    }

    /// `task` asks for permits, and waits for them or does not.
    pub(super) fn ask_permits(&mut self, task: Handle) -> Step {
        if self.model.obligations.len() >= OBLIGATIONS {
            return Ok(());
        }
        let semaphore = self.any_semaphore();
        let permits = u32::from(self.pick(&[0_u8, 1, 1, 1, 1, 2, 3]));
        let waits = self.chance(80);
        let kind = self.pick(&[ObligationKind::SendPermit, ObligationKind::SemaphorePermit]);
        let token = if waits { self.new_token() } else { 0 };
        let expected = self.permits_refusal(task, semaphore, permits, waits);
        let name = format_args!("ask {task:?} {semaphore:?} {permits} #{token}");
        let asked = self.command(expected, name, |kernel| {
            if waits {
                kernel.semaphore_acquire(task, semaphore, permits, kind, token)
            } else {
                kernel.semaphore_try_acquire(task, semaphore, permits, kind)
            }
        })?;
        if let Some(new) = asked {
            let is_there = self.model.answer(semaphore, permits) == Answer::Granted;
            let fails = waits && self.model.must_observe(task);
            self.model
                .permits_asked(task, semaphore, permits, kind, token, new)?;
            let state = self.kernel.obligation_state(new);
            let expected = if is_there && !fails {
                ObligationState::Reserved
            } else {
                ObligationState::Asked
            };
            ensure!(state == Ok(expected), "{new:?} is {state:?}");
        }
        self.sync(None).map(drop)
    }

    fn permits_refusal(
        &self,
        task: Handle,
        semaphore: Handle,
        permits: u32,
        waits: bool,
    ) -> &'static [ErrorKind] {
        let mut expected = self.active_refusal(task);
        if expected.is_empty() {
            expected = self.refusal(semaphore, HandleKind::Semaphore);
        }
        if !expected.is_empty() {
            return expected;
        }
        if permits == 0 {
            return &[ErrorKind::InvalidNumber];
        }
        if self.has_no_room_for_obligation(self.model.tasks[&task].region) {
            return &[ErrorKind::LimitReached];
        }
        match self.model.answer(semaphore, permits) {
            Answer::Refused => &[ErrorKind::SemaphoreClosed],
            Answer::Wait if !waits => &[ErrorKind::WouldWait],
            Answer::Wait | Answer::Granted => &[],
        }
    }

    fn add_permits(&mut self) -> Step {
        let (semaphore, permits) = (self.any_semaphore(), u32::from(self.draw_u8(3)));
        let mut expected = self.refusal(semaphore, HandleKind::Semaphore);
        if expected.is_empty() {
            let record = &self.model.semaphores[&semaphore];
            if record.flow.other_half().is_some() {
                expected = &[ErrorKind::WrongState];
            } else if record.is_closed {
                expected = &[ErrorKind::SemaphoreClosed];
            }
        }
        let name = format_args!("add {semaphore:?} {permits}");
        let added = self.command(expected, name, |kernel| {
            kernel.semaphore_add(semaphore, permits)
        })?;
        if added.is_some() {
            self.model.permits_added(semaphore, permits);
        }
        self.sync(None).map(drop)
    }

    fn close_semaphore(&mut self) -> Step {
        let semaphore = self.any_semaphore();
        let expected = self.refusal(semaphore, HandleKind::Semaphore);
        let name = format_args!("close {semaphore:?}");
        let closed = self.command(expected, name, |kernel| kernel.semaphore_close(semaphore))?;
        if closed.is_some() {
            self.model.semaphore_closed(semaphore);
        }
        self.sync(None).map(drop)
    }

    fn drop_semaphore(&mut self) -> Step {
        let semaphore = self.any_semaphore();
        let expected = self.refusal(semaphore, HandleKind::Semaphore);
        let name = format_args!("drop {semaphore:?}");
        let dropped = self.command(expected, name, |kernel| kernel.semaphore_drop(semaphore))?;
        if dropped.is_some() {
            self.model.semaphore_dropped(semaphore);
            self.dead.push(semaphore);
        }
        self.sync(None).map(drop)
    }
}
