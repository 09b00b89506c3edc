//! Owns the commands on semaphores: open, ask, add, close, drop.

use super::permits::Answer;
use super::{Kernel, label, limit_reached, wrong_state};
use crate::error::{ErrorKind, KernelError, Result};
use crate::handle::{Handle, RegionKey, SemaphoreKey, TaskKey};
use crate::lanes::Lane;
use crate::limits::PERMITS_MAX;
use crate::obligation::ObligationKind;
use crate::semaphore::{
    ChannelHalves, Flow, PermitFlow, Semaphore, SemaphoreState, SemaphoreStatus,
};
use crate::trace::EventKind;
use crate::wait::{WaitKind, WaitProgress};

impl Kernel {
    /// Opens a semaphore with `permits` permits, which belongs to `region`: it does not keep it
    /// from closing, and goes with it. `flow` says what becomes of committed permits. O(1).
    ///
    /// A region that is closing may still open some, for the work that is left in it.
    ///
    /// # Errors
    /// [`ErrorKind::LimitReached`] at [`SEMAPHORES_MAX`](crate::limits::SEMAPHORES_MAX) or past
    /// [`PERMITS_MAX`], or a bad handle.
    pub fn semaphore_open(
        &mut self,
        region: Handle,
        permits: u32,
        flow: PermitFlow,
    ) -> Result<Handle> {
        let region = self.region_key(region)?;
        self.admit_semaphores(1)?;
        if permits > PERMITS_MAX {
            return Err(too_many(permits));
        }
        let flow = match flow {
            PermitFlow::Returned => Flow::Returned,
            PermitFlow::Spent => Flow::Spent,
        };
        let key = self.add_semaphore(region, flow, permits);
        Ok(self.semaphore_handle(key))
    }

    /// Opens a channel with room for `capacity` messages, which belongs to `region` as a
    /// semaphore does. Its capacity counts the permits to send that are held. O(1).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidNumber`] for a capacity of 0, else as [`Kernel::semaphore_open`].
    pub fn channel_open(&mut self, region: Handle, capacity: u32) -> Result<ChannelHalves> {
        let region = self.region_key(region)?;
        self.admit_semaphores(2)?;
        check_permits(capacity)?;
        let free = self.add_semaphore(region, Flow::Returned, capacity);
        let items = self.add_semaphore(region, Flow::Free(free), 0);
        self.semaphores.at_mut(items).total = capacity;
        self.semaphores.at_mut(free).flow = Flow::Items(items);
        let halves = ChannelHalves {
            free: self.semaphore_handle(free),
            items: self.semaphore_handle(items),
        };
        let (event, slot) = (EventKind::ChannelOpened, halves.items.slot());
        let items = halves.items.raw();
        self.trace
            .record_with(self.now, event, halves.free, slot, items);
        Ok(halves)
    }

