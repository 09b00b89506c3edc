//! Owns the oneshot: one value, once.

use core::fmt;
use core::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ask::{Ask, Held, Wanted, try_ask};
use super::error::{RecvError, SendError, TryRecvError};
use super::line::Line;
use crate::exec::cx::Cx;
use crate::exec::error::{Error, Result};
use crate::exec::platform::shared;
use crate::obligation::ObligationKind;
use crate::semaphore::PermitFlow;

/// Opens a channel for one value. Sending needs no task, so that a callback or another thread
/// can do it.
///
/// ```
/// use asupersync_core::exec::sync::oneshot;
/// use asupersync_core::exec::{Error, Lab, Outcome};
///
/// let run = Lab::new(1).run(|cx| async move {
///     let (sender, mut receiver) = oneshot(&cx)?;
///     cx.spawn(move |_| async move { Ok::<_, Error>(sender.send("answer")?) })?;
///     Ok::<_, Error>(receiver.recv(&cx).await?)
/// });
/// assert_eq!(run.outcome, Outcome::Ok("answer"));
/// ```
///
/// # Errors
/// [`Error::Refused`] at [`SEMAPHORES_MAX`](crate::limits::SEMAPHORES_MAX).
pub fn oneshot<T>(cx: &Cx) -> Result<(OneshotSender<T>, OneshotReceiver<T>)> {
    let inner = shared(Inner {
        line: Line::open(cx, 0, PermitFlow::Spent)?,
        slot: Mutex::new(Slot {
            value: None,
            has_receiver: true,
        }),
    });
    let sender = OneshotSender {
        inner: Arc::clone(&inner),
    };
    Ok((sender, OneshotReceiver { inner }))
}

struct Inner<T> {
    /// Has one permit while the value is there, and is closed without a sender.
    line: Line,
    /// Locked before the executor's state, never after it.
    slot: Mutex<Slot<T>>,
}

struct Slot<T> {
    value: Option<T>,
    has_receiver: bool,
}

impl<T> Inner<T> {
    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    const fn wanted(&self) -> Wanted {
        Wanted {
            semaphore: self.line.semaphore(),
            permits: 1,
            kind: ObligationKind::Ack,
        }
    }

    fn take(&self, mut held: Held) -> Result<T> {
        held.commit()?;
        self.lock().value.take().ok_or(Error::Closed)
    }
}

/// The end of a [`oneshot`] that sends.
pub struct OneshotSender<T> {
    inner: Arc<Inner<T>>,
}

impl<T> OneshotSender<T> {
    /// Sends `value`, from anywhere.
    ///
    /// # Errors
    /// [`SendError::Closed`] if the receiver is dropped; [`SendError::Failed`] once the runtime
    /// has closed.
    pub fn send(self, value: T) -> Result<(), SendError<T>> {
        let mut slot = self.inner.lock();
        if !slot.has_receiver {
            return Err(SendError::Closed(value));
        }
        // A receiver that this wakes finds the value, since it locks the slot too.
        match self.inner.line.add(1) {
            Ok(()) => slot.value = Some(value),
            Err(error) => return Err(SendError::of(error, value)),
        }
        Ok(())
    }

    /// Whether the receiver is dropped, so that nobody wants the value.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !self.inner.lock().has_receiver
    }
}

impl<T> Drop for OneshotSender<T> {
    fn drop(&mut self) {
        // A value that was sent is had before the end is seen.
        self.inner.line.close();
    }
}

/// The end of a [`oneshot`] that receives.
pub struct OneshotReceiver<T> {
    inner: Arc<Inner<T>>,
}

impl<T> OneshotReceiver<T> {
    /// Waits for the value.
    ///
    /// Cancel-safe: dropped, the value stays for the next call.
    ///
    /// # Errors
    /// [`RecvError::Closed`] if the sender was dropped without one, or if it was received
    /// already; [`RecvError::Failed`].
    pub fn recv(&mut self, cx: &Cx) -> impl Future<Output = Result<T, RecvError>> + use<'_, T> {
        let inner = &self.inner;
        let mut ask = Ask::new(cx, &inner.line, inner.wanted());
        poll_fn(move |context| {
            let asked = match &mut ask {
                Ok(ask) => core::task::ready!(ask.poll(context)),
                Err(error) => Err(error.clone()),
            };
            let taken = asked.and_then(|held| inner.take(held));
            core::task::Poll::Ready(taken.map_err(RecvError::of))
        })
    }

    /// The value, if it is there; a cancelled task may ask, too.
    ///
    /// # Errors
    /// [`TryRecvError`].
    pub fn try_recv(&mut self, cx: &Cx) -> Result<T, TryRecvError> {
        let asked = try_ask(cx, &self.inner.line, self.inner.wanted());
        let taken = asked.and_then(|held| self.inner.take(held));
        taken.map_err(TryRecvError::of)
    }
}

impl<T> Drop for OneshotReceiver<T> {
    fn drop(&mut self) {
        let unreceived = {
            let mut slot = self.inner.lock();
            slot.has_receiver = false;
            slot.value.take()
        };
        drop(unreceived);
    }
}

impl<T> fmt::Debug for OneshotSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneshotSender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for OneshotReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneshotReceiver").finish_non_exhaustive()
    }
}
