//! Owns the capsule: what stands outside the kernel for a host operation, for as long as it lives.

use core::fmt;
use core::future::Future;
use std::sync::Arc;

use super::abort::AbortOrder;
use super::cx::Cx;
use super::error::Result;
use super::inbox::{Inbox, Message};
use super::platform::PlatformSend;
use crate::handle::Handle;
use crate::host_op::HostOpKind;

/// Codes of a completion.
const GIVEN: u32 = 0;
pub(crate) const ABANDONED: u32 = 1;

/// A host operation held open by the work outside the kernel that it stands for: a response whose
/// body may be read, a socket. Its task ends only after it, and orders it to be aborted when the
/// task is cancelled or its body has ended; [`Capsule::on_cancel`] hears of that.
///
/// Dropped without [`Capsule::complete`], the operation has failed. A capsule that does not end
/// within the drain time of an order is forgotten, and counted in the report.
///
/// ```
/// use asupersync_core::HostOpKind;
/// use asupersync_core::exec::{Error, Lab, Outcome};
/// use std::sync::{Arc, Mutex};
///
/// let run = Lab::new(1).run(|cx| async move {
///     // Whoever holds the slot holds the capsule; here that is the connection itself.
///     let slot = Arc::new(Mutex::new(None));
///     let capsule = cx.capsule(HostOpKind::Socket).await?;
///     let held = Arc::clone(&slot);
///     capsule.on_cancel(move || drop(held.lock().map(|mut slot| slot.take())));
///     *slot.lock().expect("nothing panics here") = Some(capsule);
///     Ok::<_, Error>("the body has ended: the order comes, and the task ends after the capsule")
/// });
/// assert!(matches!(run.outcome, Outcome::Ok(_)));
/// assert!(run.report.live.is_none());
/// ```
pub struct Capsule {
    op: Handle,
    inbox: Arc<Inbox>,
    order: Arc<AbortOrder>,
    code: u32,
}

impl Capsule {
    pub(crate) const fn new(op: Handle, inbox: Arc<Inbox>, order: Arc<AbortOrder>) -> Self {
        Self {
            op,
            inbox,
            order,
            code: ABANDONED,
        }
    }

    /// Whether the operation is to be aborted.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.order.is_given()
    }

    /// Has `abort` called, once, when the operation is to be aborted: at once if it was; never
    /// after the capsule has ended. It runs with nothing locked, in the turn that gives the order
    /// or where a future of the task is dropped, and is to return soon. A second call replaces
    /// what the first one set.
    pub fn on_cancel(&self, abort: impl FnOnce() + PlatformSend + 'static) {
        self.order.listen(abort);
    }

    /// Ends the operation as one that did what was promised.
    pub fn complete(mut self) {
        self.give();
    }

    /// Says that the end to come is no failure.
    pub(crate) const fn give(&mut self) {
        self.code = GIVEN;
    }
}

impl Drop for Capsule {
    fn drop(&mut self) {
        self.order.forget();
        self.inbox.push(Message::Complete(self.op, self.code));
    }
}

impl fmt::Debug for Capsule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capsule")
            .field("op", &self.op)
            .field("is_cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}

impl Cx {
    /// Opens a host operation of this task that stays open for as long as the [`Capsule`] lives:
    /// for hosts whose work gives more than one value, which [`Cx::host_op`] is for. What it
    /// gives is waited for by [`Cx::wait`].
    ///
    /// Cancel-safe: dropped before it is ready, nothing was opened.
    ///
    /// # Errors
    /// [`Error::Cancelled`](super::Error::Cancelled);
    /// [`Error::Refused`](super::Error::Refused) outside its task or at
    /// [`SLOTS_MAX`](crate::limits::SLOTS_MAX).
    pub fn capsule(&self, kind: HostOpKind) -> impl Future<Output = Result<Capsule>> + use<> {
        let cx = self.clone();
        async move {
            loop {
                if let Some(capsule) = cx.open_capsule(kind)? {
                    return Ok(capsule);
                }
                // The task has a cancellation to observe, and nothing may be started before.
                cx.checkpoint().await?;
            }
        }
    }

    fn open_capsule(&self, kind: HostOpKind) -> Result<Option<Capsule>> {
        let mut state = self.shared().lock();
        state.running(self.task())?;
        let Some(op) = state.kernel.host_open(self.task(), kind, 0)? else {
            return Ok(None);
        };
        let order = Arc::<AbortOrder>::default();
        state.host_ops.insert(op, Arc::clone(&order));
        let inbox = Arc::clone(&self.shared().inbox);
        Ok(Some(Capsule::new(op, inbox, order)))
    }
}
