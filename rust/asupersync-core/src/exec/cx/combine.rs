//! Owns the combinators of many bodies: what the ends of the branches make of the whole.

use core::future::Future;

use super::Cx;
use crate::exec::error::{AnyError, Error, Result};
use crate::exec::group::{BoxBody, Group, Opening};
use crate::exec::outcome::Outcome;
use crate::exec::platform::PlatformSend;
use crate::outcome::Outcome as Ending;
use crate::region::Policy;

impl Cx {
    /// Runs `bodies` at once: the first that gives a value or fails decides, and the others are
    /// cancelled and have drained when this returns.
    ///
    /// Cancel-safe: dropped, every branch is cancelled; they drain before the task ends.
    ///
    /// # Errors
    /// What the first branch to end failed with; [`Error::Cancelled`] if all were cancelled;
    /// [`Error::EmptyRace`] without any body.
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
            if bodies.is_empty() {
                return Err(Error::EmptyRace.into());
            }
            let mut group = Group::open(&cx, Opening::new(Policy::Race)).await?;
            group.spawn_all(bodies)?;
            group.close().await?;
            let winner = group.first(|ending| ending != Ending::Cancelled);
            debug_assert!(
                winner.is_none_or(|winner| group.ended_with(winner, group.ending())),
                "the kernel's own winner"
            );
            group.take(winner.unwrap_or(0)).into_result()
        }
    }

    /// Runs `bodies` at once: the first that gives a value decides, and failures are passed
    /// over. The others are cancelled and have drained when this returns.
    ///
    /// Cancel-safe: dropped, every branch is cancelled; they drain before the task ends.
    ///
    /// ```
    /// use asupersync_core::exec::{Error, Lab, Outcome, branch};
    ///
    /// let run = Lab::new(1).run(|cx| async move {
    ///     let config = cx
    ///         .any([
    ///             branch(|_| async { Err(Error::Abandoned) }),
    ///             branch(|_| async { Ok("from the network") }),
    ///         ])
    ///         .await?;
    ///     Ok::<_, Error>(config)
    /// });
    /// assert_eq!(run.outcome, Outcome::Ok("from the network"));
    /// ```
    ///
    /// # Errors
    /// [`AnyError::AllFailed`] with every failure, in the order of the bodies, once all have
    /// failed or panicked. [`AnyError::Undecided`] with [`Error::Cancelled`] if one was cancelled
    /// and none gave a value, with [`Error::EmptyRace`] without any body, and with
    /// [`Error::Refused`].
    pub fn any<T, E>(
        &self,
        bodies: impl IntoIterator<Item = BoxBody<T, E>>,
    ) -> impl Future<Output = Result<T, AnyError<E>>>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
    {
        let (cx, bodies) = (self.clone(), bodies.into_iter().collect::<Vec<_>>());
        async move {
            if bodies.is_empty() {
                return Err(Error::EmptyRace.into());
            }
            let mut group = Group::open(&cx, Opening::new(Policy::Any)).await?;
            group.spawn_all(bodies)?;
            group.close().await?;
            let winner = group.first(|ending| ending == Ending::Ok);
            let order = winner.into_iter().chain(0..group.len());
            let mut errors = Vec::new();
            for branch in order {
                match group.take(branch) {
                    Outcome::Ok(value) => return Ok(value),
                    Outcome::Err(error) => errors.push(error),
                    Outcome::Panicked(message) => errors.push(Error::Panicked(message).into()),
                    Outcome::Cancelled(reason) => return Err(Error::Cancelled(reason).into()),
                }
            }
            Err(AnyError::AllFailed(errors))
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
            let mut group = Group::open(&cx, Opening::new(Policy::FailFast)).await?;
            group.spawn_all(bodies)?;
            group.close().await?;
            group.into_values()
        }
    }

    /// Runs `bodies` at once, waits until all have ended, and gives their outcomes in their
    /// order. None of them cancels another, and no failure of one is a failure of this.
    ///
    /// Cancel-safe: dropped, every branch is cancelled; they drain before the task ends.
    ///
    /// ```
    /// use asupersync_core::exec::{Error, Lab, Outcome, branch};
    ///
    /// let run = Lab::new(1).run(|cx| async move {
    ///     cx.settle([
    ///         branch(|_| async { Err(Error::Abandoned) }),
    ///         branch(|_| async { Ok(7) }),
    ///     ])
    ///     .await
    /// });
    /// let outcomes = vec![Outcome::Err(Error::Abandoned), Outcome::Ok(7)];
    /// assert_eq!(run.outcome, Outcome::<_, Error>::Ok(outcomes));
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] outside its task or at a limit; [`Error::Cancelled`] if the task was
    /// cancelled before this was called. A cancellation while it waits shows in the outcomes,
    /// so that no value is lost, and in the next wait.
    pub fn settle<T, E>(
        &self,
        bodies: impl IntoIterator<Item = BoxBody<T, E>>,
    ) -> impl Future<Output = Result<Vec<Outcome<T, E>>>>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
    {
        let (cx, bodies) = (self.clone(), bodies.into_iter().collect::<Vec<_>>());
        async move {
            let mut group = Group::open(&cx, Opening::new(Policy::CollectAll)).await?;
            group.spawn_all(bodies)?;
            group.close().await?;
            Ok((0..group.len()).map(|branch| group.take(branch)).collect())
        }
    }
}