    /// The items half of a live channel, by its free half. O(1).
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`] for a semaphore that is no free half; or a bad handle.
    pub fn channel_items(&self, free: Handle) -> Result<Handle> {
        match self.semaphores.at(self.semaphore_key(free)?).flow {
            Flow::Items(items) => Ok(self.semaphore_handle(items)),
            Flow::Returned | Flow::Spent | Flow::Free(_) => {
                Err(wrong_state("the free half of a channel", free.raw()))
            }
        }
    }

    /// Asks for `permits` permits of the semaphore and gives the obligation of `task` that takes
    /// them. If the permits are there and nobody waits before, it is
    /// [reserved](crate::ObligationState::Reserved) at once: nothing waits, and `token` is not
    /// heard of again. Else it is [asked](crate::ObligationState::Asked) and waits in line under
    /// `token`, first come first served, also where a later one asks for fewer. The wait ends
    /// with [`PERMITS_GRANTED`](crate::PERMITS_GRANTED), and the obligation is reserved; or with
    /// [`PERMITS_CLOSED`](crate::PERMITS_CLOSED), or by a cancellation, and it has been aborted.
    /// To leave the line, [abort](Kernel::obligation_abort) it: `token` is then not heard of
    /// again either. O(1).
    ///
    /// A task that has a cancellation to observe gets nothing, even if it is there: its wait
    /// fails at the next dispatch. Otherwise a body that always finds permits would never
    /// observe it.
    ///
    /// ```
    /// use asupersync_core::{
    ///     Effect, Kernel, KernelConfig, ObligationKind, ObligationState, PERMITS_GRANTED,
    ///     PermitFlow, Time,
    /// };
    ///
    /// let mut kernel = Kernel::new(&KernelConfig::default());
    /// let lock = kernel.semaphore_open(kernel.root(), 1, PermitFlow::Returned)?;
    /// let one = kernel.region_spawn(kernel.root())?;
    /// let other = kernel.region_spawn(kernel.root())?;
    /// kernel.tick(Time::ZERO);
    /// kernel.take_effects();
    ///
    /// let permit = ObligationKind::SemaphorePermit;
    /// let held = kernel.semaphore_acquire(one, lock, 1, permit, 7)?;
    /// assert_eq!(kernel.obligation_state(held)?, ObligationState::Reserved);
    /// let asked = kernel.semaphore_acquire(other, lock, 1, permit, 7)?;
    /// assert_eq!(kernel.obligation_state(asked)?, ObligationState::Asked);
    ///
    /// kernel.obligation_commit(held)?;
    /// assert_eq!(kernel.obligation_state(asked)?, ObligationState::Reserved);
    /// kernel.tick(Time::ZERO);
    /// let told = Effect::Resume { task: other, token: 7, code: PERMITS_GRANTED };
    /// assert_eq!(kernel.take_effects(), [told]);
    /// # Ok::<(), asupersync_core::KernelError>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::SemaphoreClosed`] if it is closed and can never meet it,
    /// [`ErrorKind::InvalidNumber`] for 0 permits, [`ErrorKind::WrongState`] if the task's code
    /// does not run, [`ErrorKind::LimitReached`] past [`PERMITS_MAX`], at
    /// [`SLOTS_MAX`](crate::limits::SLOTS_MAX), at [`WAITS_MAX`](crate::limits::WAITS_MAX) or at
    /// the limit of the task's region, or a bad handle.
    pub fn semaphore_acquire(
        &mut self,
        task: Handle,
        semaphore: Handle,
        permits: u32,
        kind: ObligationKind,
        token: u32,
    ) -> Result<Handle> {
        let (task, semaphore) = self.admit_permits(task, semaphore, permits)?;
        let answer = self.answer(semaphore, permits);
        if answer == Answer::Refused {
            return Err(self.refusal(semaphore));
        }
        let must_observe = self.tasks.at(task).must_observe();
        if answer == Answer::Granted && !must_observe {
            let key = self.add_asked(task, Some(semaphore), permits, kind);
            self.reserve_asked(key);
            return Ok(self.obligation_handle(key));
        }
        if self.waits.is_full() {
            return Err(self.no_room_for_wait());
        }
        // Failing goes through the lanes too, as it does for every wait.
        let (of, progress) = if must_observe {
            (None, WaitProgress::Failed)
        } else {
            (Some(semaphore), WaitProgress::Pending)
        };
        let key = self.add_asked(task, of, permits, kind);
        let wait = self.insert_wait(task, token, WaitKind::Permit(key), progress)?;
        if let Some(permit) = &mut self.obligations.at_mut(key).permit {
            permit.wait = Some(wait);
        }
        if must_observe {
            self.enqueue(task, Lane::Cancel);
        } else {
            self.join_line(key, semaphore);
        }
        Ok(self.obligation_handle(key))
    }

    /// Takes one permit and keeps the promise in the same step, as a send or a receive does that
    /// finds what it needs: `None`, and there is no obligation that could be forgotten. If the
    /// permit is not there, or the task has a cancellation to observe, it has only asked, as by
    /// [`Kernel::semaphore_acquire`]: the obligation that waits under `token`. O(1), and O(1) each
    /// obligation that is granted.
    ///
    /// ```
    /// use asupersync_core::{Kernel, KernelConfig, ObligationKind, Time};
    ///
    /// let mut kernel = Kernel::new(&KernelConfig::default());
    /// let channel = kernel.channel_open(kernel.root(), 1)?;
    /// let task = kernel.region_spawn(kernel.root())?;
    /// kernel.tick(Time::ZERO);
    /// kernel.take_effects();
    ///
    /// let send = ObligationKind::SendPermit;
    /// assert_eq!(kernel.semaphore_pass(task, channel.free, send, 1)?, None);
    /// assert_eq!(kernel.semaphore_status(channel.items)?.available, 1);
    /// assert!(kernel.semaphore_pass(task, channel.free, send, 1)?.is_some());
    /// # Ok::<(), asupersync_core::KernelError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Kernel::semaphore_acquire`].
    pub fn semaphore_pass(
        &mut self,
        task: Handle,
        semaphore: Handle,
        kind: ObligationKind,
        token: u32,
    ) -> Result<Option<Handle>> {
        let (by, from) = (self.active_key(task)?, self.semaphore_key(semaphore)?);
        if self.answer(from, 1) == Answer::Granted && !self.tasks.at(by).must_observe() {
            self.pass(by, from);
            return Ok(None);
        }
        let asked = self.semaphore_acquire(task, semaphore, 1, kind, token);
        asked.map(Some)
    }

