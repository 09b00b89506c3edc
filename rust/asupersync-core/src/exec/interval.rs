//! Owns the interval: ticks at equal distances, and what becomes of those that were missed.

use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use futures_core::Stream;

use super::cx::{Cx, after};
use super::error::{Error, Result};
use super::wait::{Target, Wait};
use crate::time::Time;

/// What an [`Interval`] does when it is asked for a tick after further ones were due: its owner
/// was slow, or the machine slept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MissedTicks {
    /// Leaves them out and says [how many](Tick::missed); the next tick is the next one on the
    /// old grid. The default: the pace is kept, and a page that was hidden for an hour does not
    /// do an hour's work at once.
    #[default]
    Skip,
    /// Gives each of them, one after the other without a pause, until it has caught up. For work
    /// that must be done as often as time has passed.
    Burst,
    /// Begins a new grid: the next tick is one period after this one was given. For pauses that
    /// must not be shorter than the period.
    Delay,
}

/// One tick of an [`Interval`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tick {
    /// When it was due. It is given then or later.
    pub due: Time,
    /// Ticks after this one that were due by now and are left out; always 0 but under
    /// [`MissedTicks::Skip`].
    pub missed: u64,
}

/// Ticks of one task at equal distances; made by [`Cx::interval`]. Its ticks may be waited for
/// in the task of that [`Cx`] only.
#[derive(Debug)]
pub struct Interval {
    cx: Cx,
    period_ns: u64,
    due: Time,
    missed: MissedTicks,
    /// For the next tick, once somebody has asked for it.
    wait: Option<Wait>,
    /// As a stream it ends after the first error.
    has_ended: bool,
}

impl Cx {
    /// Ticks every `period` from now on; the first tick is due at once. What becomes of missed
    /// ones is said by [`Interval::missed`].
    ///
    /// ```
    /// use core::time::Duration;
    /// use asupersync_core::exec::{Error, Lab, Outcome};
    ///
    /// let run = Lab::new(1).run(|cx| async move {
    ///     let mut interval = cx.interval(Duration::from_secs(10));
    ///     for _ in 0..3 {
    ///         interval.tick().await?; // At 0 s, 10 s and 20 s.
    ///     }
    ///     Ok::<_, Error>(cx.now().as_nanos())
    /// });
    /// assert_eq!(run.outcome, Outcome::Ok(20_000_000_000));
    /// ```
    #[must_use]
    pub fn interval(&self, period: Duration) -> Interval {
        Interval {
            cx: self.clone(),
            period_ns: u64::try_from(period.as_nanos()).unwrap_or(u64::MAX),
            due: self.now(),
            missed: MissedTicks::default(),
            wait: None,
            has_ended: false,
        }
    }
}

impl Interval {
    /// Says what becomes of ticks that were missed.
    #[must_use]
    pub const fn missed(mut self, missed: MissedTicks) -> Self {
        self.missed = missed;
        self
    }

    /// Waits for the next tick. One that is due already lets others run first.
    ///
    /// Cancel-safe: dropped, no tick is lost.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; [`Error::Refused`] outside its task, and with
    /// [`InvalidNumber`](crate::ErrorKind::InvalidNumber) if the period is zero.
    pub fn tick(&mut self) -> impl Future<Output = Result<Tick>> + '_ {
        poll_fn(|context| self.poll_tick(context))
    }

    /// Polls as [`Interval::tick`] does, for futures written by hand.
    ///
    /// # Errors
    /// As [`Interval::tick`].
    pub fn poll_tick(&mut self, context: &mut Context<'_>) -> Poll<Result<Tick>> {
        if self.period_ns == 0 {
            return Poll::Ready(Err(Error::out_of_range("a period longer than zero")));
        }
        let wait = self
            .wait
            .get_or_insert_with(|| self.cx.wait_of(Target::Timer(self.due)));
        let waited = core::task::ready!(wait.poll(context));
        self.wait = None;
        waited?;
        Poll::Ready(Ok(self.give()))
    }

    /// Has the next tick come one period from now.
    pub fn reset(&mut self) {
        self.wait = None;
        self.due = after(self.cx.now(), Duration::from_nanos(self.period_ns));
    }

    /// The tick that is due, and when the next one is.
    fn give(&mut self) -> Tick {
        let (due, period) = (self.due, self.period_ns);
        let now = self.cx.now();
        let late = now.as_nanos().saturating_sub(due.as_nanos());
        let missed = match self.missed {
            MissedTicks::Skip => late / period,
            MissedTicks::Burst | MissedTicks::Delay => 0,
        };
        self.due = match self.missed {
            MissedTicks::Skip => due.plus_nanos(period.saturating_mul(missed)),
            MissedTicks::Burst => due,
            MissedTicks::Delay => now,
        }
        .plus_nanos(period);
        Tick { due, missed }
    }
}

/// The ticks. It ends after the first error, and of itself never.
impl Stream for Interval {
    type Item = Result<Tick>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Tick>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let tick = core::task::ready!(self.poll_tick(context));
        self.has_ended = tick.is_err();
        Poll::Ready(Some(tick))
    }
}
