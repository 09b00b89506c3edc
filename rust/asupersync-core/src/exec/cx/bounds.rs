//! Owns the combinators of one body: how long it may take, and what may not reach it.

use core::future::Future;
use core::time::Duration;

use super::{Cx, after};
use crate::exec::error::{Error, Result};
use crate::exec::group::{Group, Opening};
use crate::exec::platform::PlatformSend;
use crate::outcome::Outcome as Ending;
use crate::region::{Ownership, Policy};
use crate::time::Time;

impl Cx {
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
        async move { run_until(after(cx.now(), duration), cx, body).await }
    }

    /// Runs `body` and cancels it at `at`. A value that it gives all the same is not lost. Of
    /// nested ones the earlier time stands.
    ///
    /// Cancel-safe: dropped, the body is cancelled; it drains before the task ends.
    ///
    /// # Errors
    /// As [`Cx::timeout`].
    pub fn timeout_at<T, E, F, Fut>(
        &self,
        at: Time,
        body: F,
    ) -> impl Future<Output = Result<T, E>> + use<T, E, F, Fut>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Self) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        run_until(at, self.clone(), body)
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
            let opening = Opening {
                ownership: shielded,
                ..Opening::new(Policy::CollectAll)
            };
            let mut group = Group::open(&cx, opening).await?;
            group.spawn(body)?;
            group.close().await?;
            group.take(0).into_result()
        }
    }
}

async fn run_until<T, E, F, Fut>(at: Time, cx: Cx, body: F) -> Result<T, E>
where
    T: PlatformSend + 'static,
    E: From<Error> + PlatformSend + 'static,
    F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
    Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
{
    let opening = Opening {
        timeout: at,
        ..Opening::new(Policy::FailFast)
    };
    let mut group = Group::open(&cx, opening).await?;
    group.spawn(body)?;
    group.close().await?;
    if group.timed_out() && group.ended_with(0, Ending::Cancelled) {
        return Err(Error::TimedOut.into());
    }
    group.take(0).into_result()
}
