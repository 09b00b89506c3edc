//! Owns the wait for permits that every primitive is made of, and what it gives.

use core::task::{Context, Poll, ready};
use std::sync::Arc;

use super::line::{Line, of_permits};
use super::pace::Pace;
use crate::error::ErrorKind;
use crate::exec::cx::Cx;
use crate::exec::error::{Error, Result};
use crate::exec::record::Progress;
use crate::exec::shared::Shared;
use crate::handle::Handle;
use crate::obligation::{ObligationKind, ObligationState};
use crate::semaphore::PERMITS_GRANTED;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) semaphore: Handle,
    pub(super) permits: u32,
    pub(super) kind: ObligationKind,
}

/// Asks at the first poll, waits in line, and leaves it when it is dropped: permits that it was
/// granted and did not see go back.
#[derive(Debug)]
pub(super) struct Ask {
    cx: Cx,
    /// For the first poll of one that has not asked.
    pace: Pace,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Unasked(Wanted),
    InLine { obligation: Handle, token: u32 },
    Over,
}

impl Ask {
    /// Fails if `line` is of another runtime.
    pub(super) fn new(cx: &Cx, line: &Line, wanted: Wanted) -> Result<Self> {
        line.check(cx)?;
        Ok(Self {
            cx: cx.clone(),
            pace: Pace::default(),
            stage: Stage::Unasked(wanted),
        })
    }

    /// One that asks at once, and the permit if it is there: for those who hold a lock, under which
    /// they have looked. It is to be polled without that lock, and has nobody woken before.
    pub(super) fn now(cx: &Cx, line: &Line) -> Result<(Self, Option<Held>)> {
        line.check(cx)?;
        let wanted = Wanted {
            semaphore: line.semaphore(),
            permits: 1,
            kind: ObligationKind::Ack,
        };
        let mut ask = Self {
            cx: cx.clone(),
            pace: Pace::default(),
            stage: Stage::Over,
        };
        let held = ask.ask(wanted)?;
        Ok((ask, held))
    }

    /// The permits; or [`Error::Closed`] if they can never come.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Held>> {
        if let Stage::Unasked(wanted) = self.stage {
            ready!(self.pace.poll(&self.cx, context))?;
            if let Some(held) = self.ask(wanted)? {
                return Poll::Ready(Ok(held));
            }
        }
        let Stage::InLine { obligation, token } = self.stage else {
            return Poll::Pending;
        };
        // Outlives the lock, as what is left in it is dropped after.
        let mut spare = None;
        let progress = loop {
            let mut state = self.cx.shared().lock();
            let record = state.running(self.cx.task())?;
            if let Some(progress) = record.look(token, context.waker(), &mut spare) {
                break progress;
            }
            drop(state);
            spare = Some(context.waker().clone());
        };
        let answer = match progress {
            Progress::Pending => return Poll::Pending,
            Progress::Done(PERMITS_GRANTED) => Ok(Held::new(&self.cx, obligation)),
            Progress::Done(_) => Err(Error::Closed),
            Progress::Failed(reason) => Err(Error::Cancelled(reason)),
        };
        self.stage = Stage::Over;
        Poll::Ready(answer)
    }

    /// Permits that are there at once, or a place in line.
    fn ask(&mut self, wanted: Wanted) -> Result<Option<Held>> {
        let task = self.cx.task();
        self.stage = Stage::Over;
        let mut state = self.cx.shared().lock();
        let token = state.running(task)?.waits.new_token();
        let Wanted {
            semaphore,
            permits,
            kind,
        } = wanted;
        let asked = state
            .kernel
            .semaphore_acquire(task, semaphore, permits, kind, token);
        let obligation = asked.map_err(of_permits)?;
        if state.kernel.obligation_state(obligation) == Ok(ObligationState::Reserved) {
            return Ok(Some(Held::new(&self.cx, obligation)));
        }
        state.running(task)?.waits.begin(token);
        self.stage = Stage::InLine { obligation, token };
        Ok(None)
    }
}

impl Drop for Ask {
    fn drop(&mut self) {
        if let Stage::InLine { obligation, token } = self.stage {
            let task = self.cx.task();
            let waker = self.cx.shared().command(|state| {
                // Stale if its task has ended meanwhile.
                let _ = state.kernel.obligation_abort(obligation);
                state.record(task)?.waits.abandon(token)
            });
            drop(waker);
        }
    }
}

/// Asks for what is there at once.
///
/// # Errors
/// [`Error::WouldWait`], [`Error::Closed`], [`Error::Refused`].
pub(super) fn try_ask(cx: &Cx, line: &Line, wanted: Wanted) -> Result<Held> {
    line.check(cx)?;
    let Wanted {
        semaphore,
        permits,
        kind,
    } = wanted;
    let mut state = cx.shared().lock_now();
    state.running(cx.task())?;
    let asked = state
        .kernel
        .semaphore_try_acquire(cx.task(), semaphore, permits, kind);
    Ok(Held::new(cx, asked.map_err(of_permits)?))
}

/// Permits that a task has: an obligation of it, taken back when this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    shared: Arc<Shared>,
    obligation: Option<Handle>,
}

impl Held {
    fn new(cx: &Cx, obligation: Handle) -> Self {
        Self {
            shared: Arc::clone(cx.shared()),
            obligation: Some(obligation),
        }
    }

    /// Keeps the promise.
    ///
    /// # Errors
    /// [`Error::Refused`] if the task that had it has ended: it leaves none behind.
    pub(super) fn commit(&mut self) -> Result<()> {
        let obligation = self.obligation.take().ok_or(OVER)?;
        let kept = self
            .shared
            .command(|state| state.kernel.obligation_commit(obligation));
        Ok(kept?)
    }

    /// Hands it over to the task of `cx`.
    ///
    /// # Errors
    /// [`Error::Refused`] if that is of another runtime, has ended or is at a limit, or if the
    /// task that had it has ended.
    pub(super) fn transfer(&self, cx: &Cx) -> Result<()> {
        let obligation = self.obligation.ok_or(OVER)?;
        if !Arc::ptr_eq(cx.shared(), &self.shared) {
            let expected = "a task of the same runtime";
            let received = cx.task().raw();
            return Err(Error::refused(ErrorKind::ForeignHandle, expected, received));
        }
        let mut state = self.shared.lock_now();
        let handed = state.kernel.obligation_transfer(obligation, cx.task());
        Ok(handed?)
    }
}

const OVER: Error = Error::refused(ErrorKind::StaleHandle, "a permit that is held", 0);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(obligation) = self.obligation.take() {
            // Stale if its task has ended meanwhile, or the runtime has closed.
            let _ = self
                .shared
                .command(|state| state.kernel.obligation_abort(obligation));
        }
    }
}

#[cfg(test)]
mod tests {
    use core::future::poll_fn;
    use core::pin::pin;
    use core::task::Poll;

    use crate::exec::sync::channel;
    use crate::exec::{Error, Lab, Outcome};

    #[test]
    fn a_wait_that_is_dropped_leaves_no_record() {
        let run = Lab::new(1).run(|cx| async move {
            let (_sender, receiver) = channel::<u8>(&cx, 1)?;
            for _ in 0..3 {
                let mut receive = pin!(receiver.recv(&cx));
                poll_fn(|context| {
                    assert!(receive.as_mut().poll(context).is_pending());
                    Poll::Ready(())
                })
                .await;
            }
            let mut state = cx.shared().lock();
            Ok::<_, Error>(state.record(cx.task()).map(|record| record.waits.len()))
        });
        assert_eq!(run.outcome, Outcome::Ok(Some(0)));
    }
}
