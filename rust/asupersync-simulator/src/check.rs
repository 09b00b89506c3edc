//! Owns what a check says: nothing, or what it found, in words.

use core::fmt;

use crate::oracle::Objection;

/// What a part of the model says: nothing, or its disagreement in words.
pub(crate) type Check<T = ()> = Result<T, String>;

/// What a step of the world says: nothing, or what was found.
pub(crate) type Step<T = ()> = Result<T, Finding>;

/// Who found that something is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finder {
    /// The model predicted something else.
    Model,
    /// The kernel's own invariants.
    Invariants,
    /// The oracle of this name.
    Oracle(&'static str),
    /// The kernel stopped at an assertion of its own.
    Panic,
}

impl fmt::Display for Finder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model => out.write_str("model"),
            Self::Invariants => out.write_str("invariants"),
            Self::Oracle(name) => write!(out, "oracle {name}"),
            Self::Panic => out.write_str("panic"),
        }
    }
}

/// Something that is wrong, and who found it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Who found it.
    pub finder: Finder,
    /// What it is.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.finder, self.message)
    }
}

impl From<Objection> for Finding {
    fn from(objection: Objection) -> Self {
        Self {
            finder: Finder::Oracle(objection.oracle),
            message: objection.message,
        }
    }
}

impl From<String> for Finding {
    fn from(message: String) -> Self {
        Self {
            finder: Finder::Model,
            message,
        }
    }
}

impl From<&str> for Finding {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

macro_rules! ensure {
    ($holds:expr, $($message:tt)+) => {
        if !$holds {
            return Err(format!($($message)+).into());
        }
    };
}
pub(crate) use ensure;
