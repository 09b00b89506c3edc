//! Owns the barrier: nobody goes on before all have come.

use core::fmt;
use core::future::{Future, poll_fn};
use core::task::{Context, Poll, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ask::Ask;
use super::line::Line;
use super::pace::Pace;
use crate::exec::cx::Cx;
use crate::exec::error::{Error, Result};
use crate::exec::platform::shared;
use crate::semaphore::PermitFlow;

/// Where a number of tasks meet, as often as they like. A clone is the same barrier.
///
/// ```
/// use asupersync_core::exec::sync::Barrier;
/// use asupersync_core::exec::{Error, Lab, Outcome};
///
/// let run = Lab::new(1).run(|cx| async move {
///     let barrier = Barrier::new(&cx, 3)?;
///     let passes = cx
///         .map_concurrent(0..3, 3, move |cx, _| {
///             let barrier = barrier.clone();
///             async move { Ok::<_, Error>(barrier.wait(&cx).await?) }
///         })
///         .await?;
///     Ok::<_, Error>(passes.iter().filter(|pass| pass.is_leader).count())
/// });
/// assert_eq!(run.outcome, Outcome::Ok(1));
/// ```
#[derive(Clone)]
pub struct Barrier {
    inner: Arc<Inner>,
}

struct Inner {
    parties: u32,
    /// Locked before the executor's state, never after it.
    state: Mutex<State>,
}

struct State {
    /// What those wait for who have come. It is closed when the last one comes, so that none
    /// who leaves late leaves a permit to the next round.
    gate: Line,
    arrived: u32,
    round: u64,
}

/// How a task passed a [`Barrier`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BarrierPass {
    /// Whether it was the last to come; of each round one is.
    pub is_leader: bool,
    /// Rounds before this one.
    pub round: u64,
}

impl Barrier {
    /// Opens a barrier for `parties` tasks.
    ///
    /// # Errors
    /// [`Error::Refused`] for none, or at [`SEMAPHORES_MAX`](crate::limits::SEMAPHORES_MAX).
    pub fn new(cx: &Cx, parties: u32) -> Result<Self> {
        if parties == 0 {
            return Err(Error::out_of_range("at least one party"));
        }
        let state = State {
            gate: Line::open(cx, 0, PermitFlow::Spent)?,
            arrived: 0,
            round: 0,
        };
        let inner = Inner {
            parties,
            state: Mutex::new(state),
        };
        let inner = shared(inner);
        Ok(Self { inner })
    }

    /// Waits until as many tasks wait as the barrier is for.
    ///
    /// Cancel-safe: dropped or cancelled before that, the task has not come, and the others wait
    /// for another one.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; [`Error::Refused`] outside the task of `cx`, and at
    /// [`SEMAPHORES_MAX`](crate::limits::SEMAPHORES_MAX), of which a barrier needs two when the
    /// last one comes; it has not come then.
    pub fn wait(&self, cx: &Cx) -> impl Future<Output = Result<BarrierPass>> + use<> {
        let mut arrival = Arrival {
            barrier: Arc::clone(&self.inner),
            cx: cx.clone(),
            pace: Pace::default(),
            waiting: None,
        };
        poll_fn(move |context| arrival.poll(context))
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One task on its way through.
struct Arrival {
    barrier: Arc<Inner>,
    cx: Cx,
    pace: Pace,
    /// Its wait, and the round in which it has come.
    waiting: Option<(Ask, u64)>,
}

impl Arrival {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<BarrierPass>> {
        if self.waiting.is_some() {
            return self.poll_waiting(context);
        }
        ready!(self.pace.poll_observing(&self.cx, context))?;
        let mut state = self.barrier.lock();
        let round = state.round;
        if state.arrived + 1 == self.barrier.parties {
            state.gate.check(&self.cx)?;
            let next = state.gate.open_beside(0, PermitFlow::Spent)?;
            let gate = core::mem::replace(&mut state.gate, next);
            state.arrived = 0;
            state.round += 1;
            // All who wait are told by its end.
            drop(gate);
            let is_leader = true;
            return Poll::Ready(Ok(BarrierPass { is_leader, round }));
        }
        // The gate has no permits: only its end tells.
        let (ask, _) = Ask::now(&self.cx, &state.gate)?;
        state.arrived += 1;
        drop(state);
        self.waiting = Some((ask, round));
        self.poll_waiting(context)
    }

    fn poll_waiting(&mut self, context: &mut Context<'_>) -> Poll<Result<BarrierPass>> {
        let Some((ask, round)) = &mut self.waiting else {
            return Poll::Pending;
        };
        let round = *round;
        match ready!(ask.poll(context)) {
            Err(Error::Closed) => {
                self.waiting = None;
                let is_leader = false;
                Poll::Ready(Ok(BarrierPass { is_leader, round }))
            }
            Ok(_) => Poll::Pending,
            Err(error) => {
                self.leave();
                Poll::Ready(Err(error))
            }
        }
    }

    /// It has not come, if its round is not over.
    fn leave(&mut self) {
        if let Some((ask, round)) = self.waiting.take() {
            let mut state = self.barrier.lock();
            if state.round == round {
                state.arrived -= 1;
            }
            drop(state);
            drop(ask);
        }
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.leave();
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier")
            .field("parties", &self.inner.parties)
            .finish_non_exhaustive()
    }
}
