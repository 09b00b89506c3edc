//! Owns what a task may have below it and at its end: children, scopes, finalizers.

use core::future::Future;
use std::sync::Arc;

use super::Cx;
use crate::budget::Budget;
use crate::exec::error::{Error, Result};
use crate::exec::group::{Group, Opening};
use crate::exec::join::JoinHandle;
use crate::exec::platform::{BoxFuture, PlatformSend};
use crate::exec::scope::{Scope, ScopeOptions};
use crate::exec::shared::Seat;
use crate::outcome::Outcome as Ending;
use crate::region::{Ownership, Policy};
use crate::time::Time;

impl Cx {
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
        self.spawn_with(Budget::DEFAULT, body)
    }

    /// Spawns a child that may use up what this task has left *meet* `budget`. The deadline is
    /// absolute; past it, or past a quota, the child is cancelled with the kind that says so,
    /// which is no failure of this task.
    ///
    /// ```
    /// use asupersync_core::exec::{Lab, Outcome};
    /// use asupersync_core::{Budget, CancelKind};
    ///
    /// let run = Lab::new(1).run(|cx| async move {
    ///     let thrifty = Budget { cost: 100, ..Budget::DEFAULT };
    ///     let child = cx.spawn_with(thrifty, |cx| async move {
    ///         loop {
    ///             cx.charge(30)?;
    ///             cx.checkpoint().await?;
    ///         }
    ///         #[allow(unreachable_code)]
    ///         Ok::<(), asupersync_core::exec::Error>(())
    ///     })?;
    ///     child.join().await
    /// });
    /// let Outcome::Ok(Outcome::Cancelled(reason)) = run.outcome else { panic!() };
    /// assert_eq!(reason.kind, CancelKind::CostBudget);
    /// ```
    ///
    /// # Errors
    /// As [`Cx::spawn`]; also for a priority above
    /// [`PRIORITY_MAX`](crate::limits::PRIORITY_MAX).
    pub fn spawn_with<T, E, F, Fut>(&self, budget: Budget, body: F) -> Result<JoinHandle<T, E>>
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
        let seat = Seat {
            region,
            budget,
            deadline: self.deadline,
            place: None,
        };
        let (task, packet) = self.shared.spawn(seat, body)?;
        Ok(JoinHandle::new(Arc::clone(&self.shared), task, packet))
    }

    /// Runs `body` as a task in a region of its own, whose [`Scope`] it can spawn into, and
    /// waits until all of them have ended and the scope's finalizers have run. A failure of one
    /// cancels the others.
    ///
    /// Cancel-safe: dropped, the scope is cancelled; it drains before the task ends.
    ///
    /// # Errors
    /// What `body` failed with; [`Error::ChildFailed`] or [`Error::Panicked`] if that was a
    /// child or a finalizer; [`Error::Cancelled`].
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
        self.scope_with(ScopeOptions::default(), body)
    }

    /// Runs `body` in a scope as [`Cx::scope`] does, with a policy, a budget and limits of its
    /// own.
    ///
    /// Cancel-safe: dropped, the scope is cancelled; it drains before the task ends.
    ///
    /// # Errors
    /// As [`Cx::scope`], whatever the policy.
    pub fn scope_with<T, E, F, Fut>(
        &self,
        options: ScopeOptions,
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
            let opening = Opening {
                budget: options.budget,
                limits: options.limits,
                ..Opening::new(options.policy.into())
            };
            let mut group = Group::open(&cx, opening).await?;
            let scope = group.scope();
            group.spawn(move |cx| body(cx, scope))?;
            group.first_ended().await?;
            group.close().await?;
            let failed_itself =
                group.ended_with(0, Ending::Err) || group.ended_with(0, Ending::Panicked);
            match group.ending() {
                Ending::Err if !failed_itself => Err(Error::ChildFailed.into()),
                Ending::Panicked if !failed_itself => {
                    Err(Error::Panicked("a child or a finalizer panicked".into()).into())
                }
                Ending::Ok | Ending::Cancelled | Ending::Err | Ending::Panicked => {
                    group.take(0).into_result()
                }
            }
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
