//! Owns work outside the kernel as a Rust body sees it: a future here, a completer there.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::cx::Cx;
use super::error::{Error, Result};
use super::inbox::{Inbox, Message};
use super::platform::PlatformSend;
use super::wait::{Wait, open_host_op};
use crate::handle::Handle;

/// Starts the work, with what it is to report to.
pub(crate) trait Start<T>: PlatformSend {
    fn start(self: Box<Self>, completer: Completer<T>);
}

impl<T, F: FnOnce(Completer<T>) + PlatformSend> Start<T> for F {
    fn start(self: Box<Self>, completer: Completer<T>) {
        self(completer);
    }
}

/// Codes of a completion.
const GIVEN: u32 = 0;
const ABANDONED: u32 = 1;

/// The host's end of [`Cx::host_op`]: gives the value, from any thread. Dropped without one,
/// the operation is [abandoned](Error::Abandoned).
pub struct Completer<T> {
    value: Arc<Mutex<Option<T>>>,
    op: Handle,
    inbox: Arc<Inbox>,
    is_cancelled: Arc<AtomicBool>,
}

impl<T> Completer<T> {
    /// Whether nobody wants the value any more; the work may stop at the next good place, and
    /// says so by completing or dropping this.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Acquire)
    }

    /// Gives the value. After a cancellation it is dropped.
    pub fn complete(self, value: T) {
        *self.value.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }
}

impl<T> Drop for Completer<T> {
    fn drop(&mut self) {
        let value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        let code = if value.is_some() { GIVEN } else { ABANDONED };
        drop(value);
        self.inbox.push(Message::Complete(self.op, code));
    }
}

impl<T> fmt::Debug for Completer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Completer")
            .field("op", &self.op)
            .field("is_cancelled", &self.is_cancelled())
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
    is_cancelled: Arc<AtomicBool>,
    wait: Option<Wait>,
}

impl<T> HostOp<T> {
    pub(crate) fn new(cx: &Cx, start: Box<dyn Start<T>>) -> Self {
        Self {
            cx: cx.clone(),
            start: Some(start),
            value: Arc::default(),
            is_cancelled: Arc::default(),
            wait: None,
        }
    }
}

impl<T> Future for HostOp<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        if let Some(start) = self.start.take() {
            let (wait, op) = open_host_op(self.cx.shared(), self.cx.task(), &self.is_cancelled)?;
            self.wait = Some(wait);
            if let Some(op) = op {
                start.start(Completer {
                    value: Arc::clone(&self.value),
                    op,
                    inbox: Arc::clone(&self.cx.shared().inbox),
                    is_cancelled: Arc::clone(&self.is_cancelled),
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
        self.is_cancelled.store(true, Ordering::Release);
    }
}

impl<T> fmt::Debug for HostOp<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostOp")
            .field("cx", &self.cx)
            .finish_non_exhaustive()
    }
}
