//! Owns what comes from outside a turn: wakes and results, in order of arrival.

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

use super::host::Bell;
use crate::handle::Handle;

/// One thing that came.
pub(crate) enum Message {
    /// A waker of this task fired.
    Wake(Arc<TaskWaker>),
    /// A host operation ended, with 0 for a value and 1 for none.
    Complete(Handle, u32),
}

/// The queue of what came. Locked on its own, and never while calling anything. It is bounded by
/// the kernel's tables: a task and a host operation lie in it at most once each.
pub(crate) struct Inbox {
    /// `None` once nobody will take anything out. A wake holds its waker, which holds the inbox: one
    /// that lay in it for ever would keep both.
    queue: Mutex<Option<Vec<Message>>>,
    bell: Arc<dyn Bell>,
}

impl Inbox {
    pub(crate) fn new(bell: Arc<dyn Bell>) -> Self {
        Self {
            queue: Mutex::new(Some(Vec::new())),
            bell,
        }
    }

    pub(crate) fn push(&self, message: Message) {
        let was_empty = {
            let mut queue = self.lock();
            let Some(queue) = &mut *queue else {
                return;
            };
            queue.push(message);
            queue.len() == 1
        };
        if was_empty {
            self.bell.ring();
        }
    }

    /// Wakes the driver without a message: the kernel was given a command from outside a turn.
    pub(crate) fn ring(&self) {
        self.bell.ring();
    }

    pub(crate) fn take(&self) -> Vec<Message> {
        self.lock()
            .as_mut()
            .map(core::mem::take)
            .unwrap_or_default()
    }

    /// Lets go of what has come, and of all that comes from now on.
    pub(crate) fn close(&self) {
        // Dropped without the lock: what a waker held last may wake another.
        let left = self.lock().take();
        drop(left);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().as_ref().is_none_or(Vec::is_empty)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Message>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

/// The waker of one task. However often it is woken, it lies in the inbox at most once.
#[derive(Debug)]
pub(crate) struct TaskWaker {
    pub(crate) task: Handle,
    queued: AtomicBool,
    inbox: Arc<Inbox>,
}

impl TaskWaker {
    pub(crate) fn new(task: Handle, inbox: Arc<Inbox>) -> Self {
        Self {
            task,
            queued: AtomicBool::new(false),
            inbox,
        }
    }

    pub(crate) fn inbox(&self) -> Arc<Inbox> {
        Arc::clone(&self.inbox)
    }

    /// From now on wakes do nothing, since the task is about to be polled anyway. Gives whether
    /// it lies in the inbox already.
    pub(crate) fn hush(&self) -> bool {
        self.queued.swap(true, Ordering::AcqRel)
    }

    /// From now on a wake is queued again. To be called before the poll: a swap and not a store,
    /// so that the poll sees what was written before a wake that found the flag set.
    pub(crate) fn listen(&self) {
        self.queued.swap(false, Ordering::AcqRel);
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.inbox.push(Message::Wake(Arc::clone(self)));
        }
    }
}
