//! Owns work outside the kernel as a Rust body sees it: a future here, a completer there.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::{Arc, Mutex, PoisonError};

use super::abort::AbortOrder;
use super::capsule::{ABANDONED, Capsule};
use super::cx::Cx;
use super::error::{Error, Result};
use super::platform::PlatformSend;
use super::wait::{Wait, open_host_op};

/// Starts the work, with what it is to report to.
pub(crate) trait Start<T>: PlatformSend {
    fn start(self: Box<Self>, completer: Completer<T>);
}

impl<T, F: FnOnce(Completer<T>) + PlatformSend> Start<T> for F {
    fn start(self: Box<Self>, completer: Completer<T>) {
        self(completer);
    }
}

/// The host's end of [`Cx::host_op`]: gives the value, from any thread. Dropped without one,
/// the operation is [abandoned](Error::Abandoned).
pub struct Completer<T> {
    value: Arc<Mutex<Option<T>>>,
    capsule: Capsule,
}

impl<T> Completer<T> {
    /// Whether nobody wants the value any more; the work may stop at the next good place, and
    /// says so by completing or dropping this.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.capsule.is_cancelled()
    }

    /// Has `abort` called, once, when nobody wants the value any more; as
    /// [`Capsule::on_cancel`].
    pub fn on_cancel(&self, abort: impl FnOnce() + PlatformSend + 'static) {
        self.capsule.on_cancel(abort);
    }

    /// Gives the value. After a cancellation it is dropped.
    pub fn complete(mut self, value: T) {
        *self.value.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        self.capsule.give();
    }
}

impl<T> fmt::Debug for Completer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Completer")
            .field("capsule", &self.capsule)
            .finish_non_exhaustive()
    }
}

/// The wait for a host operation; made by [`Cx::host_op`].
///
/// # Errors
/// [`Error::Cancelled`]; [`Error::Abandoned`]; [`Error::Refused`] outside its task or at a limit.
#[must_use = "the operation starts when this is awaited"]
pub struct HostOp<T> {
    cx: Cx,
    start: Option<Box<dyn Start<T>>>,
    value: Arc<Mutex<Option<T>>>,
    order: Arc<AbortOrder>,
    wait: Option<Wait>,
}

impl<T> HostOp<T> {
    pub(crate) fn new(cx: &Cx, start: Box<dyn Start<T>>) -> Self {
        Self {
            cx: cx.clone(),
            start: Some(start),
            value: Arc::default(),
            order: Arc::default(),
            wait: None,
        }
    }
}

impl<T> Future for HostOp<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        if let Some(start) = self.start.take() {
            let (wait, op) = open_host_op(self.cx.shared(), self.cx.task(), &self.order)?;
            self.wait = Some(wait);
            if let Some(op) = op {
                let inbox = Arc::clone(&self.cx.shared().inbox);
                start.start(Completer {
                    value: Arc::clone(&self.value),
                    capsule: Capsule::new(op, inbox, Arc::clone(&self.order)),
                });
            }
        }
        let Some(wait) = &mut self.wait else {
            return Poll::Pending;
        };
        wait.poll(context).map(|ended| {
            if ended? == ABANDONED {
                return Err(Error::Abandoned);
            }
            let value = self
                .value
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            value.ok_or(Error::Abandoned)
        })
    }
}

impl<T> Drop for HostOp<T> {
    fn drop(&mut self) {
        self.order.give();
        self.order.tell();
    }
}

impl<T> fmt::Debug for HostOp<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostOp")
            .field("cx", &self.cx)
            .finish_non_exhaustive()
    }
}
