//! Owns the order to abort work outside the kernel: given once, to whoever listens.

use core::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::platform::PlatformSend;

/// What carries an order out.
trait Listener: PlatformSend {
    fn call(self: Box<Self>);
}

impl<F: FnOnce() + PlatformSend> Listener for F {
    fn call(self: Box<Self>) {
        self();
    }
}

/// The order to abort one host operation, shared by the executor that gives it and the host that
/// carries it out.
#[derive(Default)]
pub(crate) struct AbortOrder {
    is_given: AtomicBool,
    listener: Mutex<Option<Box<dyn Listener>>>,
}

impl AbortOrder {
    pub(crate) fn is_given(&self) -> bool {
        self.is_given.load(Ordering::Acquire)
    }

    /// Makes [`AbortOrder::is_given`] true, with locks held or not; the listener hears of it by
    /// [`AbortOrder::tell`].
    pub(crate) fn give(&self) {
        self.is_given.store(true, Ordering::Release);
    }

    /// Calls the listener of an order that was given, which is code of others: never with a
    /// lock held.
    pub(crate) fn tell(&self) {
        if self.is_given() {
            let listener = self.lock().take();
            if let Some(listener) = listener {
                listener.call();
            }
        }
    }

    /// Has `listener` called once the order is given, in place of the one before; at once if it
    /// was.
    pub(crate) fn listen(&self, listener: impl FnOnce() + PlatformSend + 'static) {
        let before = self.lock().replace(Box::new(listener));
        drop(before);
        self.tell();
    }

    /// The work has ended: there is nothing to abort.
    pub(crate) fn forget(&self) {
        let listener = self.lock().take();
        drop(listener);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<dyn Listener>>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for AbortOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortOrder")
            .field("is_given", &self.is_given())
            .finish_non_exhaustive()
    }
}
