//! Owns the region that a combinator opens: its branches, and the drained wait for its close.

use core::future::{Future, poll_fn};
use core::task::{Context, Poll};
use std::sync::{Arc, PoisonError};

use super::cx::Cx;
use super::error::{Error, Result};
use super::outcome::Outcome;
use super::packet::{Order, Packet};
use super::platform::{BoxFuture, PlatformSend};
use super::scope::Scope;
use super::state::RegionEnd;
use super::wait::Target;
use crate::cancel::CancelKind;
use crate::error::ErrorKind;
use crate::handle::Handle;
use crate::outcome::Outcome as Ending;
use crate::region::{Ownership, Policy, RegionState};
use crate::time::Time;

/// A body whose type is forgotten, so that different ones can stand in one list. Every
/// `FnOnce(Cx) -> impl Future<Output = Result<T, E>>` is one.
pub trait Body<T, E>: PlatformSend + 'static {
    /// Calls it.
    fn call(self: Box<Self>, cx: Cx) -> BoxFuture<Result<T, E>>;
}

impl<T, E, F, Fut> Body<T, E> for F
where
    F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
    Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
{
    fn call(self: Box<Self>, cx: Cx) -> BoxFuture<Result<T, E>> {
        Box::pin(self(cx))
    }
}

/// A boxed body, one branch of [`Cx::race`] or [`Cx::all`].
pub type BoxBody<T, E = Error> = Box<dyn Body<T, E>>;

/// Boxes a body for [`Cx::race`] or [`Cx::all`].
pub fn branch<T, E, F, Fut>(body: F) -> BoxBody<T, E>
where
    F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
    Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    T: 'static,
    E: 'static,
{
    Box::new(body)
}

/// A region of the calling task, cancelled if it is dropped before it has closed.
pub(crate) struct Group<T, E> {
    cx: Cx,
    region: Handle,
    deadline: Time,
    branches: Vec<(Handle, Arc<Packet<T, E>>)>,
    order: Arc<Order>,
    end: Option<RegionEnd>,
}

impl<T, E> Group<T, E>
where
    T: PlatformSend + 'static,
    E: From<Error> + PlatformSend + 'static,
{
    /// Opens the region; at `timeout` it is cancelled. A cancelled task gets its cancellation
    /// instead, by way of the lanes: a body that swallows it in a loop takes turns.
    pub(crate) async fn open(
        cx: &Cx,
        policy: Policy,
        ownership: Ownership,
        timeout: Time,
    ) -> Result<Self> {
        let (group, is_born_cancelled) = Self::open_now(cx, policy, ownership, timeout)?;
        if is_born_cancelled {
            cx.checkpoint().await?;
        }
        Ok(group)
    }

    fn open_now(
        cx: &Cx,
        policy: Policy,
        ownership: Ownership,
        timeout: Time,
    ) -> Result<(Self, bool)> {
        let mut state = cx.shared().lock_now();
        state.running(cx.task())?;
        let region = state.kernel.region_open_in(cx.task(), policy, ownership)?;
        state.regions.insert(region, None);
        let is_open = state.kernel.region_state(region) == Ok(RegionState::Open);
        let mut deadline = cx.deadline();
        if is_open && timeout != Time::NEVER {
            deadline = deadline.min(timeout);
            state.kernel.region_timeout(region, timeout)?;
        }
        drop(state);
        let group = Self {
            cx: cx.clone(),
            region,
            deadline,
            branches: Vec::new(),
            order: Arc::default(),
            end: None,
        };
        Ok((group, !is_open))
    }

    pub(crate) fn scope(&self) -> Scope {
        Scope::new(Arc::clone(self.cx.shared()), self.region, self.deadline)
    }

    pub(crate) fn spawn<F, Fut>(&mut self, body: F) -> Result<()>
    where
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let place = Some((Arc::clone(&self.order), self.branches.len()));
        let shared = self.cx.shared();
        let branch = shared.spawn(self.region, self.deadline, place, body)?;
        self.branches.push(branch);
        Ok(())
    }

    pub(crate) fn spawn_all(
        &mut self,
        bodies: impl IntoIterator<Item = BoxBody<T, E>>,
    ) -> Result<()> {
        bodies
            .into_iter()
            .try_for_each(|body| self.spawn(move |cx| body.call(cx)))
    }

    /// Waits until the first branch has ended, or until the calling task is cancelled.
    pub(crate) async fn first_ended(&self) -> Result<()> {
        let (task, _) = &self.branches[0];
        let mut wait = self.cx.wait_of(Target::Task(*task));
        let joined = poll_fn(|context| wait.poll(context)).await;
        match joined {
            // Cancelled or not, the close of the region is what is waited for next.
            Ok(_) | Err(Error::Cancelled(_)) => Ok(()),
            Err(Error::Refused(error)) if error.kind == ErrorKind::StaleHandle => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Waits until everything in the region has ended. A cancellation of the calling task
    /// reaches the region, and does not cut this short.
    pub(crate) async fn close(&mut self) -> Result<()> {
        let mut wait = self.cx.wait_of(Target::Region(self.region));
        let joined = poll_fn(|context| wait.poll(context)).await;
        {
            let mut state = self.cx.shared().lock();
            // A region may close before it can be waited for: by now the kernel has said so.
            state.absorb();
            self.end = state.regions.get(&self.region).cloned().flatten();
        }
        if self.end.is_none() {
            return joined.map(|_| ());
        }
        poll_fn(|context| self.poll_settled(context)).await;
        Ok(())
    }

    /// Every branch has ended; ready when each has left its outcome.
    fn poll_settled(&self, context: &Context<'_>) -> Poll<()> {
        for (_, packet) in &self.branches {
            packet.register(context.waker());
            if !packet.is_settled() {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    pub(crate) const fn len(&self) -> usize {
        self.branches.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.branches.is_empty()
    }

    /// How the region ended.
    pub(crate) fn ending(&self) -> Ending {
        self.end.as_ref().map_or(Ending::Ok, |end| end.ending)
    }

    /// Whether its own time ended it.
    pub(crate) fn timed_out(&self) -> bool {
        let reason = self.end.as_ref().and_then(|end| end.reason.as_ref());
        reason.is_some_and(|reason| {
            reason.kind == CancelKind::Timeout && reason.origin == self.region
        })
    }

    /// The first branch, in order of their ends, that ended so.
    pub(crate) fn first(&self, is_it: impl Fn(Ending) -> bool) -> Option<usize> {
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let found = order.iter().find(|(_, ending)| is_it(*ending));
        found.map(|(index, _)| *index)
    }

    pub(crate) fn ended_with(&self, branch: usize, ending: Ending) -> bool {
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        order.contains(&(branch, ending))
    }

    /// The outcome of a branch of a closed region, once.
    pub(crate) fn take(&self, branch: usize) -> Outcome<T, E> {
        let (_, packet) = &self.branches[branch];
        packet
            .take()
            .expect("a branch of a closed region has ended")
    }
}

impl<T, E> Drop for Group<T, E> {
    fn drop(&mut self) {
        let mut state = self.cx.shared().lock();
        state.regions.remove(&self.region);
        if self.end.is_none() {
            // A region that has closed is stale and needs nothing.
            let _ = state
                .kernel
                .region_cancel(self.region, CancelKind::LinkedExit, "");
        }
    }
}
