//! Owns the watch: the latest value, and that it has changed.

use core::fmt;
use core::future::{Future, poll_fn};
use core::task::{Context, Poll, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::RecvError;
use super::line::Line;
use super::lookout::Lookout;
use super::pace::Pace;
use crate::exec::cx::Cx;
use crate::exec::error::Result;
use crate::exec::platform::shared;
use crate::semaphore::PermitFlow;

/// Opens a watch on a value that is `first` to begin with. Whoever is slow sees the latest value
/// and not each one.
///
/// A value is read as an `Arc`, which holds no lock and may be kept across waits.
///
/// ```
/// use asupersync_core::exec::sync::watch;
/// use asupersync_core::exec::{Error, Lab, Outcome};
///
/// let run = Lab::new(1).run(|cx| async move {
///     let (sender, mut receiver) = watch(&cx, "starting")?;
///     cx.spawn(move |_| async move {
///         sender.send("ready");
///         Ok::<_, Error>(())
///     })?;
///     assert_eq!(*receiver.borrow(), "starting");
///     Ok::<_, Error>(*receiver.changed(&cx).await?)
/// });
/// assert_eq!(run.outcome, Outcome::Ok("ready"));
/// ```
///
/// # Errors
/// [`Error::Refused`](crate::exec::Error::Refused) at
/// [`SEMAPHORES_MAX`](crate::limits::SEMAPHORES_MAX).
pub fn watch<T>(cx: &Cx, first: T) -> Result<(WatchSender<T>, WatchReceiver<T>)> {
    let inner = shared(Inner {
        line: Line::open(cx, 0, PermitFlow::Spent)?,
        state: Mutex::new(State {
            value: shared(first),
            version: 0,
            senders: 1,
        }),
    });
    let sender = WatchSender {
        inner: Arc::clone(&inner),
    };
    Ok((sender, WatchReceiver { inner, seen: 0 }))
}

struct Inner<T> {
    line: Line,
    /// Locked before the executor's state, never after it, and never while code of others runs.
    state: Mutex<State<T>>,
}

struct State<T> {
    value: Arc<T>,
    /// Values before this one.
    version: u64,
    senders: usize,
}

impl<T> Inner<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of a [`watch`] that sets the value. A clone sets the same value.
pub struct WatchSender<T> {
    inner: Arc<Inner<T>>,
}

impl<T> WatchSender<T> {
    /// Sets the value, from anywhere and without waiting, whether or not anybody watches; gives
    /// the one before. Equal values are a change, too. O(receivers that wait).
    pub fn send(&self, value: T) -> Arc<T> {
        let value = shared(value);
        let mut state = self.inner.lock();
        state.version += 1;
        let before = core::mem::replace(&mut state.value, value);
        self.inner.line.add_for_waiting();
        before
    }

    /// The value now.
    #[must_use]
    pub fn borrow(&self) -> Arc<T> {
        Arc::clone(&self.inner.lock().value)
    }

    /// A new receiver, which has seen the value that is there now.
    #[must_use]
    pub fn subscribe(&self) -> WatchReceiver<T> {
        WatchReceiver {
            inner: Arc::clone(&self.inner),
            seen: self.inner.lock().version,
        }
    }
}

impl<T> Clone for WatchSender<T> {
    fn clone(&self) -> Self {
        self.inner.lock().senders += 1;
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<T> Drop for WatchSender<T> {
    fn drop(&mut self) {
        let mut state = self.inner.lock();
        state.senders -= 1;
        if state.senders == 0 {
            self.inner.line.close();
        }
    }
}

/// The end of a [`watch`] that sees the value. A clone has seen what this one has.
pub struct WatchReceiver<T> {
    inner: Arc<Inner<T>>,
    /// The version that it has seen.
    seen: u64,
}

impl<T> WatchReceiver<T> {
    /// Waits for a value that this receiver has not seen, and gives the latest.
    ///
    /// Cancel-safe: dropped, the value counts as not seen.
    ///
    /// # Errors
    /// [`RecvError::Closed`] once every sender is dropped and their last value was seen;
    /// [`RecvError::Failed`].
    pub fn changed(
        &mut self,
        cx: &Cx,
    ) -> impl Future<Output = Result<Arc<T>, RecvError>> + use<'_, T> {
        let (cx, mut lookout) = (cx.clone(), Lookout::default());
        poll_fn(move |context| self.poll_changed(&cx, &mut lookout, context))
    }

    /// Waits until `is_it` says so of the value, which may be the one that is there.
    ///
    /// Cancel-safe: dropped, values that it has looked at count as seen.
    ///
    /// # Errors
    /// As [`WatchReceiver::changed`].
    pub fn wait_for<F: FnMut(&T) -> bool>(
        &mut self,
        cx: &Cx,
        mut is_it: F,
    ) -> impl Future<Output = Result<Arc<T>, RecvError>> + use<'_, T, F> {
        let (cx, mut pace) = (cx.clone(), Pace::default());
        async move {
            self.inner.line.check(&cx).map_err(RecvError::of)?;
            let paced = poll_fn(|context| pace.poll_observing(&cx, context)).await;
            paced.map_err(RecvError::of)?;
            let mut value = self.borrow_and_see();
            while !is_it(&value) {
                value = self.changed(&cx).await?;
            }
            Ok(value)
        }
    }

    pub(super) fn poll_changed(
        &mut self,
        cx: &Cx,
        lookout: &mut Lookout,
        context: &mut Context<'_>,
    ) -> Poll<Result<Arc<T>, RecvError>> {
        let (inner, seen) = (&self.inner, self.seen);
        let place = (&inner.state, &inner.line);
        let found = ready!(lookout.poll(cx, place, context, |state| {
            if state.version != seen {
                Some(Some((state.version, Arc::clone(&state.value))))
            } else {
                (state.senders == 0).then_some(None)
            }
        }));
        Poll::Ready(match found.map_err(RecvError::of)? {
            Some((version, value)) => {
                self.seen = version;
                Ok(value)
            }
            None => Err(RecvError::Closed),
        })
    }

    /// The value now, seen or not; it does not count as seen by this.
    #[must_use]
    pub fn borrow(&self) -> Arc<T> {
        Arc::clone(&self.inner.lock().value)
    }

    /// The value now, which counts as seen.
    pub fn borrow_and_see(&mut self) -> Arc<T> {
        let state = self.inner.lock();
        self.seen = state.version;
        Arc::clone(&state.value)
    }

    /// Whether there is a value that this receiver has not seen.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.inner.lock().version != self.seen
    }
}

impl<T> Clone for WatchReceiver<T> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            seen: self.seen,
        }
    }
}

impl<T> fmt::Debug for WatchSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchSender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for WatchReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchReceiver")
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}
