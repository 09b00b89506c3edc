//! Owns the law of semaphores and channels: permits are neither made nor lost, what an end gives
//! back goes to one place and nothing comes between, and who asked first is served first.

use std::collections::BTreeMap;

use asupersync_core::{Event, EventKind, Handle, TaskState};

use super::{Oracle, Tree, Verdict};
use crate::check::ensure;

#[derive(Debug, Default)]
pub(super) struct ChannelAtomicity {
    semaphores: BTreeMap<Handle, Semaphore>,
    /// What obligations asked for, or took, by the obligation.
    permits: BTreeMap<Handle, Permit>,
    due: Option<Due>,
}

#[derive(Debug)]
struct Semaphore {
    available: u32,
    held: u32,
    is_closed: bool,
    half: Half,
    /// Obligations that asked, in their order; some may have left the line without a word, since
    /// their tasks were cancelled.
    line: Vec<Handle>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Half {
    /// It is no half of a channel.
    None,
    /// Of a channel of this capacity, with the other half.
    Of(Handle, u32),
}

#[derive(Clone, Copy, Debug)]
struct Permit {
    semaphore: Handle,
    /// Permits that it has taken; none while it waits.
    taken: Option<u32>,
}

/// What the next event must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Due {
    /// Permits taken from the semaphore for the obligation.
    Take(Handle, Handle),
    /// Permits given to the semaphore.
    Give(Handle, u32),
    /// As many given to the semaphore, or none: the trace does not say whether it keeps what is
    /// committed.
    MayGive(Handle, u32),
}

impl Oracle for ChannelAtomicity {
    fn name(&self) -> &'static str {
        "channel-atomicity"
    }

    fn event(&mut self, event: &Event, tree: &Tree) -> Verdict {
        let subject = event.subject;
        if let Some(due) = self.due.take() {
            let is_due = match due {
                Due::Take(of, by) => {
                    event.kind == EventKind::PermitsTaken
                        && subject == of
                        && event.argument == by.raw()
                }
                Due::Give(to, count) => {
                    event.kind == EventKind::PermitsGiven && subject == to && event.detail == count
                }
                Due::MayGive(to, count) => {
                    let is_gift = event.kind == EventKind::PermitsGiven && subject == to;
                    !is_gift || event.detail == count
                }
            };
            ensure!(is_due, "{due:?} was to come first");
        } else if event.kind == EventKind::PermitsTaken {
            return Err("nobody was granted them".to_owned());
        } else if event.kind == EventKind::PermitsGiven {
            let half = self.semaphores.get(&subject).map(|s| s.half);
            ensure!(half == Some(Half::None), "a channel's capacity stays");
        }
        if event.kind == EventKind::SemaphoreOpened {
            self.opened(event);
        } else if event.kind == EventKind::ChannelOpened {
            self.joined(event)?;
        } else if event.kind == EventKind::SemaphoreClosed {
            self.semaphore(subject)?.is_closed = true;
        } else if event.kind == EventKind::SemaphoreDropped {
            let record = self
                .semaphores
                .remove(&subject)
                .ok_or("no such semaphore")?;
            let mut line = record.line.iter();
            let left = line.find(|other| !has_left(**other, tree));
            ensure!(left.is_none(), "{left:?} waits for ever");
        } else if event.kind == EventKind::PermitAsked {
            self.asked(event)?;
        } else if event.kind == EventKind::ObligationReserved {
            self.reserved(event, tree)?;
        } else if event.kind == EventKind::PermitsTaken {
            let record = self.semaphore(subject)?;
            let left = record.available.checked_sub(event.detail);
            record.available = left.ok_or("they are not there")?;
            record.held += event.detail;
            let by = Handle::from_raw(event.argument);
            if let Some(permit) = self.permits.get_mut(&by) {
                permit.taken = Some(event.detail);
            }
        } else if event.kind == EventKind::PermitsPassed {
            self.passed(event, tree)?;
        } else if event.kind == EventKind::PermitsGiven {
            self.semaphore(subject)?.available += event.detail;
        } else if matches!(
            event.kind,
            EventKind::ObligationCommitted
                | EventKind::ObligationAborted
                | EventKind::ObligationLeaked
        ) {
            self.ended(event)?;
        }
        Ok(())
    }

    fn rest(&mut self, _: &Tree) -> Verdict {
        let due = self.due.take();
        let must_come = due.filter(|due| !matches!(due, Due::MayGive(..)));
        ensure!(must_come.is_none(), "{must_come:?} never came");
        for (handle, record) in &self.semaphores {
            let Half::Of(other, capacity) = record.half else {
                continue;
            };
            let other = self.semaphores.get(&other).ok_or("a channel of one half")?;
            let has = record.available + record.held + other.available + other.held;
            ensure!(
                has == capacity,
                "the channel of {handle:?} has room for {capacity}, and has {has}"
            );
            ensure!(
                record.is_closed == other.is_closed,
                "one half of the channel of {handle:?} is closed"
            );
        }
        Ok(())
    }

    fn end(&mut self, _: &Tree) -> Verdict {
        let left = self.permits.first_key_value();
        ensure!(left.is_none(), "{left:?} never ended");
        Ok(())
    }
}

