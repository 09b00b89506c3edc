//! Owns a task of Tokio's as a host operation of one of ours: aborted when that is cancelled, and
//! waited for.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use asupersync_core::exec::{Completer, Cx, Error, Result};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// Runs `future` as a task of the Tokio runtime of `handle` and waits for its value: for work that
/// is to run on Tokio's threads, beside the body and not in it.
///
/// Cancelled, the wait fails at once and the Tokio task is aborted; the task of `cx` ends only
/// after Tokio has dropped `future`, or after the drain time. Not for the lab, where there is no
/// Tokio runtime that repeats.
///
/// Cancel-safe: dropped before the first poll it starts nothing; dropped later, as when cancelled.
///
/// # Errors
/// [`Error::Cancelled`]; [`Error::Panicked`] if `future` did; [`Error::Abandoned`] if the Tokio
/// runtime shut down before it ended; [`Error::Refused`] outside the task of `cx`.
///
/// ```
/// use asupersync_core::exec::{Error, Outcome};
/// use asupersync_native::{NativeRuntime, spawn_tokio};
/// use tokio::runtime::{Builder, Handle};
///
/// let tokio = Builder::new_current_thread().enable_all().build()?;
/// let run = tokio.block_on(NativeRuntime::new().drive(|cx| async move {
///     let sum = spawn_tokio(&cx, &Handle::current(), async { (1..=1_000).sum::<u32>() }).await?;
///     Ok::<_, Error>(sum)
/// }));
/// assert_eq!(run.outcome, Outcome::Ok(500_500));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn spawn_tokio<F>(
    cx: &Cx,
    handle: &Handle,
    future: F,
) -> impl Future<Output = Result<F::Output>> + use<F>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let aborting = Aborting::default();
    let (handle, started) = (handle.clone(), Arc::clone(&aborting.0));
    let ended = cx.host_op(move |completer| {
        let task = handle.spawn(Work {
            future: Some(Box::pin(future)),
            completer: Some(completer),
        });
        started.get_or_init(|| task.abort_handle());
    });
    async move {
        let _aborting = aborting;
        ended.await?
    }
}

/// Aborts the Tokio task, if it has been started, when nobody waits for it any more. One that has
/// ended is left as it is.
#[derive(Default)]
struct Aborting(Arc<OnceLock<AbortHandle>>);

impl Drop for Aborting {
    fn drop(&mut self) {
        if let Some(task) = self.0.get() {
            task.abort();
        }
    }
}

/// The Tokio task. Aborted, its fields are dropped in their order: `future`, with what it holds,
/// has gone when the completer says so.
struct Work<F: Future> {
    future: Option<Pin<Box<F>>>,
    completer: Option<Completer<Result<F::Output>>>,
}

impl<F: Future> Future for Work<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(future) = &mut self.future else {
            return Poll::Ready(());
        };
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        let ended = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(value)) => Ok(value),
            Err(payload) => Err(Error::from_panic(&*payload)),
        };
        // Here too it goes first.
        self.future = None;
        if let Some(completer) = self.completer.take() {
            completer.complete(ended);
        }
        Poll::Ready(())
    }
}
