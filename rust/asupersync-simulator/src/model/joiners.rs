//! Owns the order in which those who wait for the end of a task are told: first come, first told.

use std::collections::BTreeSet;

use asupersync_core::{Handle, Lane};

use super::Model;
use super::records::{Phase, Wait};
use crate::check::{Check, ensure};

/// Those who joined the task that ended last, until something else may queue them.
#[derive(Debug, Default)]
pub(super) struct Joiners {
    /// Not told yet, or queued already when they were; in the order in which they asked.
    line: Vec<Handle>,
    /// Somebody behind them in the line was queued by what they were told.
    passed: BTreeSet<Handle>,
}

impl Joiners {
    /// What is queued from now on is queued for other causes too.
    pub(super) fn forget(&mut self) {
        self.line.clear();
        self.passed.clear();
    }

    pub(super) fn unqueued(&mut self, task: Handle) {
        self.passed.remove(&task);
    }

    pub(super) fn queued(&mut self, task: Handle, lane: u32) -> Check {
        // One that was passed over had its place in a lane, and can only be moved to another one.
        let is_late = lane == Lane::Ready as u32 && self.passed.contains(&task);
        ensure!(!is_late, "it is told after one that asked later");
        if let Some(nth) = self.line.iter().position(|joiner| *joiner == task) {
            self.passed.extend(self.line.drain(..=nth));
            self.passed.remove(&task);
        }
        Ok(())
    }
}

impl Model {
    /// Those who are told next, because `target` ends.
    pub(super) fn joiners_of(&self, target: Handle) -> Joiners {
        let mut line = Vec::new();
        for (handle, task) in &self.tasks {
            if matches!(task.phase, Phase::Body | Phase::Finalizer) {
                let joins = |wait: &Wait| matches!(wait, Wait::Join(joined) if *joined == target);
                // Worlds number their tokens upwards.
                let first = task.waits.iter().find(|(_, wait)| joins(wait));
                line.extend(first.map(|(token, _)| (*token, *handle)));
            }
        }
        line.sort_unstable();
        Joiners {
            line: line.into_iter().map(|(_, joiner)| joiner).collect(),
            passed: BTreeSet::new(),
        }
    }
}
