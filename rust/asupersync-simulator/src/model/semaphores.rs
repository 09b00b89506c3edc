//! Owns what the model knows of semaphores and channels: a count, a line, and who was granted
//! what.

use std::collections::VecDeque;

use asupersync_core::{
    EventKind, Handle, Kernel, ObligationKind, ObligationState, PermitFlow, SemaphoreState,
    SemaphoreStatus,
};

use super::Model;
use super::records::{Obligation, Permit, Phase, Wait};
use crate::check::{Check, ensure};

/// Where committed permits go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flow {
    Returned,
    Spent,
    /// It is the free half of a channel, with the half of its items.
    ToItems(Handle),
    /// It is the half of a channel's items, with the free half.
    ToFree(Handle),
}

impl Flow {
    pub(crate) const fn other_half(self) -> Option<Handle> {
        match self {
            Self::ToItems(other) | Self::ToFree(other) => Some(other),
            Self::Returned | Self::Spent => None,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Semaphore {
    region: Handle,
    pub(crate) flow: Flow,
    pub(crate) is_closed: bool,
    available: u32,
    held: u32,
    line: VecDeque<Handle>,
    /// It was ordered to be forgotten.
    is_leaving: bool,
}

/// What one who asks is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    Granted,
    Wait,
    Refused,
}

// What commands do.
impl Model {
    pub(crate) fn semaphore_opened(
        &mut self,
        region: Handle,
        permits: u32,
        flow: PermitFlow,
        new: Handle,
    ) -> Check {
        let flow = match flow {
            PermitFlow::Returned => Flow::Returned,
            PermitFlow::Spent => Flow::Spent,
        };
        self.add_semaphore(region, permits, flow, new)
    }

    pub(crate) fn channel_opened(
        &mut self,
        region: Handle,
        capacity: u32,
        [free, items]: [Handle; 2],
    ) -> Check {
        self.add_semaphore(region, capacity, Flow::ToItems(items), free)?;
        self.add_semaphore(region, 0, Flow::ToFree(free), items)
    }

    fn add_semaphore(&mut self, region: Handle, count: u32, flow: Flow, new: Handle) -> Check {
        self.is_new(new)?;
        let record = Semaphore {
            region,
            flow,
            is_closed: false,
            available: count,
            held: 0,
            line: VecDeque::new(),
            is_leaving: false,
        };
        self.semaphores.insert(new, record);
        Ok(())
    }

    pub(crate) fn answer(&self, semaphore: Handle, permits: u32) -> Answer {
        let record = &self.semaphores[&semaphore];
        if self.prospect(record) < permits {
            Answer::Refused
        } else if record.line.is_empty() && record.available >= permits {
            Answer::Granted
        } else {
            Answer::Wait
        }
    }

    /// How many permits those who ask can ever have at once.
    fn prospect(&self, record: &Semaphore) -> u32 {
        match record.flow {
            _ if !record.is_closed => u32::MAX,
            Flow::Returned | Flow::ToItems(_) => 0,
            Flow::Spent => record.available + record.held,
            Flow::ToFree(free) => {
                let sending = self.semaphores.get(&free).map_or(0, |free| free.held);
                record.available + record.held + sending
            }
        }
    }

    /// `task` asked for permits under `token`, or without waiting if that is 0.
    pub(crate) fn permits_asked(
        &mut self,
        task: Handle,
        semaphore: Handle,
        permits: u32,
        kind: ObligationKind,
        token: u32,
        new: Handle,
    ) -> Check {
        self.is_new(new)?;
        let answer = self.answer(semaphore, permits);
        let fails = token != 0 && self.must_observe(task);
        let permit = Permit {
            semaphore,
            permits,
            is_granted: false,
            is_held: answer == Answer::Granted && !fails,
        };
        self.tally.reserved += 1;
        self.obligations.insert(
            new,
            Obligation {
                task,
                kind,
                permit: Some(permit),
            },
        );
        if fails {
            return self.waits_for(task, token, Wait::Permit(new));
        }
        if let Some(record) = self.semaphores.get_mut(&semaphore) {
            record.line.push_back(new);
        }
        if answer == Answer::Granted {
            // Its events say so: it is first in line, and they are there.
            return Ok(());
        }
        self.waits_for(task, token, Wait::Permit(new))
    }

    pub(crate) fn permits_added(&mut self, semaphore: Handle, permits: u32) {
        if let Some(record) = self.semaphores.get_mut(&semaphore) {
            record.available += permits;
        }
    }

    pub(crate) fn semaphore_closed(&mut self, semaphore: Handle) {
        for half in self.halves(semaphore) {
            if let Some(record) = self.semaphores.get_mut(&half) {
                record.is_closed = true;
            }
        }
    }

    pub(crate) fn semaphore_dropped(&mut self, semaphore: Handle) {
        for half in self.halves(semaphore) {
            if let Some(record) = self.semaphores.get_mut(&half) {
                record.is_leaving = true;
            }
        }
    }

    fn halves(&self, semaphore: Handle) -> Vec<Handle> {
        let other = self.semaphores[&semaphore].flow.other_half();
        core::iter::once(semaphore).chain(other).collect()
    }

    /// A command takes back what `obligation` has asked for: its task does not hear of it again.
    pub(crate) fn forget_asking(&mut self, obligation: Handle) {
        let Some(record) = self.obligations.get(&obligation) else {
            return;
        };
        if record.permit.is_none_or(|permit| permit.is_held) {
            return;
        }
        if let Some(task) = self.tasks.get_mut(&record.task) {
            task.waits
                .retain(|_, wait| *wait != Wait::Permit(obligation));
        }
    }

    /// The task of `obligation` was told that its permits are granted.
    pub(super) fn told(&mut self, obligation: Handle) {
        let record = self.obligations.get_mut(&obligation);
        if let Some(permit) = record.and_then(|record| record.permit.as_mut()) {
            permit.is_held = true;
        }
    }

    pub(crate) fn is_asked_for(&self, obligation: Handle) -> bool {
        let permit = self.obligations.get(&obligation).and_then(|o| o.permit);
        permit.is_some_and(|permit| !permit.is_granted)
    }
}

// What events say.
impl Model {
    pub(super) fn semaphore_event(&mut self, subject: Handle, event: EventKind) -> Check {
        let record = self.semaphores.get(&subject).ok_or("no such semaphore")?;
        if event == EventKind::SemaphoreClosed {
            ensure!(record.is_closed, "nobody closed it");
        }
        if event == EventKind::SemaphoreDropped {
            let region = &self
                .regions
                .get(&record.region)
                .ok_or("its region closed")?;
            ensure!(
                record.is_leaving || !region.admits,
                "nobody wanted to forget it"
            );
            ensure!(record.line.is_empty(), "some wait for it");
            self.semaphores.remove(&subject);
            self.ended.insert(subject, asupersync_core::Outcome::Ok);
        }
        Ok(())
    }

    /// The permits that `obligation` asked for were granted.
    pub(super) fn granted(&mut self, obligation: Handle) -> Check {
        let record = self.obligations.get_mut(&obligation);
        let permit = record.and_then(|record| record.permit.as_mut());
        let permit = permit.ok_or("it asked for nothing")?;
        ensure!(!permit.is_granted, "twice");
        permit.is_granted = true;
        let (permits, semaphore) = (permit.permits, permit.semaphore);
        self.granted.insert(obligation);
        let record = self.semaphores.get_mut(&semaphore);
        let record = record.ok_or("its semaphore is forgotten")?;
        ensure!(
            record.line.pop_front() == Some(obligation),
            "it is not the first in line"
        );
        let left = record.available.checked_sub(permits);
        record.available = left.ok_or("the permits are not there")?;
        record.held += permits;
        Ok(())
    }

    /// Whether the kernel may take back what `obligation` only asked for, or was not told of.
    pub(super) fn may_refuse(&self, obligation: Handle) -> bool {
        let Some(record) = self.obligations.get(&obligation) else {
            return false;
        };
        let task = self.tasks.get(&record.task);
        let Some(permit) = record.permit.filter(|permit| !permit.is_held) else {
            return false;
        };
        let goes_on = task.is_some_and(|task| {
            matches!(task.phase, Phase::Body | Phase::Finalizer) && !task.asked
        });
        if !goes_on || permit.is_granted {
            return !goes_on;
        }
        let semaphore = self.semaphores.get(&permit.semaphore);
        semaphore.is_none_or(|semaphore| {
            let region = self.regions.get(&semaphore.region);
            let goes_with_region = region.is_none_or(|region| !region.admits);
            semaphore.is_leaving || goes_with_region || self.prospect(semaphore) < permit.permits
        })
    }

    /// `obligation` has ended: its permits go where they go.
    pub(super) fn permits_given_back(
        &mut self,
        obligation: Handle,
        record: &Obligation,
        is_kept: bool,
    ) {
        let Some(permit) = record.permit else {
            return;
        };
        let Some(semaphore) = self.semaphores.get_mut(&permit.semaphore) else {
            return;
        };
        if !permit.is_granted {
            semaphore.line.retain(|other| *other != obligation);
            return;
        }
        semaphore.held -= permit.permits;
        let target = match semaphore.flow {
            Flow::Spent if is_kept => return,
            Flow::ToItems(other) | Flow::ToFree(other) if is_kept => other,
            Flow::Returned | Flow::Spent | Flow::ToItems(_) | Flow::ToFree(_) => permit.semaphore,
        };
        if let Some(target) = self.semaphores.get_mut(&target) {
            target.available += permit.permits;
        }
    }
}

// What must hold between two steps.
impl Model {
    pub(super) fn agree_on_semaphores(&self, kernel: &Kernel) -> Check {
        for (handle, record) in &self.semaphores {
            let expected = SemaphoreStatus {
                state: if record.is_closed {
                    SemaphoreState::Closed
                } else {
                    SemaphoreState::Open
                },
                available: record.available,
                held: record.held,
                waiting: u32::try_from(record.line.len()).map_err(|error| error.to_string())?,
            };
            let status = kernel.semaphore_status(*handle);
            ensure!(status == Ok(expected), "{handle:?} {record:?}: {status:?}");
            let first = record
                .line
                .front()
                .and_then(|first| self.obligations.get(first));
            if let Some(permit) = first.and_then(|first| first.permit) {
                ensure!(
                    permit.permits > record.available && permit.permits <= self.prospect(record),
                    "{handle:?} {record:?}: the first in line waits for nothing"
                );
            }
        }
        Ok(())
    }

    pub(super) fn state_of(&self, obligation: Handle) -> ObligationState {
        if self.is_asked_for(obligation) {
            ObligationState::Asked
        } else {
            ObligationState::Reserved
        }
    }
}