    /// As [`Kernel::semaphore_acquire`], and never waits: what is not there at once is refused.
    /// A cancelled task may ask this way too, for its clean-up. O(1).
    ///
    /// # Errors
    /// [`ErrorKind::WouldWait`], else as [`Kernel::semaphore_acquire`].
    pub fn semaphore_try_acquire(
        &mut self,
        task: Handle,
        semaphore: Handle,
        permits: u32,
        kind: ObligationKind,
    ) -> Result<Handle> {
        let (task, semaphore) = self.admit_permits(task, semaphore, permits)?;
        match self.answer(semaphore, permits) {
            Answer::Granted => {}
            Answer::Refused => return Err(self.refusal(semaphore)),
            Answer::Wait => {
                let available = u64::from(self.semaphores.at(semaphore).available);
                let expected = "permits to be there, and nobody to wait before";
                return Err(KernelError::new(ErrorKind::WouldWait, expected, available));
            }
        }
        let key = self.add_asked(task, Some(semaphore), permits, kind);
        self.reserve_asked(key);
        Ok(self.obligation_handle(key))
    }

    /// Adds new permits. O(1), and O(1) each obligation that is granted.
    ///
    /// # Errors
    /// [`ErrorKind::LimitReached`] if it had more than [`PERMITS_MAX`] then, granted ones
    /// included; [`ErrorKind::SemaphoreClosed`]; [`ErrorKind::WrongState`] for half of a channel,
    /// whose capacity stays; or a bad handle.
    pub fn semaphore_add(&mut self, semaphore: Handle, permits: u32) -> Result<()> {
        let key = self.semaphore_key(semaphore)?;
        let record = self.semaphores.at_mut(key);
        if record.flow.other_half().is_some() {
            let expected = "a semaphore that is no half of a channel";
            return Err(wrong_state(expected, semaphore.raw()));
        }
        if record.state == SemaphoreState::Closed {
            return Err(self.refusal(key));
        }
        if permits > PERMITS_MAX - record.total {
            let total = u64::from(record.total) + u64::from(permits);
            return Err(limit_reached("fewer permits", total));
        }
        record.total += permits;
        record.available += permits;
        let event = EventKind::PermitsGiven;
        self.hashes.write(label(event, permits), &mut record.causal);
        self.trace.record(self.now, event, semaphore, permits);
        self.serving.push(key);
        self.run_serving();
        Ok(())
    }

    /// Closes the semaphore, and with half of a channel the whole of it: it gets no new permits,
    /// and who can never be met is refused, now and from now on; [`PermitFlow`] and
    /// [`ChannelHalves`] say who that is. What is held stays so. One that is closed is left as
    /// it is. O(1), and O(1) each obligation that is refused.
    ///
    /// # Errors
    /// A bad handle.
    pub fn semaphore_close(&mut self, semaphore: Handle) -> Result<()> {
        let key = self.semaphore_key(semaphore)?;
        for key in self.parts(key) {
            self.close_semaphore(key);
        }
        self.run_serving();
        Ok(())
    }

    /// Forgets the semaphore, and with half of a channel the whole of it: all who wait are
    /// refused, and permits that are held go nowhere when they are given back. O(1), and O(1)
    /// each obligation that is refused.
    ///
    /// # Errors
    /// A bad handle.
    pub fn semaphore_drop(&mut self, semaphore: Handle) -> Result<()> {
        let key = self.semaphore_key(semaphore)?;
        for key in self.parts(key) {
            self.remove_semaphore(key);
        }
        self.run_serving();
        Ok(())
    }

    /// What the semaphore has.
    ///
    /// # Errors
    /// A stale, foreign or forged handle.
    pub fn semaphore_status(&self, semaphore: Handle) -> Result<SemaphoreStatus> {
        let record = self.semaphores.at(self.semaphore_key(semaphore)?);
        Ok(SemaphoreStatus {
            state: record.state,
            available: record.available,
            held: record.held,
            waiting: record.waiting,
        })
    }
}

