//! Owns the one error type of the Rust API: what a wait or a spawn can fail with.

use core::any::Any;
use core::fmt;
use std::sync::Arc;

use crate::cancel::CancelReason;
use crate::error::{ErrorKind, KernelError};

/// Why a wait, a spawn or a combinator gave no value. An error type of your own takes part by
/// `From<Error>`, so that `?` works in a body.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The task is cancelled. Every wait outside a mask fails with this from then on.
    Cancelled(Arc<CancelReason>),
    /// The time given to [`Cx::timeout`](super::Cx::timeout) ran out.
    TimedOut,
    /// A child of the task or scope failed; its own handle says how.
    ChildFailed,
    /// What was waited for panicked, with this message.
    Panicked(Box<str>),
    /// A host operation was given up by its host without a value.
    Abandoned,
    /// A host operation failed, for what its host says: a request without an answer, a socket
    /// that could not be opened.
    Failed(Box<str>),
    /// The kernel refused: a limit, a closed scope, or a `Cx` used outside its task.
    Refused(KernelError),
}

impl Error {
    /// Whether this is the cancellation of the task itself.
    #[must_use]
    pub const fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled(_))
    }

    /// [`Error::Panicked`] from what `catch_unwind` caught.
    #[must_use]
    pub fn from_panic(payload: &(dyn Any + Send)) -> Self {
        Self::Panicked(message_of(payload))
    }

    pub(crate) const fn not_running(received: u64) -> Self {
        Self::Refused(KernelError::new(
            ErrorKind::WrongState,
            "the cx of the task that runs",
            received,
        ))
    }
}

impl From<KernelError> for Error {
    fn from(error: KernelError) -> Self {
        Self::Refused(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled(reason) => {
                write!(f, "cancelled: {:?}", reason.kind)?;
                match &reason.message {
                    Some(message) => write!(f, ", {message}"),
                    None => Ok(()),
                }
            }
            Self::TimedOut => f.write_str("the time ran out"),
            Self::ChildFailed => f.write_str("a child failed"),
            Self::Panicked(message) => write!(f, "panicked: {message}"),
            Self::Abandoned => f.write_str("the host gave the operation up"),
            Self::Failed(message) => write!(f, "the host operation failed: {message}"),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

/// The message of a panic.
pub(crate) fn message_of(payload: &(dyn Any + Send)) -> Box<str> {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").into()
}

/// What a body that needs no error of its own returns.
pub type Result<T, E = Error> = core::result::Result<T, E>;
