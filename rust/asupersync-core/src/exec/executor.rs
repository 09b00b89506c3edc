//! Owns the turn of the Rust executor: one batch of the kernel's effects, each future polled once
//! a dispatch.

use core::future::Future;
use core::task::{Context, Poll, Waker};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::error::{Error, Result, message_of};
use super::host::Host;
use super::join::JoinHandle;
use super::platform::{BoxFuture, PlatformSend};
use super::shared::{Seat, Shared};
use super::state::Job;
use super::{Cx, Report};
use crate::budget::Budget;
use crate::invariants::Violation;
use crate::kernel::{Kernel, KernelConfig};
use crate::outcome::Outcome as Ending;
use crate::snapshot::Row;
use crate::time::Time;
use crate::trace::Event;

/// When a driver is to turn again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// At once: there is work.
    Again,
    /// At this time, or when the bell rings.
    At(Time),
    /// When the bell rings.
    Idle,
}

/// Runs Rust futures on the kernel, over a [`Host`]. One driver owns it and turns it; the
/// native driver, the browser's and the [`Lab`](super::Lab) are such drivers.
///
/// Every poll of a task's future is one dispatch of the kernel, so that lanes, budgets, the
/// trace and the fingerprint mean for Rust bodies what they mean for others. An executor
/// dropped before it [has closed](Executor::is_closed) drops the futures that it holds, and
/// nothing is admitted any more; whoever joins one of its tasks from elsewhere is
/// [refused](Error::Refused).
#[derive(Debug)]
pub struct Executor {
    pub(super) shared: Arc<Shared>,
}

impl Executor {
    /// An executor whose kernel is set up by `config`.
    #[must_use]
    pub fn new(config: &KernelConfig, host: impl Host) -> Self {
        #[allow(
            clippy::arc_with_non_send_sync,
            reason = "in wasm nothing is sent anywhere, and there is one code path for both"
        )]
        let shared = Arc::new(Shared::new(Kernel::new(config), Box::new(host)));
        Self { shared }
    }

    /// Spawns `body` into the root region.
    ///
    /// # Errors
    /// [`Error::Refused`] if the executor is closing, or at a limit.
    pub fn spawn<T, E, F, Fut>(&self, body: F) -> Result<JoinHandle<T, E>>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let seat = Seat {
            region: self.shared.lock().kernel.root(),
            budget: Budget::DEFAULT,
            deadline: Time::NEVER,
            place: None,
        };
        let (task, packet) = self.shared.spawn(seat, body)?;
        Ok(JoinHandle::new(Arc::clone(&self.shared), task, packet))
    }

    /// Empties the inbox, ticks the kernel at the host's time, polls each future whose task was
    /// dispatched, and says when to turn again. At most
    /// [`polls_per_tick`](KernelConfig::polls_per_tick) futures are polled.
    pub fn turn(&self) -> Next {
        self.turn_while(|| true)
    }

    /// As [`Executor::turn`], but polls no further future once `has_time`, which is asked before
    /// each but the first, says no: the driver of a page must give the thread back. What was
    /// dispatched and not polled is polled first by the next turn, before the kernel dispatches
    /// anything else.
    pub fn turn_while(&self, mut has_time: impl FnMut() -> bool) -> Next {
        let messages = self.shared.inbox.take();
        let mut state = self.shared.lock_now();
        for message in state.tape.turn(messages) {
            state.apply(message);
        }
        if !state.has_queued() {
            let now = state.kernel.now();
            state.kernel.tick(now);
        }
        state.absorb();
        let mut job = state.next_job();
        let leavings = state.take_leavings();
        drop(state);
        leavings.clean_up();
        while let Some(next) = job {
            self.run(next);
            if !has_time() {
                break;
            }
            // After what the last poll left was cleaned up: what a destructor does happens first.
            let mut state = self.shared.lock();
            job = state.next_job();
            if job.is_none() {
                let leavings = state.take_leavings();
                drop(state);
                leavings.clean_up();
            }
        }
        self.next()
    }

    /// Cancels everything with `shutdown`; the executor has closed when all has drained.
    pub fn shutdown(&self) {
        self.shared.lock().tape.shutdown();
        // Refused only by a kernel that has closed already.
        let _ = self.shared.command(|state| state.kernel.shutdown());
    }

    /// Whether everything has ended after [`Executor::shutdown`].
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.lock().kernel.is_closed()
    }

    /// What the run has come to so far.
    #[must_use]
    pub fn report(&self) -> Report {
        Report::of(&self.shared.lock())
    }

    /// The live tree, parents before children, siblings in order of birth. O(live).
    #[must_use]
    pub fn snapshot(&self) -> Vec<Row> {
        self.shared.lock().kernel.snapshot()
    }

    /// The events that the trace ring holds, oldest first: at most
    /// [`trace_capacity`](KernelConfig::trace_capacity). O(held).
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.shared.lock().kernel.events().copied().collect()
    }

    /// What is wrong in the kernel: nothing, ever.
    pub(crate) fn check_invariants(&self) -> core::result::Result<(), Violation> {
        self.shared.lock().kernel.check_invariants()
    }

    /// Polls one future.
    fn run(&self, job: Job) {
        let Job {
            task,
            future,
            waker,
            task_waker,
            woken,
        } = job;
        self.shared.lock().answers = 0;
        let polling = self.shared.id.polls(task);
        // The task is polled now; futures inside it that poll only what was woken are told.
        let is_queued = task_waker.hush();
        woken.into_iter().for_each(Waker::wake);
        if !is_queued {
            task_waker.listen();
        }
        let polled = catch_unwind(AssertUnwindSafe(|| poll_once(future, &waker)));

        drop(polling);
        let polled = polled.unwrap_or_else(|payload| {
            let message = message_of(&*payload);
            // What a body panics with may have a destructor, like all that it leaves.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
            Polled::Panicked(message)
        });
        let mut state = self.shared.lock_now();
        match polled {
            Polled::Pending(future) => state.future_pends(task, future),
            Polled::Ended(ending) => state.future_ended(task, ending),
            Polled::Panicked(message) => {
                if let Some(packet) = state.record(task).and_then(|record| record.packet.clone()) {
                    packet.panicked(message);
                }
                state.future_ended(task, Ending::Panicked);
            }
        }
        let leavings = state.take_leavings();
        drop(state);
        leavings.clean_up();
    }

    /// When to turn again, as the last turn said it or as it has become since. O(log n).
    #[must_use]
    pub fn next(&self) -> Next {
        let mut state = self.shared.lock();
        if state.kernel.is_runnable() || state.has_queued() || !self.shared.inbox.is_empty() {
            return Next::Again;
        }
        match state.kernel.next_deadline() {
            Some(at) if at != Time::NEVER => Next::At(at),
            _ => Next::Idle,
        }
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        // Each future holds the shared state that holds the future.
        let leavings = self.shared.lock().abandon();
        leavings.clean_up();
        self.shared.inbox.close();
    }
}

enum Polled {
    Pending(BoxFuture<Ending>),
    Ended(Ending),
    Panicked(Box<str>),
}

/// Polls, and drops a future that has ended while its task is still the running one.
fn poll_once(mut future: BoxFuture<Ending>, waker: &Waker) -> Polled {
    match future.as_mut().poll(&mut Context::from_waker(waker)) {
        Poll::Pending => Polled::Pending(future),
        Poll::Ready(ending) => Polled::Ended(ending),
    }
}
