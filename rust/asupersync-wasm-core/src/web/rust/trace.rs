//! Owns the export of a browser's run.

use super::runtime::BrowserRuntime;
use crate::events::json_lines;

/// The run of `runtime` so far as JSON lines, to be saved or sent: first a line with the hashes
/// and counts of the run, then one for each event that the ring still holds, oldest first. There
/// are none unless [`trace_capacity`](asupersync_core::KernelConfig::trace_capacity) is set.
/// O(held).
///
/// ```no_run
/// use asupersync_core::KernelConfig;
/// use asupersync_wasm_core::web::rust::{BrowserConfig, BrowserRuntime, trace_json_lines};
///
/// let kernel = KernelConfig { trace_capacity: 4_096, ..KernelConfig::default() };
/// let runtime = BrowserRuntime::with(&BrowserConfig { kernel, ..BrowserConfig::default() });
/// let lines = trace_json_lines(&runtime);
/// assert!(lines.starts_with("{\"version\":1,"));
/// ```
#[must_use]
pub fn trace_json_lines(runtime: &BrowserRuntime) -> String {
    json_lines(&runtime.report(), &runtime.events())
}
