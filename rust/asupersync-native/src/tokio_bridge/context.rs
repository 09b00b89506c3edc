//! Owns the Tokio context around a future that needs one, on a thread that has none.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use asupersync_core::exec::{Cx, Result};
use tokio::runtime::Handle;

/// Waits for a future of Tokio's, with the Tokio runtime of `handle` entered whenever it is polled
/// and when it is dropped. Bodies that run [inside a Tokio runtime](crate::NativeRuntime::drive)
/// have its context already: there, [`Cx::wait`] is enough.
///
/// What Tokio makes in a context only, such as a `sleep`, is made in an `async` block:
/// `in_tokio(&cx, &handle, async { tokio::time::sleep(time).await })`. The Tokio runtime must have
/// a thread of its own that drives it. Not for the lab, whose time is not Tokio's.
///
/// Cancel-safe if `future` is: it is dropped with this future.
///
/// # Errors
/// As [`Cx::wait`]: [`Error::Cancelled`](asupersync_core::exec::Error::Cancelled) after `future`
/// was dropped; [`Error::Refused`](asupersync_core::exec::Error::Refused) outside the task of `cx`.
pub fn in_tokio<F: Future>(
    cx: &Cx,
    handle: &Handle,
    future: F,
) -> impl Future<Output = Result<F::Output>> + use<F> {
    cx.wait(InTokio {
        handle: handle.clone(),
        future: Some(Box::pin(future)),
    })
}

struct InTokio<F> {
    handle: Handle,
    /// `None` once it is dropped.
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for InTokio<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { handle, future } = &mut *self;
        let _entered = handle.enter();
        match future {
            Some(future) => future.as_mut().poll(context),
            None => Poll::Pending,
        }
    }
}

impl<F> Drop for InTokio<F> {
    fn drop(&mut self) {
        let _entered = self.handle.enter();
        self.future = None;
    }
}
