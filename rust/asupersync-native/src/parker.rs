//! Owns how the driver's thread sleeps and is woken.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use asupersync_core::exec::Bell;

/// A bell that wakes one parked thread. A ring before the park is not lost.
#[derive(Debug, Default)]
pub(crate) struct Parker {
    is_rung: Mutex<bool>,
    rung: Condvar,
}

impl Parker {
    /// Sleeps until the bell rings.
    pub(crate) fn park(&self) {
        let mut is_rung = self.lock();
        while !*is_rung {
            is_rung = self
                .rung
                .wait(is_rung)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *is_rung = false;
    }

    /// Sleeps until the bell rings or `time` is over, or for no reason: the driver looks at its
    /// clock anyway.
    pub(crate) fn park_for(&self, time: Duration) {
        let mut is_rung = self.lock();
        if !*is_rung {
            let waited = self.rung.wait_timeout(is_rung, time);
            (is_rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        *is_rung = false;
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bell for Parker {
    fn ring(&self) {
        *self.lock() = true;
        self.rung.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use asupersync_core::exec::Bell;

    use super::Parker;

    #[test]
    fn a_ring_before_the_park_is_kept_and_used_up() {
        let parker = Arc::new(Parker::default());
        parker.ring();
        parker.ring();
        parker.park();
        let ringer = Arc::clone(&parker);
        let thread = thread::spawn(move || ringer.ring());
        parker.park();
        thread.join().expect("it only rings");
    }
}
