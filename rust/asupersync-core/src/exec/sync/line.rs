//! Owns one semaphore of the kernel as an object of Rust: forgotten when this is dropped.

use std::sync::Arc;

use crate::error::{ErrorKind, KernelError};
use crate::exec::cx::Cx;
use crate::exec::error::{Error, Result};
use crate::exec::shared::Shared;
use crate::handle::Handle;
use crate::kernel::Kernel;
use crate::semaphore::{PermitFlow, SemaphoreStatus};

/// A semaphore, or with one half of a channel the whole of it. It belongs to the root region of
/// its runtime, which closes no later for it.
#[derive(Debug)]
pub(super) struct Line {
    shared: Arc<Shared>,
    semaphore: Handle,
}

impl Line {
    pub(super) fn open(cx: &Cx, permits: u32, flow: PermitFlow) -> Result<Self> {
        Self::open_in(cx.shared(), permits, flow)
    }

    /// Another one in the same runtime.
    pub(super) fn open_beside(&self, permits: u32, flow: PermitFlow) -> Result<Self> {
        Self::open_in(&self.shared, permits, flow)
    }

    fn open_in(shared: &Arc<Shared>, permits: u32, flow: PermitFlow) -> Result<Self> {
        let mut state = shared.lock_now();
        let root = state.kernel.root();
        let semaphore = state.kernel.semaphore_open(root, permits, flow)?;
        Ok(Self {
            shared: Arc::clone(shared),
            semaphore,
        })
    }

    /// The free half of a channel, and the handle of its items.
    pub(super) fn open_channel(cx: &Cx, capacity: u32) -> Result<(Self, Handle)> {
        let mut state = cx.shared().lock_now();
        let root = state.kernel.root();
        let halves = state.kernel.channel_open(root, capacity)?;
        let free = Self {
            shared: Arc::clone(cx.shared()),
            semaphore: halves.free,
        };
        Ok((free, halves.items))
    }

    pub(super) const fn semaphore(&self) -> Handle {
        self.semaphore
    }

    /// Fails if `cx` is of another runtime, where handles of this one mean nothing.
    pub(super) fn check(&self, cx: &Cx) -> Result<()> {
        if Arc::ptr_eq(cx.shared(), &self.shared) {
            return Ok(());
        }
        let expected = "a channel or lock of the same runtime as the cx";
        Err(Error::refused(
            ErrorKind::ForeignHandle,
            expected,
            self.semaphore.raw(),
        ))
    }

    /// Adds permits.
    ///
    /// # Errors
    /// [`Error::Closed`]; [`Error::Refused`] past
    /// [`PERMITS_MAX`](crate::limits::PERMITS_MAX), or once the runtime has closed.
    pub(super) fn add(&self, permits: u32) -> Result<()> {
        let added = self.command(|kernel| kernel.semaphore_add(self.semaphore, permits));
        added.map_err(of_permits)
    }

    /// Adds one permit for each that waits now. Nobody can begin to wait meanwhile.
    pub(super) fn add_for_waiting(&self) {
        // Refused only once the runtime has closed: nobody waits then.
        let _ = self.command(|kernel| {
            let waiting = kernel.semaphore_status(self.semaphore)?.waiting;
            if waiting > 0 {
                kernel.semaphore_add(self.semaphore, waiting)?;
            }
            Ok::<_, KernelError>(())
        });
    }

    pub(super) fn close(&self) {
        // One that went with its runtime is closed enough.
        let _ = self.command(|kernel| kernel.semaphore_close(self.semaphore));
    }

    /// What it has; `None` once the runtime has closed.
    pub(super) fn status(&self) -> Option<SemaphoreStatus> {
        let state = self.shared.lock();
        state.kernel.semaphore_status(self.semaphore).ok()
    }

    fn command<T>(&self, give: impl FnOnce(&mut Kernel) -> T) -> T {
        self.shared.command(|state| give(&mut state.kernel))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // It may have gone with its runtime.
        let _ = self.command(|kernel| kernel.semaphore_drop(self.semaphore));
    }
}

/// What the kernel says of permits, in the words of this crate.
pub(super) fn of_permits(error: KernelError) -> Error {
    if error.kind == ErrorKind::SemaphoreClosed {
        Error::Closed
    } else if error.kind == ErrorKind::WouldWait {
        Error::WouldWait
    } else {
        Error::Refused(error)
    }
}
