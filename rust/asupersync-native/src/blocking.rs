//! Owns work that blocks, as a body sees it: a wait, while a thread of the pool does it.

use core::any::Any;
use core::future::Future;
use core::panic::Location;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use asupersync_core::KernelError;
use asupersync_core::exec::{Completer, Cx, Error, Result};

use crate::host::NativeHost;
use crate::pool::Job;

/// Threads of a pool, unless its runtime is told otherwise: blocking work waits more than it
/// computes, so more than there are cores.
pub const BLOCKING_THREADS_MAX: usize = 16;

/// Jobs that wait for a thread, unless the pool's runtime is told otherwise.
pub const BLOCKING_QUEUE_MAX: usize = 1_024;

/// Runs `work` on a thread of the runtime's pool. On any other host, the lab for one, it runs
/// at once in the calling task, so that a test repeats.
///
/// Cancelled, the wait fails at once; work that has not begun is dropped, work that has begun
/// cannot be stopped, and its task ends only after it, or after the drain time. Work that still
/// runs when the runtime has closed is named in [`NativeRun`](crate::NativeRun).
///
/// Cancel-safe: dropped before the first poll nothing is run; dropped later, as when cancelled.
///
/// # Errors
/// [`Error::Cancelled`]; [`Error::Panicked`] if `work` did; [`Error::Refused`] with
/// [`LimitReached`](asupersync_core::ErrorKind::LimitReached) if the pool's queue is full, or
/// outside the task of `cx`.
#[track_caller]
pub fn spawn_blocking<T, F>(cx: &Cx, work: F) -> impl Future<Output = Result<T>> + use<T, F>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let spawned_at = Location::caller();
    let host: &dyn Any = cx.host();
    let pool = host
        .downcast_ref::<NativeHost>()
        .map(|host| Arc::clone(&host.pool));
    let ended = cx.host_op(move |completer: Completer<Result<T>>| {
        let run = move |admitted: core::result::Result<(), KernelError>| match admitted {
            Err(refused) => completer.complete(Err(refused.into())),
            // Dropped with its completer, and so without a value.
            Ok(()) if completer.is_cancelled() => {}
            Ok(()) => {
                let done = catch_unwind(AssertUnwindSafe(work));
                completer.complete(done.map_err(|payload| Error::from_panic(&*payload)));
            }
        };
        match pool {
            Some(pool) => pool.submit(Job {
                run: Box::new(run),
                spawned_at,
            }),
            None => run(Ok(())),
        }
    });
    async move { ended.await? }
}
