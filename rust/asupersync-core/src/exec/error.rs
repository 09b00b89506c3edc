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
    /// [`Cx::race`](super::Cx::race) or [`Cx::any`](super::Cx::any) was given no body.
    EmptyRace,
    /// Every body of a [`Cx::any`](super::Cx::any) failed, with these, in the order of the bodies.
    AllFailed(Box<[Self]>),
    /// The channel or semaphore is closed, and can never give what was asked.
    Closed,
    /// It is not there at once, and the call never waits.
    WouldWait,
    /// So many messages of a broadcast were overwritten before this receiver took them.
    Lagged(u64),
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

    pub(crate) const fn out_of_range(expected: &'static str) -> Self {
        Self::refused(ErrorKind::InvalidNumber, expected, 0)
    }

    pub(crate) const fn refused(kind: ErrorKind, expected: &'static str, received: u64) -> Self {
        Self::Refused(KernelError::new(kind, expected, received))
    }

    pub(crate) const fn not_running(received: u64) -> Self {
        let expected = "the cx of the task that runs";
        Self::refused(ErrorKind::WrongState, expected, received)
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
            Self::EmptyRace => f.write_str("expected at least one body, got none"),
            Self::AllFailed(errors) => display_all(f, errors),
            Self::Closed => f.write_str("expected an open channel or semaphore, got a closed one"),
            Self::WouldWait => f.write_str("expected an answer at once, got one to wait for"),
            Self::Lagged(missed) => {
                write!(f, "expected every message, got {missed} overwritten ones")
            }
            Self::Abandoned => f.write_str("the host gave the operation up"),
            Self::Failed(message) => write!(f, "the host operation failed: {message}"),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

/// Why [`Cx::any`](super::Cx::any) gave no value. In a body whose error is [`Error`] a `?`
/// makes it [`Error::AllFailed`]; elsewhere `map_err` says what many failures are in your terms,
/// for example [`AnyError::into_first`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AnyError<E> {
    /// Every body failed or panicked: with these, in the order of the bodies.
    AllFailed(Vec<E>),
    /// The bodies did not decide: there were none, they were cancelled, or refused.
    Undecided(Error),
}

impl<E: From<Error>> AnyError<E> {
    /// What the first body failed with; the failures of the others are dropped.
    #[must_use]
    pub fn into_first(self) -> E {
        match self {
            Self::AllFailed(errors) => {
                let first = errors.into_iter().next();
                first.unwrap_or_else(|| Error::EmptyRace.into())
            }
            Self::Undecided(error) => error.into(),
        }
    }
}

impl<E> From<Error> for AnyError<E> {
    fn from(error: Error) -> Self {
        Self::Undecided(error)
    }
}

impl From<AnyError<Self>> for Error {
    fn from(error: AnyError<Self>) -> Self {
        match error {
            AnyError::AllFailed(errors) => Self::AllFailed(errors.into()),
            AnyError::Undecided(error) => error,
        }
    }
}

impl<E: fmt::Display> fmt::Display for AnyError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllFailed(errors) => display_all(f, errors),
            Self::Undecided(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for AnyError<E> {}

fn display_all<E: fmt::Display>(f: &mut fmt::Formatter<'_>, errors: &[E]) -> fmt::Result {
    write!(f, "expected one body of {} to give a value", errors.len())?;
    match errors.first() {
        Some(first) => write!(f, ", all failed, the first: {first}"),
        None => Ok(()),
    }
}

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
