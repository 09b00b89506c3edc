//! Owns the scope: a region that bodies can spawn into from anywhere below it.

use core::future::Future;
use std::sync::Arc;

use super::cx::Cx;
use super::error::{Error, Result};
use super::join::JoinHandle;
use super::platform::PlatformSend;
use super::state::Shared;
use crate::cancel::CancelKind;
use crate::handle::Handle;
use crate::time::Time;

/// The scope that [`Cx::scope`] opened. A clone is the same scope; it may be handed to its
/// children. Once the scope is closing it refuses.
#[derive(Clone, Debug)]
pub struct Scope {
    shared: Arc<Shared>,
    region: Handle,
    deadline: Time,
}

impl Scope {
    pub(crate) const fn new(shared: Arc<Shared>, region: Handle, deadline: Time) -> Self {
        Self {
            shared,
            region,
            deadline,
        }
    }

    /// Spawns a task into the scope.
    ///
    /// # Errors
    /// [`Error::Refused`] with [`ScopeClosed`](crate::ErrorKind::ScopeClosed) once the scope is
    /// closing or cancelled, or at [`TASKS_MAX`](crate::limits::TASKS_MAX).
    pub fn spawn<T, E, F, Fut>(&self, body: F) -> Result<JoinHandle<T, E>>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let spawned = self.shared.spawn(self.region, self.deadline, None, body);
        let (task, packet) = spawned?;
        Ok(JoinHandle::new(Arc::clone(&self.shared), task, packet))
    }

    /// Asks everything in the scope to cancel and returns at once. A scope that has closed is
    /// left as it is.
    pub fn cancel(&self, kind: CancelKind, message: &str) {
        let _ = self
            .shared
            .command(|state| state.kernel.region_cancel(self.region, kind, message));
    }
}
