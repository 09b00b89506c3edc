//! Owns the broadcast: every message to every receiver, the last so many of them.

use core::fmt;
use core::future::{Future, poll_fn};
use core::task::{Context, Poll, ready};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::{BroadcastError, SendError};
use super::line::Line;
use super::lookout::Lookout;
use crate::exec::cx::Cx;
use crate::exec::error::{Error, Result};
use crate::exec::platform::shared;
use crate::limits::PERMITS_MAX;
use crate::semaphore::PermitFlow;

/// Opens a broadcast that keeps the last `capacity` messages. Sending never waits: the oldest
/// message is overwritten, and a receiver that has not taken it is told how many it
/// [missed](BroadcastError::Lagged). The messages are kept until they are overwritten, or until
/// every receiver is dropped.
///
/// ```
/// use asupersync_core::exec::sync::{BroadcastError, broadcast};
/// use asupersync_core::exec::{Error, Lab, Outcome};
///
/// let run = Lab::new(1).run(|cx| async move {
///     let (sender, mut receiver) = broadcast(&cx, 2)?;
///     for n in 1..=5 {
///         sender.send(n)?;
///     }
///     assert_eq!(receiver.recv(&cx).await, Err(BroadcastError::Lagged(3)));
///     Ok::<_, Error>((receiver.recv(&cx).await?, receiver.recv(&cx).await?))
/// });
/// assert_eq!(run.outcome, Outcome::Ok((4, 5)));
/// ```
///
/// # Errors
/// [`Error::Refused`] for a capacity of 0 or above [`PERMITS_MAX`], or at
/// [`SEMAPHORES_MAX`](crate::limits::SEMAPHORES_MAX).
pub fn broadcast<T>(cx: &Cx, capacity: u32) -> Result<(BroadcastSender<T>, BroadcastReceiver<T>)> {
    if capacity == 0 || capacity > PERMITS_MAX {
        return Err(Error::out_of_range("a capacity of at least 1"));
    }
    let inner = shared(Inner {
        line: Line::open(cx, 0, PermitFlow::Spent)?,
        capacity: capacity as usize,
        ring: Mutex::new(Ring {
            messages: VecDeque::new(),
            sent: 0,
            senders: 1,
            receivers: 1,
        }),
    });
    let sender = BroadcastSender {
        inner: Arc::clone(&inner),
    };
    Ok((sender, BroadcastReceiver { inner, next: 0 }))
}

struct Inner<T> {
    line: Line,
    capacity: usize,
    /// Locked before the executor's state, never after it, and never while code of others runs.
    ring: Mutex<Ring<T>>,
}

struct Ring<T> {
    /// Shared, so that none is cloned under the lock.
    messages: VecDeque<Arc<T>>,
    /// Messages so far; the newest has the number below.
    sent: u64,
    senders: usize,
    receivers: usize,
}

impl<T> Ring<T> {
    /// The message with the number `next`, and how many were overwritten before one is there.
    fn look(&self, next: u64) -> Option<Look<T>> {
        let oldest = self.sent - self.messages.len() as u64;
        if next < oldest {
            return Some(Look::Lagged(oldest - next));
        }
        let index = usize::try_from(next - oldest).ok()?;
        match self.messages.get(index) {
            Some(message) => Some(Look::Message(Arc::clone(message))),
            None => (self.senders == 0).then_some(Look::Ended),
        }
    }
}

/// What a receiver finds.
enum Look<T> {
    Message(Arc<T>),
    Lagged(u64),
    Ended,
}

