//! Owns the combinators that run one body many times: until it succeeds, twice to be fast, once
//! for each item.

use core::future::Future;
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use super::Cx;
use crate::error::ErrorKind;
use crate::exec::error::{Error, Result};
use crate::exec::group::{Group, Opening};
use crate::exec::outcome::Outcome;
use crate::exec::platform::{PlatformSend, PlatformSync, shared};
use crate::exec::schedule::Schedule;
use crate::exec::select::select;
use crate::outcome::Outcome as Ending;
use crate::region::Policy;

impl Cx {
    /// Runs `body` until it gives a value, as often and with such pauses as `schedule` says.
    /// Each attempt is a task of its own, which has drained before the next begins. A panic and
    /// a cancellation are not tried again. For a bound on the whole, put it into a
    /// [`Cx::timeout`]; for one on each attempt, put a timeout into the body.
    ///
    /// Cancel-safe: dropped, the running attempt is cancelled; it drains before the task ends.
    ///
    /// ```
    /// use core::time::Duration;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    /// use asupersync_core::exec::{Error, Lab, Outcome, Schedule};
    ///
    /// let run = Lab::new(1).run(|cx| async move {
    ///     let calls = AtomicU32::new(0);
    ///     let schedule = Schedule::exponential(Duration::from_millis(100)).attempts(5);
    ///     cx.retry(schedule, move |_| {
    ///         let call = calls.fetch_add(1, Ordering::Relaxed);
    ///         async move { if call < 2 { Err(Error::Abandoned) } else { Ok(call) } }
    ///     })
    ///     .await
    /// });
    /// assert_eq!(run.outcome, Outcome::Ok(2));
    /// ```
    ///
    /// # Errors
    /// What the last attempt failed with; [`Error::Cancelled`], also during a pause.
    pub fn retry<T, E, F, Fut>(
        &self,
        schedule: Schedule,
        body: F,
    ) -> impl Future<Output = Result<T, E>> + use<T, E, F, Fut>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: Fn(Self) -> Fut + PlatformSend + PlatformSync + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        self.retry_if(schedule, |_: &E| true, body)
    }

    /// Retries as [`Cx::retry`] does, but only after failures that `is_transient` says may go
    /// away by themselves.
    ///
    /// Cancel-safe: as [`Cx::retry`].
    ///
    /// # Errors
    /// As [`Cx::retry`]; the first failure that is not transient.
    pub fn retry_if<T, E, P, F, Fut>(
        &self,
        schedule: Schedule,
        mut is_transient: P,
        body: F,
    ) -> impl Future<Output = Result<T, E>> + use<T, E, P, F, Fut>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        P: FnMut(&E) -> bool,
        F: Fn(Self) -> Fut + PlatformSend + PlatformSync + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let (cx, body) = (self.clone(), shared(body));
        async move {
            let mut failures = 0;
            loop {
                let attempt = Arc::clone(&body);
                let mut group = Group::open(&cx, Opening::new(Policy::FailFast)).await?;
                group.spawn(move |cx| attempt(cx))?;
                group.close().await?;
                let error = match group.take(0) {
                    Outcome::Err(error) => error,
                    decided @ (Outcome::Ok(_) | Outcome::Cancelled(_) | Outcome::Panicked(_)) => {
                        return decided.into_result();
                    }
                };
                failures += 1;
                if failures >= schedule.attempts_max() || !is_transient(&error) {
                    return Err(error);
                }
                let pause = schedule.pause(failures, cx.random());
                cx.sleep(pause).await?;
            }
        }
    }

    /// Runs `body`, and once more beside it if it has given no value after `delay`: the first
    /// value wins, and the other attempt is cancelled and has drained when this returns. It is
    /// for a slow tail of something that may be done twice. An attempt that fails before the
    /// `delay` is over has the other one begin at once.
    ///
    /// The method is that of gRPC's hedging policy (proposal A6), with two attempts.
    ///
    /// Cancel-safe: dropped, both attempts are cancelled; they drain before the task ends.
    ///
    /// # Errors
    /// What the first attempt failed with, if both failed; [`Error::Cancelled`].
    pub fn hedge<T, E, F, Fut>(
        &self,
        delay: Duration,
        body: F,
    ) -> impl Future<Output = Result<T, E>> + use<T, E, F, Fut>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: Fn(Self) -> Fut + PlatformSend + PlatformSync + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let (cx, body) = (self.clone(), shared(body));
        async move {
            let mut group = Group::open(&cx, Opening::new(Policy::Any)).await?;
            let first = Arc::clone(&body);
            group.spawn(move |cx| first(cx))?;
            drop(select(group.first_ended(), cx.sleep(delay)).await);
            // A cancellation has ended both waits. Like a value it has closed the region to the
            // second attempt, perhaps for good.
            if let Err(error) = group.spawn(move |cx| body(cx))
                && !is_closed(&error)
            {
                return Err(error.into());
            }
            group.close().await?;
            let decisive = group
                .first(|ending| ending == Ending::Ok)
                .or_else(|| group.first(|ending| ending == Ending::Cancelled));
            group.take(decisive.unwrap_or(0)).into_result()
        }
    }

    /// Runs `body` for each of `items`, for at most `concurrency` of them at once, and gives the
    /// values in the order of the items. An item is taken only when it can begin. The first
    /// failure cancels the others, which have drained when this returns; no further item begins.
    ///
    /// Cancel-safe: dropped, what runs is cancelled; it drains before the task ends.
    ///
    /// ```
    /// use core::time::Duration;
    /// use asupersync_core::exec::{Error, Lab, Outcome};
    ///
    /// let run = Lab::new(1).run(|cx| async move {
    ///     cx.map_concurrent([30, 10, 20], 2, |cx, ms| async move {
    ///         cx.sleep(Duration::from_millis(ms)).await?;
    ///         Ok::<_, Error>(ms * 2)
    ///     })
    ///     .await
    /// });
    /// assert_eq!(run.outcome, Outcome::Ok(vec![60, 20, 40]));
    /// assert_eq!(run.ended_at.as_nanos(), 30_000_000);
    /// ```
    ///
    /// # Errors
    /// The first failure; [`Error::Cancelled`]; [`Error::Refused`] with
    /// [`InvalidNumber`](ErrorKind::InvalidNumber) for a `concurrency` of 0.
    pub fn map_concurrent<I, T, E, F, Fut>(
        &self,
        items: I,
        concurrency: usize,
        body: F,
    ) -> impl Future<Output = Result<Vec<T>, E>> + use<I, T, E, F, Fut>
    where
        I: IntoIterator,
        I::IntoIter: PlatformSend + 'static,
        I::Item: PlatformSend + 'static,
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: Fn(Self, I::Item) -> Fut + PlatformSend + PlatformSync + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let cx = self.clone();
        let work = shared(Work {
            items: Mutex::new(items.into_iter().enumerate()),
            values: Mutex::new(Vec::new()),
            body,
        });
        async move {
            if concurrency == 0 {
                return Err(Error::out_of_range("a concurrency of at least 1").into());
            }
            let mut group = Group::open(&cx, Opening::new(Policy::FailFast)).await?;
            while group.len() < concurrency
                && let Some(first) = work.next()
            {
                let work = Arc::clone(&work);
                group.spawn(move |cx| work_off(cx, work, first))?;
            }
            group.close().await?;
            group.into_values()?;
            Ok(work.take_values())
        }
    }
}

