//! Owns the record of a wait: one thing that a task waits for.

use crate::handle::{HostOpKey, ObligationKey, RegionKey, TaskKey, WaitKey};
use crate::list::{Linked, Links, Waiting};
use crate::time::Time;

/// What a wait is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WaitKind {
    /// A point in time.
    Timer(Time),
    /// The end of a task.
    Join(TaskKey),
    /// The close of an owned region. It is a drained wait: a cancellation of the task reaches
    /// the region, and the wait ends when the region has.
    Region(RegionKey),
    /// A host operation's next result.
    HostOp(HostOpKey),
    /// The permits of an obligation.
    Permit(ObligationKey),
    /// Nothing: it was asked for under a cancellation and fails at the next dispatch.
    Refused,
}

/// How far a wait is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WaitProgress {
    /// Not yet.
    Pending,
    /// It has its result, which the next dispatch delivers, cancelled or not: a value that was
    /// made is not lost.
    Done(u32),
    /// It fails by cancellation at the next dispatch.
    Failed,
}

#[derive(Debug)]
pub(crate) struct Wait {
    pub(crate) task: TaskKey,
    pub(crate) links: Links<WaitKey>,
    /// Among those who wait for the end of the same task.
    pub(crate) place: Links<WaitKey>,
    /// The driver's own name for it, handed back with the result.
    pub(crate) token: u32,
    pub(crate) kind: WaitKind,
    pub(crate) progress: WaitProgress,
    /// Causal hash of the event that gave it its result.
    pub(crate) cause: u64,
}

impl Wait {
    /// Whether a cancellation of its task fails it.
    pub(crate) fn is_interruptible(&self) -> bool {
        !matches!(self.kind, WaitKind::Region(_))
    }
}

impl Linked<WaitKey> for Wait {
    fn links(&self) -> &Links<WaitKey> {
        &self.links
    }

    fn links_mut(&mut self) -> &mut Links<WaitKey> {
        &mut self.links
    }
}

#[expect(clippy::misnamed_getters, reason = "the links of another list")]
impl Linked<WaitKey, Waiting> for Wait {
    fn links(&self) -> &Links<WaitKey> {
        &self.place
    }

    fn links_mut(&mut self) -> &mut Links<WaitKey> {
        &mut self.place
    }
}
