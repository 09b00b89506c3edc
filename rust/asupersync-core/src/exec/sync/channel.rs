//! Owns the bounded channel: values from any senders to any receivers, each to one.

use core::fmt;
use core::future::{Future, poll_fn};
use core::task::{Context, Poll, ready};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ask::{Ask, Held, Wanted, try_ask};
use super::error::{RecvError, SendError, TryRecvError, TrySendError};
use super::line::Line;
use crate::exec::cx::Cx;
use crate::exec::error::{Error, Result};
use crate::exec::platform::shared;
use crate::handle::Handle;
use crate::obligation::ObligationKind;
use crate::semaphore::SemaphoreState;

/// Opens a channel with room for `capacity` values. Permits to send that are held count as
/// values, so that a sender that has one never waits.
///
/// Values are received in the order in which they were sent; those who wait, to send or to
/// receive, are served first come first served. It closes when every sender or every receiver is
/// dropped, or when one of them closes it; what was sent can still be received then.
///
/// ```
/// use asupersync_core::exec::sync::{RecvError, channel};
/// use asupersync_core::exec::{Error, Lab, Outcome};
///
/// let run = Lab::new(1).run(|cx| async move {
///     let (sender, receiver) = channel(&cx, 2)?;
///     cx.spawn(move |cx| async move {
///         for n in 0..10 {
///             sender.send(&cx, n).await?; // Waits while two are not received.
///         }
///         Ok::<_, Error>(())
///     })?;
///     let mut sum = 0;
///     while let Some(n) = receiver.next(&cx).await? {
///         sum += n;
///     }
///     assert_eq!(receiver.recv(&cx).await, Err(RecvError::Closed));
///     Ok::<_, Error>(sum)
/// });
/// assert_eq!(run.outcome, Outcome::Ok(45));
/// ```
///
/// # Errors
/// [`Error::Refused`] for a capacity of 0 or above [`PERMITS_MAX`](crate::limits::PERMITS_MAX),
/// or at [`SEMAPHORES_MAX`](crate::limits::SEMAPHORES_MAX), of which it takes two.
pub fn channel<T>(cx: &Cx, capacity: u32) -> Result<(Sender<T>, Receiver<T>)> {
    let (free, items) = Line::open_channel(cx, capacity)?;
    let inner = shared(Inner {
        free,
        items,
        capacity,
        queue: Mutex::new(Queue {
            values: VecDeque::new(),
            senders: 1,
            receivers: 1,
        }),
    });
    let sender = Sender {
        inner: Arc::clone(&inner),
    };
    Ok((sender, Receiver { inner }))
}

struct Inner<T> {
    /// The free places; with it the items are closed and forgotten.
    free: Line,
    items: Handle,
    capacity: u32,
    /// Locked before the executor's state, never after it, and never while code of others runs.
    /// Invariant: it holds as many values as the items have permits, held ones included.
    queue: Mutex<Queue<T>>,
}

struct Queue<T> {
    values: VecDeque<T>,
    senders: usize,
    receivers: usize,
}

impl<T> Inner<T> {
    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    const fn place(&self) -> Wanted {
        Wanted {
            semaphore: self.free.semaphore(),
            permits: 1,
            kind: ObligationKind::SendPermit,
        }
    }

    const fn item(&self) -> Wanted {
        Wanted {
            semaphore: self.items,
            permits: 1,
            kind: ObligationKind::Ack,
        }
    }

    fn put(&self, held: &mut Held, value: T) -> Result<(), SendError<T>> {
        let mut queue = self.lock();
        if queue.receivers == 0 {
            return Err(SendError::Closed(value));
        }
        // A receiver that the commit wakes finds the value, since it locks the queue too.
        match held.commit() {
            Ok(()) => queue.values.push_back(value),
            Err(error) => return Err(SendError::Failed(value, error)),
        }
        Ok(())
    }

    fn take(&self, held: &mut Held) -> Result<T> {
        let mut queue = self.lock();
        held.commit()?;
        queue.values.pop_front().ok_or(Error::Closed)
    }

    fn len(&self) -> usize {
        self.lock().values.len()
    }

