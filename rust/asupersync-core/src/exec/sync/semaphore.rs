//! Owns the semaphore: how many do something at once.

use core::future::{Future, poll_fn};
use core::task::{Poll, ready};
use std::sync::Arc;

use super::ask::{Ask, Held, Wanted, try_ask};
use super::line::Line;
use crate::exec::cx::Cx;
use crate::exec::error::Result;
use crate::exec::platform::shared;
use crate::obligation::ObligationKind;
use crate::semaphore::PermitFlow;

/// A number of permits, lent to those who ask, first come first served: also to one who asks for
/// many while others ask for few. A clone is the same semaphore.
///
/// ```
/// use core::time::Duration;
/// use asupersync_core::exec::sync::Semaphore;
/// use asupersync_core::exec::{Error, Lab, Outcome};
///
/// let run = Lab::new(1).run(|cx| async move {
///     let semaphore = Semaphore::new(&cx, 2)?;
///     for _ in 0..6 {
///         let semaphore = semaphore.clone();
///         cx.spawn(move |cx| async move {
///             let _permit = semaphore.acquire(&cx, 1).await?; // Two at once.
///             cx.sleep(Duration::from_millis(10)).await
///         })?;
///     }
///     Ok::<_, Error>(())
/// });
/// assert_eq!(run.outcome, Outcome::Ok(()));
/// assert_eq!(run.ended_at.as_nanos(), 30_000_000);
/// ```
#[derive(Clone, Debug)]
pub struct Semaphore {
    line: Arc<Line>,
}

impl Semaphore {
    /// Opens a semaphore with `permits` permits; with none it lends nothing until some are
    /// [added](Semaphore::add).
    ///
    /// # Errors
    /// [`Error::Refused`](crate::exec::Error::Refused) above
    /// [`PERMITS_MAX`](crate::limits::PERMITS_MAX) or at
    /// [`SEMAPHORES_MAX`](crate::limits::SEMAPHORES_MAX).
    pub fn new(cx: &Cx, permits: u32) -> Result<Self> {
        let line = Line::open(cx, permits, PermitFlow::Returned)?;
        Ok(Self { line: shared(line) })
    }

    const fn wanted(&self, line: &Line, permits: u32) -> Wanted {
        Wanted {
            semaphore: line.semaphore(),
            permits,
            kind: ObligationKind::SemaphorePermit,
        }
    }

    /// Waits for `permits` permits at once.
    ///
    /// Cancel-safe: dropped, it leaves the line, and what it was about to get goes to the next
    /// one.
    ///
    /// # Errors
    /// [`Error::Closed`](crate::exec::Error::Closed);
    /// [`Error::Cancelled`](crate::exec::Error::Cancelled);
    /// [`Error::Refused`](crate::exec::Error::Refused) for no permits or more than
    /// [`PERMITS_MAX`](crate::limits::PERMITS_MAX), and outside the task of `cx`.
    pub fn acquire(
        &self,
        cx: &Cx,
        permits: u32,
    ) -> impl Future<Output = Result<SemaphorePermit>> + use<> {
        let line = Arc::clone(&self.line);
        let mut ask = Ask::new(cx, &line, self.wanted(&line, permits));
        poll_fn(move |context| {
            let granted = match &mut ask {
                Ok(ask) => ready!(ask.poll(context)),
                Err(error) => Err(error.clone()),
            };
            let line = Arc::clone(&line);
            Poll::Ready(granted.map(|held| SemaphorePermit { held, _line: line }))
        })
    }

    /// `permits` permits, if they are there and nobody waits before; a cancelled task may ask,
    /// too.
    ///
    /// # Errors
    /// [`Error::WouldWait`](crate::exec::Error::WouldWait), else as [`Semaphore::acquire`].
    pub fn try_acquire(&self, cx: &Cx, permits: u32) -> Result<SemaphorePermit> {
        let held = try_ask(cx, &self.line, self.wanted(&self.line, permits))?;
        let _line = Arc::clone(&self.line);
        Ok(SemaphorePermit { held, _line })
    }

    /// Adds permits, from anywhere.
    ///
    /// # Errors
    /// [`Error::Closed`](crate::exec::Error::Closed);
    /// [`Error::Refused`](crate::exec::Error::Refused) if it had more than
    /// [`PERMITS_MAX`](crate::limits::PERMITS_MAX) then, or once the runtime has closed.
    pub fn add(&self, permits: u32) -> Result<()> {
        self.line.add(permits)
    }

    /// Refuses everybody from now on, those who wait included. What is lent stays lent.
    pub fn close(&self) {
        self.line.close();
    }

    /// Permits that nobody holds; none once the runtime has closed.
    #[must_use]
    pub fn available(&self) -> u32 {
        self.line.status().map_or(0, |status| status.available)
    }
}

/// Permits of a [`Semaphore`], an obligation of the task that got them: given back when this is
/// dropped.
#[derive(Debug)]
#[must_use = "dropped, the permits are given back"]
pub struct SemaphorePermit {
    held: Held,
    /// The semaphore is forgotten only after it.
    _line: Arc<Line>,
}

impl SemaphorePermit {
    /// Hands the permits over to the task of `cx`, which answers for them from now on. To be
    /// called there, before the task that got them ends.
    ///
    /// # Errors
    /// [`Error::Refused`](crate::exec::Error::Refused) if either task has ended, or at a limit;
    /// they stay where they are.
    pub fn transfer(&self, cx: &Cx) -> Result<()> {
        self.held.transfer(cx)
    }
}

impl Drop for SemaphorePermit {
    fn drop(&mut self) {
        // Refused if its task has ended: they were given back then.
        let _ = self.held.commit();
    }
}