impl<T> Inner<T> {
    fn lock(&self) -> MutexGuard<'_, Ring<T>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of a [`broadcast`] that sends. A clone sends into the same broadcast.
pub struct BroadcastSender<T> {
    inner: Arc<Inner<T>>,
}

impl<T> BroadcastSender<T> {
    /// Sends `message` to every receiver, from anywhere and without waiting; gives how many
    /// receivers there are. O(receivers that wait).
    ///
    /// # Errors
    /// [`SendError::Closed`] if there is none.
    pub fn send(&self, message: T) -> Result<usize, SendError<T>> {
        let (receivers, overwritten) = {
            let mut ring = self.inner.lock();
            if ring.receivers == 0 {
                return Err(SendError::Closed(message));
            }
            let is_full = ring.messages.len() == self.inner.capacity;
            let overwritten = if is_full {
                ring.messages.pop_front()
            } else {
                None
            };
            ring.messages.push_back(shared(message));
            ring.sent += 1;
            self.inner.line.add_for_waiting();
            (ring.receivers, overwritten)
        };
        drop(overwritten);
        Ok(receivers)
    }

    /// A new receiver, of the messages sent from now on.
    #[must_use]
    pub fn subscribe(&self) -> BroadcastReceiver<T> {
        let mut ring = self.inner.lock();
        ring.receivers += 1;
        BroadcastReceiver {
            inner: Arc::clone(&self.inner),
            next: ring.sent,
        }
    }

    /// How many receivers there are.
    #[must_use]
    pub fn receivers(&self) -> usize {
        self.inner.lock().receivers
    }
}

impl<T> Clone for BroadcastSender<T> {
    fn clone(&self) -> Self {
        self.inner.lock().senders += 1;
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<T> Drop for BroadcastSender<T> {
    fn drop(&mut self) {
        let mut ring = self.inner.lock();
        ring.senders -= 1;
        if ring.senders == 0 {
            self.inner.line.close();
        }
    }
}

/// The end of a [`broadcast`] that receives. A clone receives what this one has yet to receive.
pub struct BroadcastReceiver<T> {
    inner: Arc<Inner<T>>,
    /// The number of the message to receive next.
    next: u64,
}

impl<T: Clone> BroadcastReceiver<T> {
    /// Waits for the next message.
    ///
    /// Cancel-safe: dropped, no message is lost.
    ///
    /// # Errors
    /// [`BroadcastError::Lagged`], after which it goes on with the oldest message that is left;
    /// [`BroadcastError::Closed`]; [`BroadcastError::Failed`].
    pub fn recv(
        &mut self,
        cx: &Cx,
    ) -> impl Future<Output = Result<T, BroadcastError>> + use<'_, T> {
        let (cx, mut lookout) = (cx.clone(), Lookout::default());
        poll_fn(move |context| self.poll_recv(&cx, &mut lookout, context))
    }

    pub(super) fn poll_recv(
        &mut self,
        cx: &Cx,
        lookout: &mut Lookout,
        context: &mut Context<'_>,
    ) -> Poll<Result<T, BroadcastError>> {
        let (inner, next) = (&self.inner, self.next);
        let place = (&inner.ring, &inner.line);
        let found = ready!(lookout.poll(cx, place, context, |ring| ring.look(next)));
        Poll::Ready(match found.map_err(BroadcastError::of)? {
            Look::Message(message) => {
                self.next += 1;
                Ok(Arc::unwrap_or_clone(message))
            }
            Look::Lagged(missed) => {
                self.next += missed;
                Err(BroadcastError::Lagged(missed))
            }
            Look::Ended => Err(BroadcastError::Closed),
        })
    }
}

impl<T> Clone for BroadcastReceiver<T> {
    fn clone(&self) -> Self {
        self.inner.lock().receivers += 1;
        Self {
            inner: Arc::clone(&self.inner),
            next: self.next,
        }
    }
}

impl<T> Drop for BroadcastReceiver<T> {
    fn drop(&mut self) {
        let unreceived = {
            let mut ring = self.inner.lock();
            ring.receivers -= 1;
            if ring.receivers > 0 {
                return;
            }
            core::mem::take(&mut ring.messages)
        };
        drop(unreceived);
    }
}

impl<T> fmt::Debug for BroadcastSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BroadcastSender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for BroadcastReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BroadcastReceiver")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
