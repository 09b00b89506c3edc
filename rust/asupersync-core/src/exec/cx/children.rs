//! Owns what a task may have below it and at its end: children, scopes, finalizers.

use core::future::Future;
use std::sync::Arc;

use super::Cx;
use crate::exec::error::{Error, Result};
use crate::exec::group::Group;
use crate::exec::join::JoinHandle;
use crate::exec::platform::{BoxFuture, PlatformSend};
use crate::exec::scope::Scope;
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
