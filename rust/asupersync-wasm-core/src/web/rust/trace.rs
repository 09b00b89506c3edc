//! Owns the export of a browser's run.

use super::runtime::BrowserRuntime;
use crate::events::json_lines;

impl BrowserRuntime {
    /// The run so far as JSON lines, to be saved or sent: first a line with the hashes and
    /// counts of the run, then one for each event that the ring still holds, oldest first. There
    /// are none unless [`trace_capacity`](asupersync_core::KernelConfig::trace_capacity) is set.
    /// O(held).
    #[must_use]
    pub fn trace_json_lines(&self) -> String {
        json_lines(&self.report(), &self.events())
    }
}
