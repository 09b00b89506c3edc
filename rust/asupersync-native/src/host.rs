//! Owns the native host port: the clock, the bell, and the pool.

use std::sync::Arc;
use std::time::Instant;

use asupersync_core::Time;
use asupersync_core::exec::{Bell, Host};

use crate::blocking::Pool;
use crate::parker::Parker;

/// The host of a [`NativeRuntime`](crate::NativeRuntime).
#[derive(Clone, Debug)]
pub(crate) struct NativeHost {
    zero: Instant,
    parker: Arc<Parker>,
    pub(crate) pool: Arc<Pool>,
}

impl NativeHost {
    pub(crate) fn new(parker: Arc<Parker>, pool: Arc<Pool>) -> Self {
        Self {
            zero: Instant::now(),
            parker,
            pool,
        }
    }
}

impl Host for NativeHost {
    fn now(&self) -> Time {
        // 584 years.
        let nanos = u64::try_from(self.zero.elapsed().as_nanos());
        Time::from_nanos(nanos.unwrap_or(u64::MAX))
    }

    fn bell(&self) -> Arc<dyn Bell> {
        Arc::clone(&self.parker) as _
    }
}