    fn is_closed(&self) -> bool {
        let status = self.free.status();
        status.is_none_or(|status| status.state == SemaphoreState::Closed)
    }
}

/// The end of a [`channel`] that sends. A clone sends into the same channel.
pub struct Sender<T> {
    inner: Arc<Inner<T>>,
}

impl<T> Sender<T> {
    /// Waits for a free place and gives the permit to fill it, so that a value is made only when
    /// it can be sent.
    ///
    /// Cancel-safe: dropped, it leaves the line, and a place that it was about to get goes to
    /// the next one.
    ///
    /// # Errors
    /// [`SendError::Closed`]; [`SendError::Failed`].
    pub fn reserve(
        &self,
        cx: &Cx,
    ) -> impl Future<Output = Result<SendPermit<T>, SendError<()>>> + use<'_, T> {
        let (cx, mut ask) = (cx.clone(), None);
        poll_fn(move |context| self.poll_reserve(&cx, &mut ask, context))
    }

    pub(super) fn poll_reserve(
        &self,
        cx: &Cx,
        ask: &mut Option<Ask>,
        context: &mut Context<'_>,
    ) -> Poll<Result<SendPermit<T>, SendError<()>>> {
        let place = self.inner.place();
        let granted = ready!(poll_ask(cx, &self.inner.free, place, ask, context));
        Poll::Ready(match granted {
            Ok(held) => Ok(self.permit(held)),
            Err(error) => Err(SendError::of(error, ())),
        })
    }

    /// The permit to fill a free place, if there is one and nobody waits before.
    ///
    /// # Errors
    /// As [`Sender::try_send`].
    pub fn try_reserve(&self, cx: &Cx) -> Result<SendPermit<T>, TrySendError<()>> {
        let asked = try_ask(cx, &self.inner.free, self.inner.place());
        let held = asked.map_err(|error| TrySendError::of(error, ()))?;
        Ok(self.permit(held))
    }

    fn permit(&self, held: Held) -> SendPermit<T> {
        SendPermit {
            held,
            inner: Arc::clone(&self.inner),
        }
    }

    /// Waits for a free place and sends `value`.
    ///
    /// Cancel-safe, but `value` is dropped with the future: to keep it, [`Sender::reserve`]
    /// first.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::Failed`], with the value.
    pub fn send(
        &self,
        cx: &Cx,
        value: T,
    ) -> impl Future<Output = Result<(), SendError<T>>> + use<'_, T> {
        let reserved = self.reserve(cx);
        async move {
            match reserved.await {
                Ok(permit) => permit.send(value),
                Err(error) => Err(error.with(value)),
            }
        }
    }

    /// Sends `value` if a place is free and nobody waits before; a cancelled task may, too.
    ///
    /// # Errors
    /// [`TrySendError`], with the value.
    pub fn try_send(&self, cx: &Cx, value: T) -> Result<(), TrySendError<T>> {
        match try_ask(cx, &self.inner.free, self.inner.place()) {
            Ok(held) => self.permit(held).send(value).map_err(|error| match error {
                SendError::Closed(value) => TrySendError::Closed(value),
                SendError::Failed(value, error) => TrySendError::Failed(value, error),
            }),
            Err(error) => Err(TrySendError::of(error, value)),
        }
    }

    /// Closes the channel: nobody gets a permit to send any more. What is sent, and what permits
    /// still bring, can be received.
    pub fn close(&self) {
        self.inner.free.close();
    }

    /// Whether no permit can be had any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// How many values and permits to send it can hold.
    #[must_use]
    pub fn capacity(&self) -> u32 {
        self.inner.capacity
    }

    /// How many values lie in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether no value lies in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.inner.lock().senders += 1;
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let is_last = {
            let mut queue = self.inner.lock();
            queue.senders -= 1;
            queue.senders == 0
        };
        if is_last {
            self.inner.free.close();
        }
    }
}

/// The right to send one value without waiting: an obligation of the task that reserved it.
/// Dropped unused, its place is free again.
#[must_use = "dropped, the place is free again"]
pub struct SendPermit<T> {
    held: Held,
    inner: Arc<Inner<T>>,
}

