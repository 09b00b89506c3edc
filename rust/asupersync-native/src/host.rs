//! Owns the native host port: the clock, the bell, and the pool.

use std::sync::Arc;
use std::time::{Duration, Instant};

use asupersync_core::Time;
use asupersync_core::exec::{Bell, Host};

use crate::pool::Pool;

/// What time is counted from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Zero {
    /// The clock of the machine.
    Machine(Instant),
    /// Tokio's clock, which a Tokio test may pause.
    #[cfg(feature = "tokio")]
    Tokio(tokio::time::Instant),
}

/// The host of a [`NativeRuntime`](crate::NativeRuntime).
#[derive(Clone)]
pub(crate) struct NativeHost {
    pub(crate) zero: Zero,
    pub(crate) bell: Arc<dyn Bell>,
    pub(crate) pool: Arc<Pool>,
}

impl NativeHost {
    /// Time from now until `at`.
    pub(crate) fn left_until(&self, at: Time) -> Duration {
        Duration::from_nanos(at.as_nanos().saturating_sub(self.now().as_nanos()))
    }
}

impl Host for NativeHost {
    fn now(&self) -> Time {
        let elapsed = match self.zero {
            Zero::Machine(zero) => zero.elapsed(),
            #[cfg(feature = "tokio")]
            Zero::Tokio(zero) => zero.elapsed(),
        };
        // 584 years.
        Time::from_nanos(u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX))
    }

    fn bell(&self) -> Arc<dyn Bell> {
        Arc::clone(&self.bell)
    }
}
