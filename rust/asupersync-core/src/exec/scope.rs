//! Owns the scope: a region that bodies can spawn into from anywhere below it.

use core::future::Future;
use std::sync::Arc;

use super::cx::Cx;
use super::error::{Error, Result};
use super::finalizers::Finalizer;
use super::join::JoinHandle;
use super::platform::{BoxFuture, PlatformSend};
use super::record::Record;
use super::shared::{Seat, Shared};
use crate::budget::Budget;
use crate::cancel::CancelKind;
use crate::handle::Handle;
use crate::outcome::Outcome as Ending;
use crate::region::{Policy, RegionLimits, RegionState};
use crate::time::Time;

/// What a scope does when one of its tasks fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ScopePolicy {
    /// Cancels the others, the scope's body among them.
    #[default]
    FailFast,
    /// Leaves the others alone; the failure is told when the scope has closed.
    CollectAll,
}

impl From<ScopePolicy> for Policy {
    fn from(policy: ScopePolicy) -> Self {
        match policy {
            ScopePolicy::FailFast => Self::FailFast,
            ScopePolicy::CollectAll => Self::CollectAll,
        }
    }
}

/// How [`Cx::scope_with`] opens a scope.
///
/// ```
/// use asupersync_core::Budget;
/// use asupersync_core::exec::{ScopeOptions, ScopePolicy};
///
/// let options = ScopeOptions {
///     policy: ScopePolicy::CollectAll,
///     budget: Budget { priority: 3, ..Budget::DEFAULT },
///     ..ScopeOptions::default()
/// };
/// # assert_ne!(options, ScopeOptions::default());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ScopeOptions {
    /// What becomes of the others when one task fails.
    pub policy: ScopePolicy,
    /// What each task of the scope may use up, the scope's body among them: its *meet* with what
    /// the caller has left, so that it can only be less.
    pub budget: Budget,
    /// How much the scope may hold at once, its body among the tasks. Past a limit a command is
    /// refused with [`LimitReached`](crate::ErrorKind::LimitReached).
    pub limits: RegionLimits,
}

/// The scope that [`Cx::scope`] opened. A clone is the same scope; it may be handed to its
/// children. Once the scope is closing it refuses.
#[derive(Clone, Debug)]
pub struct Scope {
    shared: Arc<Shared>,
    region: Handle,
    deadline: Time,
    budget: Budget,
}

impl Scope {
    pub(crate) const fn new(
        shared: Arc<Shared>,
        region: Handle,
        deadline: Time,
        budget: Budget,
    ) -> Self {
        Self {
            shared,
            region,
            deadline,
            budget,
        }
    }

    /// Spawns a task into the scope.
    ///
    /// # Errors
    /// [`Error::Refused`] with [`ScopeClosed`](crate::ErrorKind::ScopeClosed) once the scope is
    /// closing or cancelled; with [`LimitReached`](crate::ErrorKind::LimitReached) at its
    /// [limit](ScopeOptions::limits) or at [`TASKS_MAX`](crate::limits::TASKS_MAX).
    pub fn spawn<T, E, F, Fut>(&self, body: F) -> Result<JoinHandle<T, E>>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        self.spawn_with(Budget::DEFAULT, body)
    }

    /// Spawns a task that may use up the scope's budget *meet* `budget`. The deadline is
    /// absolute; past it, or past a quota, the task is cancelled with the kind that says so.
    ///
    /// # Errors
    /// As [`Scope::spawn`]; also for a priority above
    /// [`PRIORITY_MAX`](crate::limits::PRIORITY_MAX).
    pub fn spawn_with<T, E, F, Fut>(&self, budget: Budget, body: F) -> Result<JoinHandle<T, E>>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let seat = Seat {
            region: self.region,
            budget: self.budget.meet(budget),
            deadline: self.deadline,
            place: None,
        };
        let (task, packet) = self.shared.spawn(seat, body)?;
        Ok(JoinHandle::new(Arc::clone(&self.shared), task, packet))
    }

    /// Registers a finalizer of the scope: it runs masked after every task of the scope has
    /// ended, however they did; the last one registered runs first. One that panics makes the
    /// scope fail with [`Error::Panicked`]; one that does not end in the drain time is dropped.
    /// For what belongs to one task, see [`Cx::defer`].
    ///
    /// ```
    /// use asupersync_core::exec::{Error, Lab, Outcome};
    ///
    /// let run = Lab::new(1).run(|cx| async move {
    ///     cx.scope(|_, scope| async move {
    ///         scope.defer(|_| async { /* close the pool that the tasks share */ })?;
    ///         scope.spawn(|_| async { Ok::<_, Error>(()) })?;
    ///         Ok::<_, Error>("used")
    ///     })
    ///     .await
    /// });
    /// assert_eq!(run.outcome, Outcome::Ok("used"));
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] once the scope is closing or cancelled, or at
    /// [`FINALIZERS_MAX`](crate::limits::FINALIZERS_MAX).
    pub fn defer<F, Fut>(&self, finalizer: F) -> Result<()>
    where
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = ()> + PlatformSend + 'static,
    {
        let shared = Arc::clone(&self.shared);
        let into_record = move |task| {
            let cx = Cx::new(Arc::clone(&shared), task, Time::NEVER);
            let future: BoxFuture<Ending> = Box::pin(async move {
                finalizer(cx).await;
                Ending::Ok
            });
            Record::new(task, Some(future), None, &shared.inbox)
        };
        // As with a body, one that is refused is dropped without the lock.
        let mut finalizer: Option<Box<dyn Finalizer>> = Some(Box::new(into_record));
        self.shared.command(|state| {
            state.check_kept()?;
            state.kernel.region_defer(self.region)?;
            let finalizer = finalizer.take().expect("this is called once");
            state.finalizers.push(self.region, finalizer);
            Ok(())
        })
    }

    /// Stops admitting work and returns at once; what runs goes on, and the scope closes after
    /// it. A scope that is closing already is left as it is.
    pub fn close(&self) {
        // One that has closed is stale.
        let _ = self
            .shared
            .command(|state| state.kernel.region_close(self.region));
    }

    /// Whether the scope admits work.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let state = self.shared.lock();
        state.kernel.region_state(self.region) == Ok(RegionState::Open)
    }

    /// Asks everything in the scope to cancel and returns at once. A scope that has closed is
    /// left as it is.
    pub fn cancel(&self, kind: CancelKind, message: &str) {
        let _ = self
            .shared
            .command(|state| state.kernel.region_cancel(self.region, kind, message));
    }
}
