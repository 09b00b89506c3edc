//! Owns how permits move: who is granted them in which order, who is refused, and where they go
//! when they are given back. A worklist, so that a grant costs what it grants and nothing
//! recurses.

use super::{Kernel, label};
use crate::fingerprint::Causal;
use crate::handle::{ObligationKey, SemaphoreKey, TaskKey, WaitKey};
use crate::obligation::{Obligation, ObligationKind, ObligationState};
use crate::semaphore::{Flow, PERMITS_CLOSED, PERMITS_GRANTED, Permit, SemaphoreState};
use crate::trace::EventKind;
use crate::wait::{WaitKind, WaitProgress};

/// What a semaphore says to one who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    Granted,
    Wait,
    Refused,
}

impl Kernel {
    /// How many permits can ever be had at once by those who ask now.
    pub(crate) fn prospect(&self, key: SemaphoreKey) -> u32 {
        let record = self.semaphores.at(key);
        let feeds = record.flow.other_half();
        record.prospect(feeds.and_then(|other| self.semaphores.get(other)))
    }

    pub(super) fn answer(&self, key: SemaphoreKey, permits: u32) -> Answer {
        let record = self.semaphores.at(key);
        if self.prospect(key) < permits {
            Answer::Refused
        } else if record.line.is_empty() && record.available >= permits {
            Answer::Granted
        } else {
            Answer::Wait
        }
    }

    /// Records an obligation that asks for permits of a semaphore, or of none if its task has a
    /// cancellation to observe first. It is in no line yet.
    pub(super) fn add_asked(
        &mut self,
        task: TaskKey,
        semaphore: Option<SemaphoreKey>,
        permits: u32,
        kind: ObligationKind,
    ) -> ObligationKey {
        let event = EventKind::PermitAsked;
        let (born, owner) = (label(event, permits), self.tasks.at_mut(task));
        let causal = match semaphore {
            Some(key) => {
                let past = &mut self.semaphores.at_mut(key).causal;
                self.hashes.born_of_both(born, &mut owner.causal, past)
            }
            None => self.hashes.born(born, &mut owner.causal),
        };
        let permit = Permit {
            semaphore: semaphore.unwrap_or_default(),
            permits,
            wait: None,
        };
        let key = self.add_obligation(Obligation {
            task,
            links: Default::default(),
            kind,
            state: ObligationState::Asked,
            permit: Some(permit),
            place: Default::default(),
            causal,
        });
        let handle = self.obligation_handle(key);
        let slot = semaphore.map_or(0, |key| self.semaphore_handle(key).slot());
        let task = self.task_handle(task).raw();
        self.trace.record_with(self.now, event, handle, slot, task);
        key
    }

    /// Takes the permits that an asked obligation waits for: they are there, and nobody is
    /// before it.
    pub(super) fn reserve_asked(&mut self, key: ObligationKey) {
        let obligation = self.obligations.at_mut(key);
        let Some(permit) = obligation.permit else {
            return;
        };
        obligation.state = ObligationState::Reserved;
        let detail = u32::from(obligation.kind.code());
        let semaphore = self.semaphores.at_mut(permit.semaphore);
        semaphore.available -= permit.permits;
        semaphore.held += permit.permits;
        self.hashes.write_both(
            label(EventKind::ObligationReserved, detail),
            &mut obligation.causal,
            &mut semaphore.causal,
        );
        let (handle, of) = (
            self.obligation_handle(key),
            self.semaphore_handle(permit.semaphore),
        );
        let task = self.task_handle(self.obligations.at(key).task).raw();
        let (reserved, taken) = (EventKind::ObligationReserved, EventKind::PermitsTaken);
        self.trace
            .record_with(self.now, reserved, handle, detail, task);
        self.trace
            .record_with(self.now, taken, of, permit.permits, handle.raw());
    }

    /// Lets the semaphores to which permits have come, or whose lines are shorter now, grant
    /// what they can and refuse what they never will. O(granted and refused).
    pub(super) fn run_serving(&mut self) {
        while let Some(key) = self.serving.pop() {
            while let Some(first) = self.semaphores.get(key).and_then(|s| s.line.first()) {
                let Some(permit) = self.obligations.at(first).permit else {
                    break;
                };
                if self.prospect(key) < permit.permits {
                    self.refuse(first);
                } else if self.semaphores.at(key).available >= permit.permits {
                    self.leave_line(first);
                    self.reserve_asked(first);
                    let causal = self.obligations.at(first).causal;
                    if let Some(wait) = permit.wait {
                        let granted = WaitProgress::Done(PERMITS_GRANTED);
                        self.answer_wait(wait, granted, causal);
                    }
                } else {
                    break;
                }
            }
        }
    }

    /// Tells the first in line that it will never be served.
    pub(super) fn refuse(&mut self, key: ObligationKey) {
        self.leave_line(key);
        let obligation = self.obligations.at_mut(key);
        let Some(permit) = &mut obligation.permit else {
            return;
        };
        let wait = permit.wait.take();
        let semaphore = self.semaphores.at_mut(permit.semaphore);
        self.hashes.write_reading(
            label(EventKind::SemaphoreClosed, 0),
            &mut obligation.causal,
            &mut semaphore.causal,
        );
        let causal = obligation.causal;
        self.remove_obligation(key, ObligationState::Aborted);
        if let Some(wait) = wait {
            let closed = WaitProgress::Done(PERMITS_CLOSED);
            self.answer_wait(wait, closed, causal);
        }
    }

    /// Puts an obligation at the end of the line of its semaphore.
    pub(super) fn join_line(&mut self, key: ObligationKey, semaphore: SemaphoreKey) {
        let line = self.semaphores.at(semaphore).line;
        let line = line.pushed(&mut self.obligations, key);
        let record = self.semaphores.at_mut(semaphore);
        record.line = line;
        record.waiting += 1;
    }