// What a command needs first.
impl Kernel {
    fn admit_semaphores(&self, count: u32) -> Result<()> {
        if self.semaphores.has_room(count) {
            return Ok(());
        }
        let live = u64::from(self.semaphores.len());
        Err(limit_reached("room for one more semaphore", live))
    }

    fn admit_permits(
        &self,
        task: Handle,
        semaphore: Handle,
        permits: u32,
    ) -> Result<(TaskKey, SemaphoreKey)> {
        let task = self.active_key(task)?;
        let semaphore = self.semaphore_key(semaphore)?;
        check_permits(permits)?;
        self.admit_obligation_of(task)?;
        Ok((task, semaphore))
    }

    fn refusal(&self, key: SemaphoreKey) -> KernelError {
        let available = u64::from(self.semaphores.at(key).available);
        let expected = "a semaphore that is open, or has what is asked";
        KernelError::new(ErrorKind::SemaphoreClosed, expected, available)
    }
}

// How semaphores come and go.
impl Kernel {
    /// The semaphore, or both halves of the channel that it is half of, the free one first.
    fn parts(&self, key: SemaphoreKey) -> impl Iterator<Item = SemaphoreKey> + use<> {
        let (first, second) = match self.semaphores.at(key).flow {
            Flow::Returned | Flow::Spent => (key, None),
            Flow::Items(items) => (key, Some(items)),
            Flow::Free(free) => (free, Some(key)),
        };
        [Some(first), second].into_iter().flatten()
    }

    fn add_semaphore(&mut self, region: RegionKey, flow: Flow, permits: u32) -> SemaphoreKey {
        let event = EventKind::SemaphoreOpened;
        let owner = self.regions.at_mut(region);
        let flow_code = match flow {
            Flow::Returned => 0,
            Flow::Spent => 1,
            Flow::Items(_) | Flow::Free(_) => 2,
        };
        let born = label(event, permits) | (flow_code << 40);
        let causal = self.hashes.born(born, &mut owner.causal);
        let record = Semaphore::new(region, flow, permits, causal);
        let key = self.semaphores.insert(record).expect("room was checked");
        owner.semaphores = owner.semaphores.pushed(&mut self.semaphores, key);
        let handle = self.semaphore_handle(key);
        let region = self.region_handle(region).raw();
        self.trace
            .record_with(self.now, event, handle, permits, region);
        key
    }

    fn close_semaphore(&mut self, key: SemaphoreKey) {
        let record = self.semaphores.at_mut(key);
        if record.state == SemaphoreState::Closed {
            return;
        }
        record.state = SemaphoreState::Closed;
        self.note_semaphore(key, EventKind::SemaphoreClosed);
        self.serving.push(key);
    }

    /// Forgets the semaphores of a region that has closed. O(its own).
    pub(super) fn drop_semaphores(&mut self, region: RegionKey) {
        while let Some(key) = self.regions.at(region).semaphores.first() {
            self.remove_semaphore(key);
        }
    }

    fn remove_semaphore(&mut self, key: SemaphoreKey) {
        while let Some(first) = self.semaphores.at(key).line.first() {
            self.refuse(first);
        }
        self.note_semaphore(key, EventKind::SemaphoreDropped);
        let region = self.semaphores.at(key).region;
        let list = self.regions.at(region).semaphores;
        let list = list.removed(&mut self.semaphores, key);
        self.regions.at_mut(region).semaphores = list;
        // No effect names a semaphore, so its slot is free at once.
        self.semaphores.remove(key);
    }

    fn note_semaphore(&mut self, key: SemaphoreKey, event: EventKind) {
        let record = self.semaphores.at_mut(key);
        self.hashes.write(label(event, 0), &mut record.causal);
        let handle = self.semaphore_handle(key);
        self.trace.record(self.now, event, handle, 0);
    }
}

fn check_permits(permits: u32) -> Result<()> {
    if permits == 0 {
        let expected = "at least one permit";
        return Err(KernelError::new(ErrorKind::InvalidNumber, expected, 0));
    }
    if permits > PERMITS_MAX {
        return Err(too_many(permits));
    }
    Ok(())
}

const fn too_many(permits: u32) -> KernelError {
    limit_reached("fewer permits", permits as u64)
}
