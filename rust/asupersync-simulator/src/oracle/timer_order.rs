//! Owns the law of timers: none fires early, twice, or before one that is due earlier; equals
//! fire in the order in which they were armed unless ties are seeded.

use asupersync_core::{Event, EventKind, Handle, TieBreak};

use super::{Oracle, Rules, Tree, Verdict};
use crate::check::ensure;

#[derive(Debug)]
pub(super) struct TimerOrder {
    ties: TieBreak,
    /// Armed timers in arming order.
    armed: Vec<Timer>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Timer {
    task: Handle,
    at_ns: u64,
}

impl TimerOrder {
    pub(super) const fn new(rules: Rules) -> Self {
        Self {
            ties: rules.ties,
            armed: Vec::new(),
        }
    }
}

impl Oracle for TimerOrder {
    fn name(&self) -> &'static str {
        "timer-order"
    }

    fn event(&mut self, event: &Event, _: &Tree) -> Verdict {
        let timer = Timer {
            task: event.subject,
            at_ns: event.argument,
        };
        if event.kind == EventKind::TimerArmed {
            self.armed.push(timer);
        } else if event.kind == EventKind::TimerDisarmed {
            self.take(timer)?;
        } else if event.kind == EventKind::TimerFired {
            let nth = self.take(timer)?;
            ensure!(timer.at_ns <= event.at.as_nanos(), "it is too early");
            let first = self.armed.iter().enumerate().find(|(index, other)| {
                let is_tie = other.at_ns == timer.at_ns && self.ties == TieBreak::Insertion;
                other.at_ns < timer.at_ns || (is_tie && *index < nth)
            });
            ensure!(first.is_none(), "{first:?} was to be first");
        } else if event.kind == EventKind::TaskCompleted {
            let left = self.armed.iter().find(|other| other.task == event.subject);
            ensure!(left.is_none(), "it leaves {left:?}");
        }
        Ok(())
    }

    fn end(&mut self, _: &Tree) -> Verdict {
        ensure!(self.armed.is_empty(), "{:?} are armed for ever", self.armed);
        Ok(())
    }
}

impl TimerOrder {
    /// Takes the first such timer out and gives its place. A task may sleep to one time twice.
    fn take(&mut self, timer: Timer) -> Result<usize, String> {
        let nth = self.armed.iter().position(|other| *other == timer);
        let nth = nth.ok_or("it is not armed")?;
        self.armed.remove(nth);
        Ok(nth)
    }
}
