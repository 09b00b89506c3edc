//! Owns the lock that may be held across waits.

use core::fmt;
use core::future::{Future, poll_fn};
use core::ops::{Deref, DerefMut};
use core::task::{Poll, ready};
use std::sync::{Arc, PoisonError};

use super::ask::{Ask, Held, Wanted, try_ask};
use super::line::Line;
use crate::error::ErrorKind;
use crate::exec::cx::Cx;
use crate::exec::error::{Error, Result};
use crate::exec::platform::shared;
use crate::obligation::ObligationKind;
use crate::semaphore::PermitFlow;

/// A value that one task at a time has, first come first served. A clone is the same lock. For
/// what is never held across a wait, the standard library's is cheaper.
///
/// A panic while it is held gives the lock back with the value as it is then: it cancels those
/// who share a region with the task that panicked, and whoever is left may look.
///
/// ```
/// use asupersync_core::exec::sync::Mutex;
/// use asupersync_core::exec::{Error, Lab, Outcome};
///
/// let run = Lab::new(1).run(|cx| async move {
///     let total = Mutex::new(&cx, 0)?;
///     cx.map_concurrent(1..=4, 4, {
///         let total = total.clone();
///         move |cx, n| {
///             let total = total.clone();
///             async move {
///                 let mut sum = total.lock(&cx).await?;
///                 cx.yield_now().await?;
///                 *sum += n;
///                 Ok::<_, Error>(())
///             }
///         }
///     })
///     .await?;
///     Ok::<_, Error>(*total.lock(&cx).await?)
/// });
/// assert_eq!(run.outcome, Outcome::Ok(10));
/// ```
pub struct Mutex<T> {
    inner: Arc<Inner<T>>,
}

struct Inner<T> {
    line: Line,
    /// Empty while a guard has the value. Boxed, so that locking moves a pointer.
    value: std::sync::Mutex<Option<Box<T>>>,
}

impl<T> Mutex<T> {
    /// Opens a lock with `value` in it.
    ///
    /// # Errors
    /// [`Error::Refused`] at [`SEMAPHORES_MAX`](crate::limits::SEMAPHORES_MAX).
    pub fn new(cx: &Cx, value: T) -> Result<Self> {
        let inner = Inner {
            line: Line::open(cx, 1, PermitFlow::Returned)?,
            value: std::sync::Mutex::new(Some(Box::new(value))),
        };
        let inner = shared(inner);
        Ok(Self { inner })
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            semaphore: self.inner.line.semaphore(),
            permits: 1,
            kind: ObligationKind::SemaphorePermit,
        }
    }

    /// Waits for the lock. A task that has it already waits for itself, until it is cancelled.
    ///
    /// Cancel-safe: dropped, it leaves the line, and a lock that it was about to get goes to the
    /// next one.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; [`Error::Refused`] outside the task of `cx`, and if a task ended
    /// and left its guard, with the value in it, somewhere else.
    pub fn lock(&self, cx: &Cx) -> impl Future<Output = Result<MutexGuard<T>>> + use<T> {
        let inner = Arc::clone(&self.inner);
        let mut ask = Ask::new(cx, &inner.line, self.wanted());
        poll_fn(move |context| {
            let granted = match &mut ask {
                Ok(ask) => ready!(ask.poll(context)),
                Err(error) => Err(error.clone()),
            };
            Poll::Ready(granted.and_then(|held| MutexGuard::new(held, &inner)))
        })
    }

    /// The lock, if it is free and nobody waits before; a cancelled task may ask, too.
    ///
    /// # Errors
    /// [`Error::WouldWait`], else as [`Mutex::lock`].
    pub fn try_lock(&self, cx: &Cx) -> Result<MutexGuard<T>> {
        let held = try_ask(cx, &self.inner.line, self.wanted())?;
        MutexGuard::new(held, &self.inner)
    }
}

impl<T> Clone for Mutex<T> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

/// The value of a [`Mutex`], an obligation of the task that got it: given back when this is
/// dropped.
#[must_use = "dropped, the lock is given back"]
pub struct MutexGuard<T> {
    /// `None` while it is dropped.
    value: Option<Box<T>>,
    held: Held,
    inner: Arc<Inner<T>>,
}

impl<T> MutexGuard<T> {
    fn new(held: Held, inner: &Arc<Inner<T>>) -> Result<Self> {
        let value = {
            let mut value = inner.value.lock().unwrap_or_else(PoisonError::into_inner);
            value.take()
        };
        if value.is_none() {
            let expected = "a value that no guard of an ended task has";
            return Err(Error::refused(ErrorKind::WrongState, expected, 0));
        }
        Ok(Self {
            value,
            held,
            inner: Arc::clone(inner),
        })
    }

    /// Hands the lock over to the task of `cx`, which answers for it from now on. To be called
    /// there, before the task that got it ends.
    ///
    /// # Errors
    /// [`Error::Refused`] if either task has ended, or at a limit; it stays where it is.
    pub fn transfer(&self, cx: &Cx) -> Result<()> {
        self.held.transfer(cx)
    }
}

impl<T> Deref for MutexGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("a guard has its value")
    }
}

impl<T> DerefMut for MutexGuard<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("a guard has its value")
    }
}

impl<T> Drop for MutexGuard<T> {
    fn drop(&mut self) {
        // The next one must find it, so it is back before the permit is.
        {
            let inner = &self.inner;
            let mut value = inner.value.lock().unwrap_or_else(PoisonError::into_inner);
            *value = self.value.take();
        }
        // Refused if its task has ended: it was given back then.
        let _ = self.held.commit();
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

impl<T: fmt::Debug> fmt::Debug for MutexGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MutexGuard").field(&self.value).finish()
    }
}
