//! Owns how a Rust task ended, with its value.

use std::sync::Arc;

use super::error::{Error, Result};
use crate::cancel::CancelReason;

/// How a task ended. The kernel's [`Outcome`](crate::Outcome) is the same without the values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome<T, E = Error> {
    /// It gave its value.
    Ok(T),
    /// It failed. When a child failed and the body itself did not, this is
    /// [`Error::ChildFailed`] as an `E`.
    Err(E),
    /// It observed a cancellation, for this reason; whatever it returned after that is dropped.
    Cancelled(Arc<CancelReason>),
    /// Its body, a finalizer or a child panicked, with this message.
    Panicked(Box<str>),
}

impl<T, E> Outcome<T, E> {
    /// The value, if there is one.
    pub fn ok(self) -> Option<T> {
        match self {
            Self::Ok(value) => Some(value),
            Self::Err(_) | Self::Cancelled(_) | Self::Panicked(_) => None,
        }
    }

    /// Why it was cancelled, if that is how it ended.
    #[must_use]
    pub const fn cancel_reason(&self) -> Option<&Arc<CancelReason>> {
        match self {
            Self::Cancelled(reason) => Some(reason),
            Self::Ok(_) | Self::Err(_) | Self::Panicked(_) => None,
        }
    }

    /// The value, or what stands in its place as an error.
    ///
    /// # Errors
    /// The task's own error; [`Error::Cancelled`] or [`Error::Panicked`] as an `E`.
    pub fn into_result(self) -> Result<T, E>
    where
        E: From<Error>,
    {
        match self {
            Self::Ok(value) => Ok(value),
            Self::Err(error) => Err(error),
            Self::Cancelled(reason) => Err(Error::Cancelled(reason).into()),
            Self::Panicked(message) => Err(Error::Panicked(message).into()),
        }
    }
}
