//! The clock of the growth law: processor time, since other work on the machine does not count.

/// Nanoseconds for which this thread has run.
#[cfg(unix)]
#[expect(
    clippy::cast_precision_loss,
    reason = "a measurement is shorter than 2^53 ns"
)]
pub(crate) fn processor_ns() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Where threads have no clock of their own, time on the wall has to do.
#[cfg(not(unix))]
pub(crate) fn processor_ns() -> f64 {
    use std::sync::OnceLock;
    use std::time::Instant;

    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1e9
}
