//! Owns the combinators of many bodies: what the ends of the branches make of the whole.

use core::future::Future;

use super::Cx;
use crate::exec::error::{Error, Result};
use crate::exec::group::{BoxBody, Group};
use crate::exec::platform::PlatformSend;
use crate::outcome::Outcome as Ending;
use crate::region::{Ownership, Policy};
use crate::time::Time;

impl Cx {
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
}
