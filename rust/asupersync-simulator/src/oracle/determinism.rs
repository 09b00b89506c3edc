//! Owns the law of determinism: a run is a function of its schedule.

use super::Verdict;
use crate::check::ensure;
use crate::schedule::Record;

/// What the law is called.
pub const DETERMINISM: &str = "determinism";

/// Compares what two runs of one schedule left: the same commands and the same schedule
/// (certificate), in the same equivalence class (fingerprint), with the same effects.
///
/// # Errors
/// What differs.
pub fn determinism(first: &Record, second: &Record) -> Verdict {
    ensure!(
        first.certificate == second.certificate,
        "the certificates are {:016x} and {:016x}",
        first.certificate,
        second.certificate
    );
    ensure!(
        first.fingerprint == second.fingerprint,
        "the fingerprints are {:016x} and {:016x}",
        first.fingerprint,
        second.fingerprint
    );
    ensure!(first == second, "{first:?}, then {second:?}");
    Ok(())
}
