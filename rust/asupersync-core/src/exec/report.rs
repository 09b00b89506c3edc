//! Owns the report on a run: its hashes, and what is left of it.

use super::state::State;
use crate::counters::Counters;

/// What a run has come to. Equal seeds and equal bodies give equal reports in the lab.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report {
    /// Hash of the run's equivalence class.
    pub fingerprint: u64,
    /// Hash of the exact schedule.
    pub certificate: u64,
    /// The kernel's totals.
    pub counters: Counters,
    /// What is live.
    pub live: Live,
}

/// What is live: after a run has closed, what leaked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Live {
    /// Regions that are not closed, the root included.
    pub regions: u32,
    /// Tasks that have not ended.
    pub tasks: u32,
    /// Host operations that have not ended.
    pub host_ops: u32,
    /// Obligations that are given, host operations among them.
    pub obligations: u32,
    /// Obligations that a task forgot.
    pub leaked: u64,
    /// Armed timers.
    pub timers: u32,
    /// Records that the executor holds for tasks, with their futures and finalizers.
    pub records: usize,
    /// Regions that somebody waits for.
    pub region_waits: usize,
    /// Tasks whose body or finalizer was cut off because it did not end in its time.
    pub revoked: u64,
}

impl Live {
    /// Whether nothing is live, nothing was cut off and no obligation was forgotten.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl Report {
    pub(crate) fn of(state: &State) -> Self {
        let counters = state.kernel.counters();
        Self {
            fingerprint: state.kernel.fingerprint(),
            certificate: state.kernel.certificate(),
            counters,
            live: Live {
                regions: counters.regions_live,
                tasks: counters.tasks_live,
                host_ops: counters.host_ops_live,
                obligations: counters.obligations_live,
                leaked: counters.obligations_leaked,
                timers: counters.timers_live,
                records: state.records_live(),
                region_waits: state.regions.len(),
                revoked: counters.tasks_revoked,
            },
        }
    }
}
