//! Owns what a body may ask for.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::Arc;

use super::error::{Error, Result};
use super::group::{BoxBody, Group};
use super::host::Host;
use super::host_op::{Completer, HostOp};
use super::join::JoinHandle;
use super::platform::{BoxFuture, PlatformSend};
use super::scope::Scope;
use super::state::Shared;
use super::wait::{Target, Wait};
use crate::cancel::CancelReason;
use crate::handle::Handle;
use crate::outcome::Outcome as Ending;
use crate::region::{Ownership, Policy};
use crate::time::Time;

/// What a body may ask for. It is of one task, and a clone of it is of the same: its waits work
/// only while that task runs, and are [refused](Error::Refused) elsewhere.
///
/// Nothing happens before a returned future is first polled. Cancellation is level-triggered:
/// once the task has observed it, every further wait fails with [`Error::Cancelled`], but for
/// what runs inside [`Cx::mask`] or a finalizer. Every future here may be dropped at any time;
/// each method says what becomes of what it waited for.
#[derive(Clone, Debug)]
pub struct Cx {
    shared: Arc<Shared>,
    task: Handle,
    deadline: Time,
}

impl Cx {
    pub(crate) const fn new(shared: Arc<Shared>, task: Handle, deadline: Time) -> Self {
        Self {
            shared,
            task,
            deadline,
        }
    }

    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) const fn task(&self) -> Handle {
        self.task
    }

    pub(crate) fn wait_of(&self, target: Target) -> Wait {
        Wait::new(Arc::clone(&self.shared), self.task, target)
    }

    // Time and chance.

    /// The host's time now; virtual in the lab.
    #[must_use]
    pub fn now(&self) -> Time {
        self.shared.lock_now().kernel.now()
    }

    /// When the nearest enclosing [`Cx::timeout`] runs out; [`Time::NEVER`] outside any.
    #[must_use]
    pub const fn deadline(&self) -> Time {
        self.deadline
    }

    /// The next number of the runtime's seeded stream.
    #[must_use]
    pub fn random(&self) -> u64 {
        self.shared.lock().kernel.random()
    }

    /// The host, for functions of a host's own crate.
    #[must_use]
    pub fn host(&self) -> &dyn Host {
        &*self.shared.host
    }

    // Cancellation.

    /// Why the task was asked to cancel, if it was, observed or not.
    #[must_use]
    pub fn cancel_reason(&self) -> Option<Arc<CancelReason>> {
        let state = self.shared.lock();
        state.kernel.task_reason(self.task).ok().flatten()
    }

    /// Whether the task was asked to cancel, observed or not.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel_reason().is_some()
    }

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

    fn poll_checkpoint(
        &self,
        seen: &mut Option<u64>,
        context: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        let mut state = self.shared.lock();
        let waits = match state.running(self.task) {
            Ok(record) => &mut record.waits,
            Err(error) => return Poll::Ready(Err(error)),
        };
        match seen.and_then(|seen| waits.checkpoint_since(seen)) {
            Some(None) => return Poll::Ready(Ok(())),
            Some(Some(reason)) => return Poll::Ready(Err(Error::Cancelled(reason))),
            None => {}
        }
        let last = waits.await_checkpoint(context.waker());
        if seen.replace(last).is_none()
            && let Err(error) = state.kernel.task_checkpoint(self.task)
        {
            return Poll::Ready(Err(error.into()));
        }
        Poll::Pending
    }

    /// Lets others run; the same as [`Cx::checkpoint`], named for loops that only share.
    ///
    /// # Errors
    /// As [`Cx::checkpoint`].
    pub fn yield_now(&self) -> impl Future<Output = Result<()>> + use<> {
        self.checkpoint()
    }

    // Waiting.

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
    /// # Errors
    /// As [`Cx::sleep`].
    pub fn sleep_until(&self, at: Time) -> impl Future<Output = Result<()>> + use<> {
        let mut wait = self.wait_of(Target::Timer(at));
        poll_fn(move |context| wait.poll(context).map_ok(|_| ()))
    }

    /// Waits for a future of another library, or of this one's channels, and for a cancellation:
    /// a bare `.await` on it would be deaf to one until the drain time is over and the body is
    /// dropped. A value that is ready wins over a cancellation.
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
    /// [`Completer::is_cancelled`] and [`Completer::on_cancel`]; the task ends only after the work has, or after the drain
    /// time.
    ///
    /// Cancel-safe: dropped before the first poll it starts nothing; dropped later, the work is
    /// told, and its value is dropped when it comes.
    pub fn host_op<T: PlatformSend + 'static>(
        &self,
        start: impl FnOnce(Completer<T>) + PlatformSend + 'static,
    ) -> HostOp<T> {
        HostOp::new(self, Box::new(start))
    }

    // Children.

    /// Spawns a child of this task, which ends only after it. A failure of the child cancels
    /// the task and its other children, and is the task's outcome.
    ///
    /// # Errors
    /// [`Error::Refused`] outside its task, once a child has failed, or at
    /// [`TASKS_MAX`](crate::limits::TASKS_MAX).
    pub fn spawn<T, E, F, Fut>(&self, body: F) -> Result<JoinHandle<T, E>>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Self) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let region = {
            let mut state = self.shared.lock();
            match state.running(self.task)?.children {
                Some(region) => region,
                None => {
                    let linked = Ownership {
                        linked: true,
                        shielded: false,
                    };
                    let region =
                        state
                            .kernel
                            .region_open_in(self.task, Policy::FailFast, linked)?;
                    state.running(self.task)?.children = Some(region);
                    region
                }
            }
        };
        let (task, packet) = self.shared.spawn(region, self.deadline, None, body)?;
        Ok(JoinHandle::new(Arc::clone(&self.shared), task, packet))
    }

    /// Runs `body` as a task in a region of its own, whose [`Scope`] it can spawn into, and
    /// waits until all of them have ended. A failure of one cancels the others.
    ///
    /// Cancel-safe: dropped, the scope is cancelled; it drains before the task ends.
    ///
    /// # Errors
    /// What `body` failed with; [`Error::ChildFailed`] or [`Error::Panicked`] if that was a
    /// child; [`Error::Cancelled`].
    pub fn scope<T, E, F, Fut>(
        &self,
        body: F,
    ) -> impl Future<Output = Result<T, E>> + use<T, E, F, Fut>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Self, Scope) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let cx = self.clone();
        async move {
            let mut group =
                Group::open(&cx, Policy::FailFast, Ownership::default(), Time::NEVER).await?;
            let scope = group.scope();
            group.spawn(move |cx| body(cx, scope))?;
            group.first_ended().await?;
            group.close().await?;
            let failed_itself =
                group.ended_with(0, Ending::Err) || group.ended_with(0, Ending::Panicked);
            match group.ending() {
                Ending::Err if !failed_itself => Err(Error::ChildFailed.into()),
                Ending::Panicked if !failed_itself => {
                    Err(Error::Panicked("a child panicked".into()).into())
                }
                Ending::Ok | Ending::Cancelled | Ending::Err | Ending::Panicked => {
                    group.take(0).into_result()
                }
            }
        }
    }

    /// Runs `bodies` at once: the first that gives a value or fails decides, and the others are
    /// cancelled and have drained when this returns. Without any body: [`Error::Abandoned`].
    ///
    /// Cancel-safe: dropped, every branch is cancelled; they drain before the task ends.
    ///
    /// # Errors
    /// What the first branch to end failed with; [`Error::Cancelled`] if all were cancelled.
    pub fn race<T, E>(
        &self,
        bodies: impl IntoIterator<Item = BoxBody<T, E>>,
    ) -> impl Future<Output = Result<T, E>>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
    {
        let (cx, bodies) = (self.clone(), bodies.into_iter().collect::<Vec<_>>());
        async move {
            let mut group =
                Group::open(&cx, Policy::Race, Ownership::default(), Time::NEVER).await?;
            group.spawn_all(bodies)?;
            group.close().await?;
            match group.first(|ending| ending != Ending::Cancelled) {
                Some(winner) => {
                    debug_assert!(group.ended_with(winner, group.ending()), "the kernel's own");
                    group.take(winner).into_result()
                }
                None if group.is_empty() => Err(Error::Abandoned.into()),
                None => group.take(0).into_result(),
            }
        }
    }

    /// Runs `bodies` at once and gives all their values, in their order. The first failure
    /// cancels the others, which have drained when this returns.
    ///
    /// Cancel-safe: dropped, every branch is cancelled; they drain before the task ends.
    ///
    /// # Errors
    /// The first failure; [`Error::Cancelled`] if there was none but a branch was cancelled.
    pub fn all<T, E>(
        &self,
        bodies: impl IntoIterator<Item = BoxBody<T, E>>,
    ) -> impl Future<Output = Result<Vec<T>, E>>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
    {
        let (cx, bodies) = (self.clone(), bodies.into_iter().collect::<Vec<_>>());
        async move {
            let mut group =
                Group::open(&cx, Policy::FailFast, Ownership::default(), Time::NEVER).await?;
            group.spawn_all(bodies)?;
            group.close().await?;
            if let Some(failed) = group.first(Ending::is_failure) {
                return match group.take(failed).into_result() {
                    Ok(_) => Err(Error::ChildFailed.into()),
                    Err(error) => Err(error),
                };
            }
            (0..group.len())
                .map(|index| group.take(index).into_result())
                .collect()
        }
    }

    /// Runs `body` and cancels it when `duration` is over, counted from the first poll. A value
    /// that it gives all the same is not lost.
    ///
    /// Cancel-safe: dropped, the body is cancelled; it drains before the task ends.
    ///
    /// # Errors
    /// [`Error::TimedOut`] once the cancelled body has drained; else what the body failed with.
    pub fn timeout<T, E, F, Fut>(
        &self,
        duration: Duration,
        body: F,
    ) -> impl Future<Output = Result<T, E>> + use<T, E, F, Fut>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Self) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let cx = self.clone();
        async move {
            let at = after(cx.now(), duration);
            let mut group = Group::open(&cx, Policy::FailFast, Ownership::default(), at).await?;
            group.spawn(body)?;
            group.close().await?;
            if group.timed_out() && group.ended_with(0, Ending::Cancelled) {
                return Err(Error::TimedOut.into());
            }
            group.take(0).into_result()
        }
    }

    /// Runs `body` where a cancellation of this task does not reach, for the drain time at
    /// most. What runs inside can still be cancelled by its own races and timeouts.
    ///
    /// Cancel-safe: dropped, the body is cancelled; it drains before the task ends.
    ///
    /// # Errors
    /// What the body failed with.
    pub fn mask<T, E, F, Fut>(
        &self,
        body: F,
    ) -> impl Future<Output = Result<T, E>> + use<T, E, F, Fut>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Self) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let cx = self.clone();
        async move {
            let shielded = Ownership {
                shielded: true,
                linked: false,
            };
            let mut group = Group::open(&cx, Policy::CollectAll, shielded, Time::NEVER).await?;
            group.spawn(body)?;
            group.close().await?;
            group.take(0).into_result()
        }
    }

    /// Registers a finalizer: it runs masked after the body has ended, however it did, and
    /// after what the task owns has drained; the last one registered runs first. One that
    /// panics makes the task panicked; one that does not end in the drain time is dropped.
    ///
    /// # Errors
    /// [`Error::Refused`] outside its task or at
    /// [`FINALIZERS_MAX`](crate::limits::FINALIZERS_MAX).
    pub fn defer<F, Fut>(&self, finalizer: F) -> Result<()>
    where
        F: FnOnce(Self) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = ()> + PlatformSend + 'static,
    {
        let cx = Self {
            deadline: Time::NEVER,
            ..self.clone()
        };
        let future: BoxFuture<Ending> = Box::pin(async move {
            finalizer(cx).await;
            Ending::Ok
        });
        let mut state = self.shared.lock();
        state.running(self.task)?;
        state.kernel.task_defer(self.task)?;
        state.running(self.task)?.finalizers.push(future);
        Ok(())
    }
}

pub(crate) fn after(now: Time, duration: Duration) -> Time {
    now.plus_nanos(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}