impl ChannelAtomicity {
    fn semaphore(&mut self, handle: Handle) -> Result<&mut Semaphore, String> {
        let record = self.semaphores.get_mut(&handle);
        record.ok_or_else(|| format!("there is no semaphore {handle:?}"))
    }

    fn opened(&mut self, event: &Event) {
        let record = Semaphore {
            available: event.detail,
            held: 0,
            is_closed: false,
            half: Half::None,
            line: Vec::new(),
        };
        self.semaphores.insert(event.subject, record);
    }

    fn joined(&mut self, event: &Event) -> Verdict {
        let (free, items) = (event.subject, Handle::from_raw(event.argument));
        let capacity = self.semaphore(free)?.available;
        self.semaphore(free)?.half = Half::Of(items, capacity);
        self.semaphore(items)?.half = Half::Of(free, capacity);
        Ok(())
    }

    fn asked(&mut self, event: &Event) -> Verdict {
        if event.detail == 0 {
            return Ok(()); // in no line: it fails
        }
        let mut all = self.semaphores.iter_mut();
        let (semaphore, record) = all
            .find(|(handle, _)| handle.slot() == event.detail)
            .ok_or("there is no such semaphore")?;
        record.line.push(event.subject);
        let permit = Permit {
            semaphore: *semaphore,
            taken: None,
        };
        self.permits.insert(event.subject, permit);
        Ok(())
    }

    fn reserved(&mut self, event: &Event, tree: &Tree) -> Verdict {
        let Some(permit) = self.permits.get(&event.subject).copied() else {
            return Ok(()); // it takes nothing from a semaphore
        };
        let record = self.semaphore(permit.semaphore)?;
        let mut line = record.line.iter();
        let first = line.find(|other| **other == event.subject || !has_left(**other, tree));
        ensure!(first == Some(&event.subject), "{first:?} asked before");
        record.line.retain(|other| *other != event.subject);
        self.due = Some(Due::Take(permit.semaphore, event.subject));
        Ok(())
    }

    fn passed(&mut self, event: &Event, tree: &Tree) -> Verdict {
        let (from, passed) = (event.subject, event.detail);
        let record = self.semaphore(from)?;
        let mut line = record.line.iter();
        let first = line.find(|other| !has_left(**other, tree));
        ensure!(first.is_none(), "{first:?} asked before");
        let left = record.available.checked_sub(passed);
        record.available = left.ok_or("they are not there")?;
        self.due = Some(match record.half {
            Half::Of(other, _) => Due::Give(other, passed),
            Half::None => Due::MayGive(from, passed),
        });
        Ok(())
    }

    fn ended(&mut self, event: &Event) -> Verdict {
        let Some(permit) = self.permits.remove(&event.subject) else {
            return Ok(());
        };
        let from = permit.semaphore;
        let Some(record) = self.semaphores.get_mut(&from) else {
            return Ok(()); // it was forgotten, and its permits with it
        };
        let Some(taken) = permit.taken else {
            record.line.retain(|other| *other != event.subject);
            ensure!(
                event.kind == EventKind::ObligationAborted,
                "it was never granted"
            );
            return Ok(());
        };
        record.held -= taken;
        let is_kept = event.kind == EventKind::ObligationCommitted;
        self.due = Some(match record.half {
            Half::Of(other, _) if is_kept => Due::Give(other, taken),
            Half::None if is_kept => Due::MayGive(from, taken),
            Half::Of(..) | Half::None => Due::Give(from, taken),
        });
        Ok(())
    }
}

/// Whether an obligation may have left its line without a word: its task was asked to cancel, and
/// runs no finalizer, which observes nothing.
fn has_left(obligation: Handle, tree: &Tree) -> bool {
    let task = tree.obligations.get(&obligation);
    let task = task.and_then(|task| tree.tasks.get(task));
    task.is_none_or(|task| task.asked && task.state != TaskState::Finalizing)
}
