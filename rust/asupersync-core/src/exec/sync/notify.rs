//! Owns the notification: that something has happened, without saying what.

use core::fmt;
use core::future::{Future, poll_fn};
use core::task::{Context, Poll, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ask::Ask;
use super::line::Line;
use super::pace::Pace;
use crate::exec::cx::Cx;
use crate::exec::error::{Error, Result};
use crate::exec::platform::shared;
use crate::semaphore::PermitFlow;

/// Wakes tasks that wait. It remembers one notification that nobody waited for, so that whoever
/// checks a condition and then waits misses nothing. A clone is the same.
///
/// ```
/// use asupersync_core::exec::sync::Notify;
/// use asupersync_core::exec::{Error, Lab, Outcome};
///
/// let run = Lab::new(1).run(|cx| async move {
///     let notify = Notify::new(&cx)?;
///     let heard = notify.clone();
///     let waiter = cx.spawn(move |cx| async move { heard.notified(&cx).await })?;
///     notify.notify_one();
///     waiter.result().await
/// });
/// assert_eq!(run.outcome, Outcome::<_, Error>::Ok(()));
/// ```
#[derive(Clone)]
pub struct Notify {
    inner: Arc<Inner>,
}

struct Inner {
    /// Has a permit while a notification is remembered. Another one takes its place when all
    /// are notified: its end tells them. Locked before the executor's state, never after it.
    line: Mutex<Line>,
}

impl Notify {
    /// Opens one that nobody has notified.
    ///
    /// # Errors
    /// [`Error::Refused`] at [`SEMAPHORES_MAX`](crate::limits::SEMAPHORES_MAX).
    pub fn new(cx: &Cx) -> Result<Self> {
        let line = Mutex::new(Line::open(cx, 0, PermitFlow::Spent)?);
        let inner = shared(Inner { line });
        Ok(Self { inner })
    }

    /// Wakes the task that has waited longest, from anywhere; if none waits, the next one that
    /// would does not. Notifications that nobody waited for count as one. One that a task was
    /// woken with and did not take, since it was cancelled or dropped its wait, goes to the
    /// next.
    pub fn notify_one(&self) {
        let line = self.inner.lock();
        let status = line.status();
        if status.is_some_and(|status| status.waiting > 0 || status.available == 0) {
            // A runtime that has closed has nobody to notify.
            let _ = line.add(1);
        }
    }

    /// Wakes every task that waits now, from anywhere. It is not remembered.
    ///
    /// # Errors
    /// [`Error::Refused`] at [`SEMAPHORES_MAX`](crate::limits::SEMAPHORES_MAX), of which it
    /// needs one more for a moment; nobody is woken then.
    pub fn notify_all(&self) -> Result<()> {
        let mut line = self.inner.lock();
        if line.status().is_some_and(|status| status.waiting > 0) {
            *line = line.open_beside(0, PermitFlow::Spent)?;
        }
        Ok(())
    }

    /// Waits for a notification, or takes the one that is remembered.
    ///
    /// Cancel-safe: dropped, a notification that it was about to get goes to the next one, or is
    /// remembered.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; [`Error::Refused`] outside the task of `cx`.
    pub fn notified(&self, cx: &Cx) -> impl Future<Output = Result<()>> + use<> {
        let mut wait = NotifyWait {
            inner: Arc::clone(&self.inner),
            cx: cx.clone(),
            pace: Pace::default(),
            ask: None,
        };
        poll_fn(move |context| wait.poll(context))
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One notification is remembered at most, also after one was not taken.
    fn forget_more_than_one(&self) {
        let mut line = self.lock();
        // Nobody waits where there is more than one.
        if line.status().is_some_and(|status| status.available > 1)
            && let Ok(next) = line.open_beside(1, PermitFlow::Spent)
        {
            *line = next;
        }
    }
}

struct NotifyWait {
    inner: Arc<Inner>,
    cx: Cx,
    pace: Pace,
    ask: Option<Ask>,
}

impl NotifyWait {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        let polled = match &mut self.ask {
            Some(ask) => ask.poll(context),
            None => {
                ready!(self.pace.poll_observing(&self.cx, context))?;
                let asked = Ask::now(&self.cx, &self.inner.lock());
                match asked {
                    Ok((_, Some(held))) => Poll::Ready(Ok(held)),
                    Ok((ask, None)) => self.ask.insert(ask).poll(context),
                    Err(error) => Poll::Ready(Err(error)),
                }
            }
        };
        let heard = ready!(polled);
        self.ask = None;
        Poll::Ready(match heard {
            Ok(mut held) => held.commit(),
            // All were notified.
            Err(Error::Closed) => Ok(()),
            Err(error) => {
                self.inner.forget_more_than_one();
                Err(error)
            }
        })
    }
}

impl Drop for NotifyWait {
    fn drop(&mut self) {
        if self.ask.take().is_some() {
            self.inner.forget_more_than_one();
        }
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notify").finish_non_exhaustive()
    }
}