    /// Takes an obligation out of the line that it waits in.
    fn leave_line(&mut self, key: ObligationKey) {
        let Some(permit) = self.obligations.at(key).permit else {
            return;
        };
        let line = self.semaphores.at(permit.semaphore).line;
        let line = line.removed(&mut self.obligations, key);
        let semaphore = self.semaphores.at_mut(permit.semaphore);
        semaphore.line = line;
        semaphore.waiting -= 1;
    }

    /// Takes an obligation out of its line before its turn: those behind it may have theirs.
    pub(super) fn give_up_place(&mut self, key: ObligationKey) {
        self.leave_line(key);
        if let Some(permit) = self.obligations.at(key).permit {
            self.serving.push(permit.semaphore);
        }
    }

    /// Forgets the wait of an obligation whose task has not been told of its grant.
    pub(super) fn forget_permit_wait(&mut self, key: ObligationKey) {
        let obligation = self.obligations.at_mut(key);
        let task = obligation.task;
        let Some(wait) = obligation.permit.as_mut().and_then(|p| p.wait.take()) else {
            return;
        };
        self.detach_wait(wait);
        self.remove_wait(task, wait);
    }

    /// The obligation of a wait for permits whose task has not been told yet.
    pub(crate) fn untold_permit(&self, wait: WaitKey) -> Option<ObligationKey> {
        let WaitKind::Permit(key) = self.waits.at(wait).kind else {
            return None;
        };
        let permit = self.obligations.get(key)?.permit?;
        (permit.wait == Some(wait)).then_some(key)
    }

    /// The task hears what became of its wait for permits: from now on a grant is its own, and
    /// what was not granted is over.
    pub(super) fn permit_told(&mut self, wait: WaitKey) {
        let Some(key) = self.untold_permit(wait) else {
            return;
        };
        if let Some(permit) = &mut self.obligations.at_mut(key).permit {
            permit.wait = None;
        }
        if self.waits.at(wait).progress == WaitProgress::Failed {
            self.remove_obligation(key, ObligationState::Aborted);
        }
    }

    /// Moves the permits of an obligation that has ended, which was `before`, to where they go.
    pub(super) fn give_back(
        &mut self,
        key: ObligationKey,
        before: ObligationState,
        end: ObligationState,
    ) {
        let obligation = self.obligations.at_mut(key);
        let Some(permit) = obligation.permit else {
            return;
        };
        let Some(from) = self.semaphores.get_mut(permit.semaphore) else {
            return;
        };
        let (flow, state) = (from.flow, from.state);
        let was_held = before == ObligationState::Reserved;
        let target = match (was_held, end, flow) {
            (false, ..) => None,
            (true, ObligationState::Committed, Flow::Spent) => {
                from.total -= permit.permits;
                None
            }
            (true, ObligationState::Committed, Flow::Items(other) | Flow::Free(other)) => {
                Some(other)
            }
            (true, ..) => Some(permit.semaphore),
        };
        if was_held {
            from.held -= permit.permits;
        }
        let is_open = state == SemaphoreState::Open;
        if target.is_none() && was_held && is_open {
            // Used up, and nobody who asks can tell.
            return;
        }
        let given = target.map_or(0, |_| permit.permits);
        let touched = target.unwrap_or(permit.semaphore);
        let mut past = obligation.causal;
        self.give(touched, given, &mut past);
        self.obligations.at_mut(key).causal = past;
    }

    /// Takes a permit that is there and moves it on at once, without an obligation between.
    pub(super) fn pass(&mut self, task: TaskKey, from: SemaphoreKey) {
        let (event, by) = (EventKind::PermitsPassed, self.task_handle(task).raw());
        let handle = self.semaphore_handle(from);
        let (owner, record) = (self.tasks.at_mut(task), self.semaphores.at_mut(from));
        record.available -= 1;
        self.hashes
            .write_both(label(event, 1), &mut owner.causal, &mut record.causal);
        let (is_open, mut past) = (record.state == SemaphoreState::Open, record.causal);
        let (touched, given) = match record.flow {
            Flow::Items(other) | Flow::Free(other) => (other, 1),
            Flow::Returned => (from, 1),
            Flow::Spent => {
                record.total -= 1;
                (from, 0)
            }
        };
        self.trace.record_with(self.now, event, handle, 1, by);
        if given == 0 && is_open {
            // Used up, and nobody who asks can tell.
            return;
        }
        self.give(touched, given, &mut past);
        if touched != from && is_open {
            self.semaphores.at_mut(from).causal = past;
        }
        if !self.serving.is_empty() {
            self.run_serving();
        }
    }

    /// Adds permits that have come by an event with this past, and notes who may be served now.
    fn give(&mut self, touched: SemaphoreKey, given: u32, past: &mut Causal) {
        let event = EventKind::PermitsGiven;
        let record = self.semaphores.at_mut(touched);
        record.available += given;
        self.hashes
            .write_reading(label(event, given), &mut record.causal, past);
        let is_open = record.state == SemaphoreState::Open;
        if !is_open || !record.line.is_empty() {
            self.serving.push(touched);
        }
        if !is_open {
            // What one half may still get is told by the other.
            let (other, mut past) = (record.flow.other_half(), record.causal);
            if let Some(other) = other.and_then(|other| self.semaphores.get_mut(other)) {
                self.hashes
                    .write_reading(label(event, given), &mut other.causal, &mut past);
            }
            self.semaphores.at_mut(touched).causal = past;
            self.serving.extend(other);
        }
        if given > 0 {
            let handle = self.semaphore_handle(touched);
            self.trace.record(self.now, event, handle, given);
        }
    }
}
