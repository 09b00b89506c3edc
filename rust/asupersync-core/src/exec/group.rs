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
use super::shared::Seat;
use super::state::RegionEnd;
use super::wait::Target;
use crate::budget::Budget;
use crate::cancel::CancelKind;
use crate::error::ErrorKind;
use crate::handle::Handle;
use crate::outcome::Outcome as Ending;
use crate::region::{Ownership, Policy, RegionLimits, RegionState};
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

/// A boxed body, one branch of [`Cx::race`], [`Cx::any`], [`Cx::all`] or [`Cx::settle`].
pub type BoxBody<T, E = Error> = Box<dyn Body<T, E>>;

/// Boxes a body, so that it can be one branch of many.
pub fn branch<T, E, F, Fut>(body: F) -> BoxBody<T, E>
where
    F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
    Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    T: 'static,
    E: 'static,
{
    Box::new(body)
}

/// How a group is opened.
pub(crate) struct Opening {
    pub(crate) policy: Policy,
    pub(crate) ownership: Ownership,
    /// When it is cancelled.
    pub(crate) timeout: Time,
    /// Asked for each of its tasks.
    pub(crate) budget: Budget,
    pub(crate) limits: RegionLimits,
}

impl Opening {
    /// Of a region that a cancellation of its owner reaches, without a time, budget or limits.
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            policy,
            ownership: Ownership::default(),
            timeout: Time::NEVER,
            budget: Budget::DEFAULT,
            limits: RegionLimits::NONE,
        }
    }
}

/// A region of the calling task, cancelled if it is dropped before it has closed.
pub(crate) struct Group<T, E> {
    cx: Cx,
    region: Handle,
    deadline: Time,
    budget: Budget,
    branches: Vec<(Handle, Arc<Packet<T, E>>)>,
    order: Arc<Order>,
    end: Option<RegionEnd>,
}

impl<T, E> Group<T, E>
where
    T: PlatformSend + 'static,
    E: From<Error> + PlatformSend + 'static,
{
    /// Opens the region. A cancelled task gets its cancellation instead, by way of the lanes: a
    /// body that swallows it in a loop takes turns.
    pub(crate) async fn open(cx: &Cx, opening: Opening) -> Result<Self> {
        let (group, is_born_cancelled) = Self::open_now(cx, opening)?;
        if is_born_cancelled {
            cx.checkpoint().await?;
        }
        Ok(group)
    }

    fn open_now(cx: &Cx, opening: Opening) -> Result<(Self, bool)> {
        let Opening {
            policy,
            ownership,
            timeout,
            budget,
            limits,
        } = opening;
        let mut state = cx.shared().lock_now();
        state.running(cx.task())?;
        let region = state.kernel.region_open_in(cx.task(), policy, ownership)?;
        state.regions.insert(region, None);
        let is_open = state.kernel.region_state(region) == Ok(RegionState::Open);
        let mut deadline = cx.deadline();
        if is_open {
            deadline = deadline.min(timeout);
            state.kernel.region_timeout(region, timeout)?;
            state.kernel.region_limits(region, limits)?;
        }
        drop(state);
        let group = Self {
            cx: cx.clone(),
            region,
            deadline,
            budget,
            branches: Vec::new(),
            order: Arc::default(),
            end: None,
        };
        Ok((group, !is_open))
    }

    pub(crate) fn scope(&self) -> Scope {
        let shared = Arc::clone(self.cx.shared());
        Scope::new(shared, self.region, self.deadline, self.budget)
    }

    pub(crate) fn spawn<F, Fut>(&mut self, body: F) -> Result<()>
    where
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let seat = Seat {
            region: self.region,
            deadline: self.deadline,
            budget: self.budget,
            place: Some((Arc::clone(&self.order), self.branches.len())),
        };
        let branch = self.cx.shared().spawn(seat, body)?;
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

    /// Every value, in the order of the branches; or the first failure, or a cancellation.
    pub(crate) fn into_values(self) -> Result<Vec<T>, E> {
        if let Some(failed) = self.first(Ending::is_failure) {
            return match self.take(failed).into_result() {
                Ok(_) => Err(Error::ChildFailed.into()),
                Err(error) => Err(error),
            };
        }
        (0..self.len())
            .map(|index| self.take(index).into_result())
            .collect()
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
