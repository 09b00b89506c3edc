//! Owns how work can end, and which ending wins when several combine.

/// How a task or a region ended. Ordered: the worst wins when siblings combine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(u8)]
pub enum Outcome {
    /// It gave its value.
    #[default]
    Ok = 0,
    /// It failed.
    Err = 1,
    /// It acknowledged a cancellation.
    Cancelled = 2,
    /// The kernel or a finalizer failed, or it leaked an obligation; its state cannot be
    /// trusted.
    Panicked = 3,
}

impl Outcome {
    /// The stable code of this outcome.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The outcome that `code` spells.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            0 => Some(Self::Ok),
            1 => Some(Self::Err),
            2 => Some(Self::Cancelled),
            3 => Some(Self::Panicked),
            _ => None,
        }
    }

    /// Whether this is a failure. A cancellation is none.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Err | Self::Panicked)
    }
}
