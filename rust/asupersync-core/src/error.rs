//! Owns the kernel's one error type: a closed kind with a stable code, and the facts to act on.

use core::fmt;

/// What a command was refused for. The codes are the ones on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum ErrorKind {
    /// The handle named something that has ended.
    StaleHandle = 1,
    /// The handle is of another runtime.
    ForeignHandle = 2,
    /// The handle is of another kind, or was never issued.
    ForgedHandle = 3,
    /// A number was not finite, not whole, or out of range.
    InvalidNumber = 4,
    /// A maximum of [`limits`](crate::limits) is reached.
    LimitReached = 5,
    /// The region no longer admits work.
    ScopeClosed = 6,
    /// The thing named is live but not in a state that allows the command.
    WrongState = 7,
    /// The root region is closed; the kernel takes no more commands.
    RuntimeClosed = 8,
    /// The kernel stopped on a broken invariant.
    Poisoned = 9,
    /// The semaphore is closed and can never meet what was asked.
    SemaphoreClosed = 10,
    /// The semaphore has too few permits, or others wait before, and the command never waits.
    WouldWait = 11,
}

impl ErrorKind {
    /// The stable code of this kind.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

/// A refused command: nothing was changed by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KernelError {
    /// Why it was refused.
    pub kind: ErrorKind,
    /// What the command needed.
    pub expected: &'static str,
    /// What came, as a number: the handle, the count or the state's code.
    pub received: u64,
}

impl KernelError {
    pub(crate) const fn new(kind: ErrorKind, expected: &'static str, received: u64) -> Self {
        Self {
            kind,
            expected,
            received,
        }
    }
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected {}, got {:#x} ({:?})",
            self.expected, self.received, self.kind
        )
    }
}

impl core::error::Error for KernelError {}

/// The result of a command.
pub type Result<T> = core::result::Result<T, KernelError>;