fn is_closed(error: &Error) -> bool {
    let refused = [ErrorKind::ScopeClosed, ErrorKind::StaleHandle];
    matches!(error, Error::Refused(error) if refused.contains(&error.kind))
}

/// What the tasks of one `map_concurrent` share.
struct Work<I, T, F> {
    items: Mutex<core::iter::Enumerate<I>>,
    /// By the place of the item. One that has begun has a place.
    values: Mutex<Vec<Option<T>>>,
    body: F,
}

impl<I: Iterator, T, F> Work<I, T, F> {
    fn next(&self) -> Option<(usize, I::Item)> {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let next = items.next()?;
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.push(None);
        Some(next)
    }

    fn keep(&self, index: usize, value: T) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values[index] = Some(value);
    }

    fn take_values(&self) -> Vec<T> {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        core::mem::take(&mut *values)
            .into_iter()
            .flatten()
            .collect()
    }
}

/// Runs the body for one item after the other, each in a scope of its own, so that what it
/// spawns and defers has ended before the next one begins.
async fn work_off<I, T, E, F, Fut>(
    cx: Cx,
    work: Arc<Work<I, T, F>>,
    first: (usize, I::Item),
) -> Result<(), E>
where
    I: Iterator + PlatformSend + 'static,
    I::Item: PlatformSend + 'static,
    T: PlatformSend + 'static,
    E: From<Error> + PlatformSend + 'static,
    F: Fn(Cx, I::Item) -> Fut + PlatformSend + PlatformSync + 'static,
    Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
{
    let mut next = Some(first);
    while let Some((index, item)) = next {
        let inner = Arc::clone(&work);
        let value = cx.scope(move |cx, _| (inner.body)(cx, item)).await?;
        work.keep(index, value);
        next = work.next();
    }
    Ok(())
}
