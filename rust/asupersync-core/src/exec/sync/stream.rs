//! Owns receivers as streams and senders as sinks, for the combinators of the `futures` crates.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use futures_core::Stream;
use futures_sink::Sink;

use super::ask::Ask;
use super::broadcast::BroadcastReceiver;
use super::channel::{Receiver, SendPermit, Sender};
use super::error::{BroadcastError, RecvError};
use super::lookout::Lookout;
use super::watch::WatchReceiver;
use crate::exec::cx::Cx;
use crate::exec::error::{Error, Result};

impl<T> Receiver<T> {
    /// The values as a stream of the task of `cx`. It ends when the channel has, and after the
    /// first error, which is a cancellation or a refusal.
    ///
    /// Cancel-safe: dropped, no value is lost.
    pub fn stream(self, cx: &Cx) -> ReceiverStream<T> {
        ReceiverStream {
            receiver: Some(self),
            cx: cx.clone(),
            ask: None,
        }
    }
}

/// A [`Receiver`] as a stream; made by [`Receiver::stream`].
#[must_use = "a stream does nothing unless it is polled"]
pub struct ReceiverStream<T> {
    /// `None` once it has ended.
    receiver: Option<Receiver<T>>,
    cx: Cx,
    ask: Option<Ask>,
}

impl<T> Stream for ReceiverStream<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let Self { receiver, cx, ask } = &mut *self;
        let Some(receiving) = receiver else {
            return Poll::Ready(None);
        };
        let error = match ready!(receiving.poll_recv(cx, ask, context)) {
            Ok(value) => return Poll::Ready(Some(Ok(value))),
            Err(RecvError::Closed) => None,
            Err(RecvError::Failed(error)) => Some(Err(error)),
        };
        *receiver = None;
        Poll::Ready(error)
    }
}

impl<T> Sender<T> {
    /// The channel as a sink of the task of `cx`: ready means that it has a permit. Closing it
    /// drops this sender.
    ///
    /// Cancel-safe: dropped, it gives its permit back.
    pub fn sink(self, cx: &Cx) -> SenderSink<T> {
        SenderSink {
            sender: Some(self),
            cx: cx.clone(),
            ask: None,
            permit: None,
        }
    }
}

/// A [`Sender`] as a sink; made by [`Sender::sink`].
#[must_use = "a sink does nothing unless it is polled"]
pub struct SenderSink<T> {
    /// `None` once it is closed.
    sender: Option<Sender<T>>,
    cx: Cx,
    ask: Option<Ask>,
    permit: Option<SendPermit<T>>,
}

impl<T> Sink<T> for SenderSink<T> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let Self {
            sender,
            cx,
            ask,
            permit,
        } = &mut *self;
        if permit.is_some() {
            return Poll::Ready(Ok(()));
        }
        let sender = sender.as_ref().ok_or(Error::Closed)?;
        *permit = Some(ready!(sender.poll_reserve(cx, ask, context))?);
        Poll::Ready(Ok(()))
    }

    fn start_send(mut self: Pin<&mut Self>, value: T) -> Result<()> {
        let permit = self.permit.take().ok_or(Error::WouldWait)?;
        Ok(permit.send(value)?)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        // What was sent is in the channel.
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.permit = None;
        self.ask = None;
        self.sender = None;
        Poll::Ready(Ok(()))
    }
}

impl<T: Clone> BroadcastReceiver<T> {
    /// The messages as a stream of the task of `cx`. It goes on after
    /// [`BroadcastError::Lagged`], and ends when the broadcast has and after any other error.
    ///
    /// Cancel-safe: dropped, no message is lost to other receivers.
    pub fn stream(self, cx: &Cx) -> BroadcastStream<T> {
        BroadcastStream {
            receiver: Some(self),
            cx: cx.clone(),
            lookout: Lookout::default(),
        }
    }
}

/// A [`BroadcastReceiver`] as a stream; made by [`BroadcastReceiver::stream`].
#[must_use = "a stream does nothing unless it is polled"]
pub struct BroadcastStream<T> {
    /// `None` once it has ended.
    receiver: Option<BroadcastReceiver<T>>,
    cx: Cx,
    lookout: Lookout,
}

impl<T: Clone> Stream for BroadcastStream<T> {
    type Item = Result<T, BroadcastError>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<T, BroadcastError>>> {
        let Self {
            receiver,
            cx,
            lookout,
        } = &mut *self;
        let Some(receiving) = receiver else {
            return Poll::Ready(None);
        };
        let error = match ready!(receiving.poll_recv(cx, lookout, context)) {
            received @ (Ok(_) | Err(BroadcastError::Lagged(_))) => {
                return Poll::Ready(Some(received));
            }
            Err(BroadcastError::Closed) => None,
            Err(error @ BroadcastError::Failed(_)) => Some(Err(error)),
        };
        *receiver = None;
        Poll::Ready(error)
    }
}

impl<T> WatchReceiver<T> {
    /// The changes as a stream of the task of `cx`: each item is the latest value. It ends when
    /// every sender is dropped, and after the first error.
    ///
    /// Cancel-safe: dropped, nothing is lost to other receivers.
    pub fn stream(self, cx: &Cx) -> WatchStream<T> {
        WatchStream {
            receiver: Some(self),
            cx: cx.clone(),
            lookout: Lookout::default(),
        }
    }
}

/// A [`WatchReceiver`] as a stream; made by [`WatchReceiver::stream`].
#[must_use = "a stream does nothing unless it is polled"]
pub struct WatchStream<T> {
    /// `None` once it has ended.
    receiver: Option<WatchReceiver<T>>,
    cx: Cx,
    lookout: Lookout,
}

impl<T> Stream for WatchStream<T> {
    type Item = Result<Arc<T>>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Arc<T>>>> {
        let Self {
            receiver,
            cx,
            lookout,
        } = &mut *self;
        let Some(receiving) = receiver else {
            return Poll::Ready(None);
        };
        let error = match ready!(receiving.poll_changed(cx, lookout, context)) {
            Ok(value) => return Poll::Ready(Some(Ok(value))),
            Err(RecvError::Closed) => None,
            Err(RecvError::Failed(error)) => Some(Err(error)),
        };
        *receiver = None;
        Poll::Ready(error)
    }
}

// None of them holds a future that must stay where it is.
impl<T> Unpin for ReceiverStream<T> {}
impl<T> Unpin for SenderSink<T> {}
impl<T> Unpin for BroadcastStream<T> {}
impl<T> Unpin for WatchStream<T> {}

impl<T> fmt::Debug for ReceiverStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiverStream").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SenderSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SenderSink").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for BroadcastStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BroadcastStream").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for WatchStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchStream").finish_non_exhaustive()
    }
}
