//! Owns what a body may ask for: the door itself, the clock, chance, and its own cancellation.
//!
//! One file a concept beside it: `waits` for one thing, `children` and scopes, `combine` for many
//! bodies at once, `repeat` for one body many times, `bounds` of one body.

mod bounds;
mod children;
mod combine;
mod repeat;
mod waits;

use core::time::Duration;
use std::sync::Arc;

use super::error::Result;
use super::host::Host;
use super::shared::Shared;
use super::wait::{Target, Wait};
use crate::cancel::CancelReason;
use crate::handle::Handle;
use crate::time::Time;

/// What a body may ask for. It is of one task, and a clone of it is of the same: its waits work
/// only while that task runs, and are [refused](super::Error::Refused) elsewhere.
///
/// Nothing happens before a returned future is first polled. Cancellation is level-triggered:
/// once the task has observed it, every further wait fails with
/// [`Error::Cancelled`](super::Error::Cancelled), but for what runs inside [`Cx::mask`] or a
/// finalizer. Every future here may be dropped at any time; each method says what becomes of
/// what it waited for.
#[derive(Clone, Debug)]
pub struct Cx {
    shared: Arc<Shared>,
    task: Handle,
    deadline: Time,
}

impl Cx {
    pub(crate) const fn new(shared: Arc<Shared>, task: Handle, deadline: Time) -> Self {
        Self {
            shared,
            task,
            deadline,
        }
    }

    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) const fn task(&self) -> Handle {
        self.task
    }

    pub(crate) fn wait_of(&self, target: Target) -> Wait {
        Wait::new(Arc::clone(&self.shared), self.task, target)
    }

    /// The host's time now; virtual in the lab.
    #[must_use]
    pub fn now(&self) -> Time {
        self.shared.lock_now().kernel.now()
    }

    /// When the nearest enclosing [`Cx::timeout`] or deadline of a budget runs out;
    /// [`Time::NEVER`] outside any.
    #[must_use]
    pub const fn deadline(&self) -> Time {
        self.deadline
    }

    /// The next number of the runtime's seeded stream.
    #[must_use]
    pub fn random(&self) -> u64 {
        self.shared.lock().kernel.random()
    }

    /// The host, for functions of a host's own crate.
    #[must_use]
    pub fn host(&self) -> &dyn Host {
        &*self.shared.host
    }

    /// Charges `cost`, in a unit of your choice, to the [cost quota](crate::Budget::cost) of the
    /// task. A charge past what is left cancels the task with
    /// [`CostBudget`](crate::CancelKind::CostBudget), which it observes at its next wait. Nothing
    /// is charged to a task that has no quota, is cancelled already, or runs a finalizer.
    ///
    /// # Errors
    /// [`Error::Refused`](super::Error::Refused) outside its task.
    pub fn charge(&self, cost: u64) -> Result<()> {
        let mut state = self.shared.lock_now();
        state.running(self.task)?;
        Ok(state.kernel.task_charge(self.task, cost)?)
    }

    /// Why the task was asked to cancel, if it was, observed or not.
    #[must_use]
    pub fn cancel_reason(&self) -> Option<Arc<CancelReason>> {
        let state = self.shared.lock();
        state.kernel.task_reason(self.task).ok().flatten()
    }

    /// Whether the task was asked to cancel, observed or not.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel_reason().is_some()
    }
}

pub(crate) fn after(now: Time, duration: Duration) -> Time {
    now.plus_nanos(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}