impl<T> SendPermit<T> {
    /// Sends `value`. A channel that was closed meanwhile still takes it.
    ///
    /// # Errors
    /// [`SendError::Closed`] if every receiver is dropped; [`SendError::Failed`] if the task
    /// that the permit is of has ended.
    pub fn send(mut self, value: T) -> Result<(), SendError<T>> {
        self.inner.put(&mut self.held, value)
    }

    /// Gives the place back, as dropping does.
    pub fn abort(self) {}

    /// Hands the permit over to the task of `cx`, which answers for it from now on. To be called
    /// there, before the task that reserved it ends.
    ///
    /// # Errors
    /// [`Error::Refused`] if either task has ended, or at a limit; the permit stays where it is.
    pub fn transfer(&self, cx: &Cx) -> Result<()> {
        self.held.transfer(cx)
    }
}

/// The end of a [`channel`] that receives. A clone receives from the same channel: each value
/// goes to one of them.
pub struct Receiver<T> {
    inner: Arc<Inner<T>>,
}

impl<T> Receiver<T> {
    /// Waits for the next value.
    ///
    /// Cancel-safe: dropped, it leaves the line, and a value that it was about to get goes to
    /// the next one, in its order.
    ///
    /// # Errors
    /// [`RecvError::Closed`] once it is closed, empty, and no permit can bring more;
    /// [`RecvError::Failed`].
    pub fn recv(&self, cx: &Cx) -> impl Future<Output = Result<T, RecvError>> + use<'_, T> {
        let (cx, mut ask) = (cx.clone(), None);
        poll_fn(move |context| self.poll_recv(&cx, &mut ask, context))
    }

    /// Waits as [`Receiver::recv`] does, for loops: `None` once the channel has ended.
    ///
    /// Cancel-safe: as [`Receiver::recv`].
    ///
    /// # Errors
    /// [`Error::Cancelled`]; [`Error::Refused`].
    pub fn next(&self, cx: &Cx) -> impl Future<Output = Result<Option<T>>> + use<'_, T> {
        let received = self.recv(cx);
        async move {
            match received.await {
                Ok(value) => Ok(Some(value)),
                Err(RecvError::Closed) => Ok(None),
                Err(RecvError::Failed(error)) => Err(error),
            }
        }
    }

    pub(super) fn poll_recv(
        &self,
        cx: &Cx,
        ask: &mut Option<Ask>,
        context: &mut Context<'_>,
    ) -> Poll<Result<T, RecvError>> {
        let item = self.inner.item();
        let granted = ready!(poll_ask(cx, &self.inner.free, item, ask, context));
        let taken = granted.and_then(|mut held| self.inner.take(&mut held));
        Poll::Ready(taken.map_err(RecvError::of))
    }

    /// The next value, if there is one and nobody waits before; a cancelled task may ask, too.
    ///
    /// # Errors
    /// [`TryRecvError`].
    pub fn try_recv(&self, cx: &Cx) -> Result<T, TryRecvError> {
        let asked = try_ask(cx, &self.inner.free, self.inner.item());
        let taken = asked.and_then(|mut held| self.inner.take(&mut held));
        taken.map_err(TryRecvError::of)
    }

    /// Closes the channel: nobody gets a permit to send any more. What is sent, and what permits
    /// still bring, can be received.
    pub fn close(&self) {
        self.inner.free.close();
    }

    /// Whether no permit can be had any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// How many values lie in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether no value lies in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.inner.lock().receivers += 1;
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let unreceived = {
            let mut queue = self.inner.lock();
            queue.receivers -= 1;
            if queue.receivers > 0 {
                return;
            }
            core::mem::take(&mut queue.values)
        };
        self.inner.free.close();
        drop(unreceived);
    }
}

fn poll_ask(
    cx: &Cx,
    line: &Line,
    wanted: Wanted,
    ask: &mut Option<Ask>,
    context: &mut Context<'_>,
) -> Poll<Result<Held>> {
    let mut asking = match ask.take() {
        Some(asking) => asking,
        None => Ask::new(cx, line, wanted)?,
    };
    let granted = asking.poll(context);
    if granted.is_pending() {
        *ask = Some(asking);
    }
    granted
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SendPermit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendPermit").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
