//! Owns what sending and receiving can fail with. Each becomes an [`Error`] by `?` in a body that
//! needs no error of its own; a value that was not sent comes back in the error.

use core::fmt;

use crate::exec::error::Error;

/// Why a value was not sent. It comes back.
#[derive(Clone, PartialEq, Eq)]
pub enum SendError<T> {
    /// Nobody can receive any more: the channel is closed, or every receiver is dropped.
    Closed(T),
    /// The wait failed: [`Error::Cancelled`] or [`Error::Refused`].
    Failed(T, Error),
}

/// Why a value was not sent at once. It comes back.
#[derive(Clone, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// No place is free, or others wait for one.
    Full(T),
    /// Nobody can receive any more.
    Closed(T),
    /// It could not be asked for: [`Error::Refused`].
    Failed(T, Error),
}

/// Why nothing was received.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RecvError {
    /// Every sender is dropped, or it was closed, and nothing is left in it.
    Closed,
    /// The wait failed: [`Error::Cancelled`] or [`Error::Refused`].
    Failed(Error),
}

/// Why nothing was received at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TryRecvError {
    /// Nothing is there, or others wait for it.
    Empty,
    /// Every sender is dropped, or it was closed, and nothing is left in it.
    Closed,
    /// It could not be asked for: [`Error::Refused`].
    Failed(Error),
}

/// Why a message of a broadcast was not received.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BroadcastError {
    /// So many messages were overwritten before this receiver took them. The next one is the
    /// oldest that is left.
    Lagged(u64),
    /// Every sender is dropped, and this receiver has had every message.
    Closed,
    /// The wait failed: [`Error::Cancelled`] or [`Error::Refused`].
    Failed(Error),
}

impl<T> SendError<T> {
    /// The value that was not sent.
    #[must_use]
    pub fn into_value(self) -> T {
        match self {
            Self::Closed(value) | Self::Failed(value, _) => value,
        }
    }

    pub(super) fn of(error: Error, value: T) -> Self {
        if error == Error::Closed {
            Self::Closed(value)
        } else {
            Self::Failed(value, error)
        }
    }

    pub(super) fn with<U>(self, value: U) -> SendError<U> {
        match self {
            Self::Closed(_) => SendError::Closed(value),
            Self::Failed(_, error) => SendError::Failed(value, error),
        }
    }
}

impl<T> TrySendError<T> {
    /// The value that was not sent.
    #[must_use]
    pub fn into_value(self) -> T {
        match self {
            Self::Full(value) | Self::Closed(value) | Self::Failed(value, _) => value,
        }
    }

    pub(super) fn of(error: Error, value: T) -> Self {
        if error == Error::Closed {
            Self::Closed(value)
        } else if error == Error::WouldWait {
            Self::Full(value)
        } else {
            Self::Failed(value, error)
        }
    }
}

impl RecvError {
    pub(super) fn of(error: Error) -> Self {
        if error == Error::Closed {
            Self::Closed
        } else {
            Self::Failed(error)
        }
    }
}

impl TryRecvError {
    pub(super) fn of(error: Error) -> Self {
        if error == Error::Closed {
            Self::Closed
        } else if error == Error::WouldWait {
            Self::Empty
        } else {
            Self::Failed(error)
        }
    }
}

impl BroadcastError {
    pub(super) fn of(error: Error) -> Self {
        if error == Error::Closed {
            Self::Closed
        } else {
            Self::Failed(error)
        }
    }
}

impl<T> From<SendError<T>> for Error {
    fn from(error: SendError<T>) -> Self {
        match error {
            SendError::Closed(_) => Self::Closed,
            SendError::Failed(_, error) => error,
        }
    }
}

impl<T> From<TrySendError<T>> for Error {
    fn from(error: TrySendError<T>) -> Self {
        match error {
            TrySendError::Full(_) => Self::WouldWait,
            TrySendError::Closed(_) => Self::Closed,
            TrySendError::Failed(_, error) => error,
        }
    }
}

impl From<RecvError> for Error {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Closed => Self::Closed,
            RecvError::Failed(error) => error,
        }
    }
}

impl From<TryRecvError> for Error {
    fn from(error: TryRecvError) -> Self {
        match error {
            TryRecvError::Empty => Self::WouldWait,
            TryRecvError::Closed => Self::Closed,
            TryRecvError::Failed(error) => error,
        }
    }
}

impl From<BroadcastError> for Error {
    fn from(error: BroadcastError) -> Self {
        match error {
            BroadcastError::Lagged(missed) => Self::Lagged(missed),
            BroadcastError::Closed => Self::Closed,
            BroadcastError::Failed(error) => error,
        }
    }
}

const NO_RECEIVER: &str = "expected somebody to receive, got a closed channel";
const NO_SENDER: &str = "expected somebody to send, got a closed and empty channel";

// The value is not shown, so that it needs no Debug.
impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(_) => f.write_str("Closed(..)"),
            Self::Failed(_, error) => write!(f, "Failed(.., {error:?})"),
        }
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(_) => f.write_str(NO_RECEIVER),
            Self::Failed(_, error) => error.fmt(f),
        }
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("Full(..)"),
            Self::Closed(_) => f.write_str("Closed(..)"),
            Self::Failed(_, error) => write!(f, "Failed(.., {error:?})"),
        }
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("expected a free place at once, got a full channel"),
            Self::Closed(_) => f.write_str(NO_RECEIVER),
            Self::Failed(_, error) => error.fmt(f),
        }
    }
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str(NO_SENDER),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("expected a value at once, got an empty channel"),
            Self::Closed => f.write_str(NO_SENDER),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for BroadcastError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lagged(missed) => Error::Lagged(*missed).fmt(f),
            Self::Closed => f.write_str(NO_SENDER),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl<T> core::error::Error for SendError<T> {}
impl<T> core::error::Error for TrySendError<T> {}
impl core::error::Error for RecvError {}
impl core::error::Error for TryRecvError {}
impl core::error::Error for BroadcastError {}
