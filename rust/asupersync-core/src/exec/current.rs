//! Owns which task a thread polls now: what belongs to a task works there, and nowhere else.

use core::cell::Cell;
use core::sync::atomic::{AtomicU64, Ordering};

use crate::handle::Handle;

thread_local! {
    /// The innermost, if a body turns another executor.
    static CURRENT: Cell<Option<(ExecutorId, Handle)>> = const { Cell::new(None) };
}

/// Names an executor among all of its process. A handle alone does not: its tag may be another
/// executor's, too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ExecutorId(u64);

impl ExecutorId {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The task of this executor that this thread polls.
    pub(crate) fn current(self) -> Option<Handle> {
        let (executor, task) = CURRENT.get()?;
        (executor == self).then_some(task)
    }

    /// From now on this thread polls `task`, until what this gives is dropped.
    #[must_use]
    pub(crate) fn polls(self, task: Handle) -> Polling {
        Polling {
            outer: CURRENT.replace(Some((self, task))),
        }
    }
}

/// The poll of a task, on the thread that made this.
#[derive(Debug)]
pub(crate) struct Polling {
    outer: Option<(ExecutorId, Handle)>,
}

impl Drop for Polling {
    fn drop(&mut self) {
        CURRENT.set(self.outer);
    }
}
