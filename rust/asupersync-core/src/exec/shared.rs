//! Owns what every `Cx` of an executor shares: the state behind its one lock, and the ways in.

use core::fmt;
use core::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::current::ExecutorId;
use super::cx::Cx;
use super::error::{Error, Result};
use super::host::Host;
use super::inbox::Inbox;
use super::packet::{Packet, Place, Settle};
use super::platform::{BoxFuture, PlatformSend};
use super::record::Record;
use super::state::State;
use crate::budget::Budget;
use crate::handle::Handle;
use crate::kernel::Kernel;
use crate::outcome::Outcome as Ending;
use crate::time::Time;

/// What every `Cx` of an executor shares.
pub(crate) struct Shared {
    pub(crate) id: ExecutorId,
    state: Mutex<State>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) host: Box<dyn Host>,
}

/// Where a task is spawned, and with what.
pub(crate) struct Seat {
    pub(crate) region: Handle,
    pub(crate) budget: Budget,
    /// When the nearest timeout around it runs out.
    pub(crate) deadline: Time,
    pub(crate) place: Place,
}

impl Shared {
    pub(crate) fn new(kernel: Kernel, host: Box<dyn Host>) -> Self {
        let inbox = Arc::new(Inbox::new(host.bell()));
        let id = ExecutorId::new();
        Self {
            id,
            state: Mutex::new(State::new(id, kernel)),
            inbox,
            host,
        }
    }

    /// The state. The lock is never held while code of others runs, so nothing can panic half
    /// way through a change, and poison means nothing.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, with the kernel told the time.
    pub(crate) fn lock_now(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        let now = state.tape.now(self.host.now());
        state.kernel.advance(now);
        state
    }

    /// Gives the kernel a command that makes work. Outside a poll, perhaps on another thread,
    /// the driver is woken for it; within one it looks anyway.
    pub(crate) fn command<T>(&self, give: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock_now();
        let answer = give(&mut state);
        drop(state);
        if self.id.current().is_none() {
            self.inbox.ring();
        }
        answer
    }

    /// Spawns `body` where `seat` says.
    pub(crate) fn spawn<T, E, F, Fut>(
        self: &Arc<Self>,
        seat: Seat,
        body: F,
    ) -> Result<(Handle, Arc<Packet<T, E>>)>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let Seat {
            region,
            budget,
            place,
            deadline,
        } = seat;
        let packet = Arc::new(Packet::new(place));
        let left = Arc::clone(&packet);
        let settle: Arc<dyn Settle> = Arc::clone(&packet) as _;
        // A body that is refused is dropped without the lock: its captures may have destructors
        // that come back here.
        let mut body = Some(body);
        let task = self.command(|state| {
            state.check_kept()?;
            let task = state.kernel.region_spawn_with(region, budget)?;
            let cx = Cx::new(Arc::clone(self), task, deadline.min(budget.deadline));
            let body = body.take().expect("this is called once");
            let future: BoxFuture<Ending> = Box::pin(async move { left.leave(body(cx).await) });
            state.insert(Record::new(task, Some(future), Some(settle), &self.inbox));
            Ok::<_, Error>(task)
        })?;
        Ok((task, packet))
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
