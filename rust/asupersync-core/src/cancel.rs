//! Owns why something was cancelled: the reason, its cause chain, and how reasons strengthen.

use std::sync::Arc;

use crate::handle::Handle;
use crate::limits::{CAUSES_MAX, CLEANUP_POLLS, MESSAGE_BYTES_MAX};
use crate::time::Time;

/// The kind of a cancellation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum CancelKind {
    /// Somebody asked.
    User = 0,
    /// The component that owned the work was unmounted.
    Unmount = 1,
    /// The page or route that owned the work was left.
    Navigation = 2,
    /// A relative time ran out.
    Timeout = 3,
    /// An absolute time ran out.
    Deadline = 4,
    /// The task used up its polls.
    PollQuota = 5,
    /// The task used up its cost.
    CostBudget = 6,
    /// A sibling or child failed.
    FailFast = 7,
    /// Another branch of a race won.
    RaceLost = 8,
    /// Something linked to it ended.
    LinkedExit = 9,
    /// The region or task above was cancelled; the cause says why.
    ParentCancelled = 10,
    /// Something it needs is gone.
    ResourceUnavailable = 11,
    /// The runtime is closing.
    Shutdown = 12,
}

impl CancelKind {
    /// Every kind, in code order.
    pub const ALL: [Self; 13] = [
        Self::User,
        Self::Unmount,
        Self::Navigation,
        Self::Timeout,
        Self::Deadline,
        Self::PollQuota,
        Self::CostBudget,
        Self::FailFast,
        Self::RaceLost,
        Self::LinkedExit,
        Self::ParentCancelled,
        Self::ResourceUnavailable,
        Self::Shutdown,
    ];

    /// The stable code of this kind.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind that `code` spells.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.get(code as usize).copied()
    }

    /// How strong the kind is, 0 to 5.
    #[must_use]
    pub const fn severity(self) -> u8 {
        match self {
            Self::User | Self::Unmount | Self::Navigation => 0,
            Self::Timeout | Self::Deadline => 1,
            Self::PollQuota | Self::CostBudget => 2,
            Self::FailFast | Self::RaceLost | Self::LinkedExit => 3,
            Self::ParentCancelled | Self::ResourceUnavailable => 4,
            Self::Shutdown => 5,
        }
    }

    /// Polls that a task cancelled for this kind has for its clean-up.
    #[must_use]
    pub const fn cleanup_polls(self) -> u32 {
        CLEANUP_POLLS[self.severity() as usize]
    }
}

/// Why something was cancelled. One reason is made per cancelled region and shared by all
/// that it reaches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CancelReason {
    /// Number of this reason in its kernel, from 1; used again only after four billion others.
    pub id: u32,
    /// What kind of cancellation it is.
    pub kind: CancelKind,
    /// The region or task that the request named.
    pub origin: Handle,
    /// When it was requested.
    pub at: Time,
    /// What the requester said, at most [`MESSAGE_BYTES_MAX`] bytes.
    pub message: Option<Box<str>>,
    /// The reason that led to this one.
    pub cause: Option<Arc<CancelReason>>,
    /// Length of the chain from here, this reason included.
    pub(crate) depth: u8,
    /// Whether causes were cut from the end of the chain.
    pub truncated: bool,
}

impl CancelReason {
    pub(crate) fn new(id: u32, kind: CancelKind, origin: Handle, at: Time, message: &str) -> Self {
        let message = cut(message);
        let message = if message.is_empty() {
            None
        } else {
            Some(message.into())
        };
        Self {
            id,
            kind,
            origin,
            at,
            message,
            cause: None,
            depth: 1,
            truncated: false,
        }
    }

    /// The reason that descendants of `parent`'s subject get. A chain at its maximum is
    /// shared as it is and marked; below that all share one reason, since all that theirs would
    /// say differently is whose descendants they are. So a tree of any depth costs little a level.
    pub(crate) fn of_descendants(
        id: u32,
        parent: &Arc<Self>,
        origin: Handle,
        at: Time,
    ) -> Arc<Self> {
        let is_at_maximum = parent.depth >= CAUSES_MAX;
        if is_at_maximum && parent.truncated {
            return Arc::clone(parent);
        }
        let mut reason = Self::new(id, CancelKind::ParentCancelled, origin, at, "");
        if is_at_maximum {
            reason.cause = parent.cause.clone();
            reason.depth = parent.depth;
            reason.truncated = true;
        } else {
            reason.cause = Some(Arc::clone(parent));
            reason.depth = parent.depth + 1;
            reason.truncated = parent.truncated;
        }
        Arc::new(reason)
    }

    /// Whether `self` is stronger than `other`: higher severity, then earlier, then a message
    /// over none, then the smaller message; the kind and the origin settle what is left, so
    /// that the order of requests never matters.
    #[must_use]
    pub fn is_stronger_than(&self, other: &Self) -> bool {
        self.strength() < other.strength()
    }

    /// The stronger of two reasons. Idempotent, commutative, associative, never weaker.
    #[must_use]
    pub fn strengthen(current: Arc<Self>, asked: Arc<Self>) -> Arc<Self> {
        if asked.is_stronger_than(&current) {
            asked
        } else {
            current
        }
    }

    fn strength(&self) -> impl Ord + '_ {
        (
            core::cmp::Reverse(self.kind.severity()),
            self.at,
            self.message.is_none(),
            self.message.as_deref(),
            self.kind,
            self.origin,
        )
    }
}

fn cut(message: &str) -> &str {
    if message.len() <= MESSAGE_BYTES_MAX {
        return message;
    }
    let mut end = MESSAGE_BYTES_MAX;
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    &message[..end]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{CancelKind, CancelReason, cut};
    use crate::handle::Handle;
    use crate::limits::{CAUSES_MAX, MESSAGE_BYTES_MAX};
    use crate::time::Time;

    #[test]
    fn a_long_message_is_cut_at_a_character_boundary() {
        let long = "é".repeat(MESSAGE_BYTES_MAX);
        assert_eq!(cut(&long).len(), MESSAGE_BYTES_MAX);
        let odd = format!("x{long}");
        assert_eq!(cut(&odd).len(), MESSAGE_BYTES_MAX - 1);
    }

    #[test]
    fn a_chain_past_its_maximum_is_truncated_and_says_so() {
        let origin = Handle::from_raw(1);
        let mut reason = Arc::new(CancelReason::new(
            1,
            CancelKind::User,
            origin,
            Time::ZERO,
            "root",
        ));
        for id in 2..200 {
            reason = CancelReason::of_descendants(id, &reason, origin, Time::ZERO);
        }
        assert_eq!(reason.id, u32::from(CAUSES_MAX) + 1, "all below share one");
        let mut length = 1;
        let mut at = &reason;
        while let Some(cause) = &at.cause {
            length += 1;
            at = cause;
        }
        assert_eq!(length, usize::from(CAUSES_MAX));
        assert!(reason.truncated);
        assert_eq!(
            at.message.as_deref(),
            Some("root"),
            "the first cause is kept"
        );
    }
}
