//! Owns how a body waits: a checkpoint, a time, a future of another library, work of the host.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll};
use core::time::Duration;

use super::{Cx, after};
use crate::exec::error::{Error, Result};
use crate::exec::host_op::{Completer, HostOp};
use crate::exec::platform::PlatformSend;
use crate::exec::wait::Target;
use crate::time::Time;

impl Cx {
    /// Lets others run and observes a cancellation.
    ///
    /// Cancel-safe: dropped, it leaves at most one spare dispatch of the task.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; [`Error::Refused`] outside its task.
    pub fn checkpoint(&self) -> impl Future<Output = Result<()>> + use<> {
        let cx = self.clone();
        let mut seen = None;
        poll_fn(move |context| cx.poll_checkpoint(&mut seen, context))
    }

    pub(crate) fn poll_checkpoint(
        &self,
        seen: &mut Option<u64>,
        context: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        // Outlives the lock, as what is left in it is dropped after.
        let mut spare = None;
        let (mut state, last) = loop {
            let mut state = self.shared.lock();
            let record = state.running(self.task)?;
            match seen.and_then(|seen| record.waits.checkpoint_since(seen)) {
                Some(None) => return Poll::Ready(Ok(())),
                Some(Some(reason)) => return Poll::Ready(Err(Error::Cancelled(reason))),
                None => {}
            }
            if let Some(last) = record.await_checkpoint(context.waker(), &mut spare) {
                break (state, last);
            }
            drop(state);
            spare = Some(context.waker().clone());
        };
        if seen.replace(last).is_none()
            && let Err(error) = state.kernel.task_checkpoint(self.task)
        {
            return Poll::Ready(Err(error.into()));
        }
        Poll::Pending
    }

    /// Lets others run; the same as [`Cx::checkpoint`], named for loops that only share.
    ///
    /// Cancel-safe: as [`Cx::checkpoint`].
    ///
    /// # Errors
    /// As [`Cx::checkpoint`].
    pub fn yield_now(&self) -> impl Future<Output = Result<()>> + use<> {
        self.checkpoint()
    }

    /// Waits for `duration`, counted from this call. A zero sleep lets others run.
    ///
    /// Cancel-safe: dropped, its timer is taken over by the next sleep of the task that ends
    /// no earlier, or goes unheard.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; [`Error::Refused`] outside its task or at
    /// [`WAITS_MAX`](crate::limits::WAITS_MAX).
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = Result<()>> + use<> {
        self.sleep_until(after(self.now(), duration))
    }

    /// Waits until `at`, as [`Cx::sleep`] does.
    ///
    /// Cancel-safe: as [`Cx::sleep`].
    ///
    /// # Errors
    /// As [`Cx::sleep`].
    pub fn sleep_until(&self, at: Time) -> impl Future<Output = Result<()>> + use<> {
        let mut wait = self.wait_of(Target::Timer(at));
        poll_fn(move |context| wait.poll(context).map_ok(|_| ()))
    }

    /// Waits for a future of another library and for a cancellation: a bare `.await` on it would
    /// be deaf to one until the drain time is over and the body is dropped. A value that is ready
    /// wins over a cancellation. What is in [`sync`](crate::exec::sync) needs none of this.
    ///
    /// Cancel-safe if `future` is: it is dropped with this future.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; [`Error::Refused`] outside its task.
    pub fn wait<F: Future>(&self, future: F) -> impl Future<Output = Result<F::Output>> + use<F> {
        let mut wait = self.wait_of(Target::Signal);
        async move {
            let mut future = pin!(future);
            poll_fn(move |context| {
                if let Poll::Ready(value) = future.as_mut().poll(context) {
                    return Poll::Ready(Ok(value));
                }
                match wait.poll(context) {
                    Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                    Poll::Ready(Ok(_)) | Poll::Pending => Poll::Pending,
                }
            })
            .await
        }
    }

    /// Has work done outside the kernel: `start` gets a [`Completer`] and returns at once; the
    /// value may come from any thread. A cancellation fails the wait and is told by
    /// [`Completer::is_cancelled`] and [`Completer::on_cancel`]; the task ends only after the
    /// work has, or after the drain time.
    ///
    /// Cancel-safe: dropped before the first poll it starts nothing; dropped later, the work is
    /// told, and its value is dropped when it comes.
    pub fn host_op<T: PlatformSend + 'static>(
        &self,
        start: impl FnOnce(Completer<T>) + PlatformSend + 'static,
    ) -> HostOp<T> {
        HostOp::new(self, Box::new(start))
    }
}
