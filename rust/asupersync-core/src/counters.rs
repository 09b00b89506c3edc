//! Owns counters: totals of a run, and what is live in it, for telemetry.

/// Totals since the kernel was made, and what is live now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Regions that are not closed.
    pub regions_live: u32,
    /// Tasks that are not completed.
    pub tasks_live: u32,
    /// Host operations that are not completed.
    pub host_ops_live: u32,
    /// Obligations that are reserved or asked for. These five count host operations that are
    /// not passive too; those given are always the sum of the four others.
    pub obligations_live: u32,
    /// Armed timers.
    pub timers_live: u32,
    /// Tasks spawned so far.
    pub tasks_spawned: u64,
    /// Tasks completed so far, with any outcome.
    pub tasks_completed: u64,
    /// Tasks that ended cancelled so far.
    pub tasks_cancelled: u64,
    /// Bodies and finalizers that did not answer so far.
    pub tasks_revoked: u64,
    /// Host operations that did not drain so far.
    pub host_ops_revoked: u64,
    /// Obligations given so far; one that was asked for counts as given.
    pub obligations_reserved: u64,
    /// Obligations kept so far.
    pub obligations_committed: u64,
    /// Obligations taken back so far, by their holders or by the end of their tasks.
    pub obligations_aborted: u64,
    /// Obligations so far that a task still held when it had ended by itself.
    pub obligations_leaked: u64,
    /// Dispatches so far.
    pub dispatches: u64,
    /// Events so far.
    pub events: u64,
    /// Events that the trace ring no longer holds.
    pub events_dropped: u64,
}
