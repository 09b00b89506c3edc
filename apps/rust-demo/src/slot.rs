//! Owns a place for one task: another one put there cancels the one before.

use std::cell::RefCell;
use std::rc::Rc;

use asupersync::{Cx, JoinHandle, Result, Scope};

/// The task of a panel. A clone is the same place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot(Rc<RefCell<Option<JoinHandle<()>>>>);

impl Slot {
    /// Spawns `body` in place of the task before. A scope that is closing takes none.
    pub(crate) fn spawn<F, Fut>(&self, scope: &Scope, body: F)
    where
        F: FnOnce(Cx) -> Fut + 'static,
        Fut: Future<Output = Result<()>> + 'static,
    {
        self.cancel("another took its place");
        *self.0.borrow_mut() = scope.spawn(body).ok();
    }

    /// Asks the task to cancel, if there is one.
    pub(crate) fn cancel(&self, message: &str) {
        if let Some(task) = self.0.take() {
            task.cancel(message);
        }
    }
}
