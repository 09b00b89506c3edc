//! Owns the handle of a spawned task.

use core::future::{Future, poll_fn};
use core::task::{Context, Poll};
use std::sync::Arc;

use super::error::{Error, Result};
use super::outcome::Outcome;
use super::packet::Packet;
use super::shared::Shared;
use super::wait::{Target, Wait};
use crate::cancel::CancelKind;
use crate::error::ErrorKind;
use crate::handle::Handle;

/// The handle of a spawned task. Dropping it changes nothing: the task belongs to its region,
/// which waits for it.
#[derive(Debug)]
pub struct JoinHandle<T, E = Error> {
    shared: Arc<Shared>,
    task: Handle,
    packet: Arc<Packet<T, E>>,
}

impl<T, E> JoinHandle<T, E> {
    pub(crate) const fn new(shared: Arc<Shared>, task: Handle, packet: Arc<Packet<T, E>>) -> Self {
        Self {
            shared,
            task,
            packet,
        }
    }

    /// Waits until the task has ended. In a task of the same runtime this is a kernel wait; on
    /// any other executor the future is woken too.
    ///
    /// Cancel-safe: dropped, the task goes on and its outcome is dropped when it comes.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if the task that waits is cancelled; the one it waits for goes on.
    /// [`Error::Refused`] with [`RuntimeClosed`](ErrorKind::RuntimeClosed) if the executor was
    /// dropped before the task had ended.
    pub fn join(self) -> impl Future<Output = Result<Outcome<T, E>>> {
        let mut wait = None;
        poll_fn(move |context| self.poll(&mut wait, context))
    }

    /// Waits as [`JoinHandle::join`] does, for the value alone.
    ///
    /// Cancel-safe: as [`JoinHandle::join`].
    ///
    /// # Errors
    /// As [`JoinHandle::join`], and as [`Outcome::into_result`].
    pub fn result(self) -> impl Future<Output = Result<T, E>>
    where
        E: From<Error>,
    {
        let joined = self.join();
        async move { joined.await?.into_result() }
    }

    fn poll(
        &self,
        wait: &mut Option<Wait>,
        context: &mut Context<'_>,
    ) -> Poll<Result<Outcome<T, E>>> {
        if let Some(answer) = self.packet.answer() {
            return Poll::Ready(answer);
        }
        // A future that was begun in one task may go on in another, or in none.
        let Some(task) = self.shared.id.current() else {
            *wait = None;
            return self.register(context);
        };
        let begun = match wait.take() {
            Some(begun) if begun.is_of(task) => begun,
            Some(_) | None => {
                let target = Target::Task(self.task);
                Wait::new(Arc::clone(&self.shared), task, target)
            }
        };
        match wait.insert(begun).poll(context) {
            Poll::Pending => Poll::Pending,
            // It has ended, and its packet settles when the executor has the effect.
            Poll::Ready(Ok(_)) => self.register(context),
            Poll::Ready(Err(Error::Refused(error))) if error.kind == ErrorKind::StaleHandle => {
                self.register(context)
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        }
    }

    /// Takes the outcome, or has the packet wake `context`.
    fn register(&self, context: &Context<'_>) -> Poll<Result<Outcome<T, E>>> {
        self.packet.register(context.waker());
        match self.packet.answer() {
            Some(answer) => Poll::Ready(answer),
            None => Poll::Pending,
        }
    }

    /// Asks the task to cancel, with kind `user`, and returns at once. One that has ended is
    /// left as it is.
    pub fn cancel(&self, message: &str) {
        self.cancel_with(CancelKind::User, message);
    }

    /// Asks the task to cancel, from any thread, and returns at once; a later, stronger reason
    /// strengthens. One that has ended is left as it is.
    pub fn cancel_with(&self, kind: CancelKind, message: &str) {
        let _ = self
            .shared
            .command(|state| state.kernel.task_cancel(self.task, kind, message));
    }

    /// Whether the task has ended, or was dropped with its executor.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.packet.is_settled()
    }

    /// The outcome, if the task has ended and nobody took it: for drivers, which do not wait.
    pub fn take_outcome(&mut self) -> Option<Outcome<T, E>> {
        self.packet.take()
    }
}
