//! Owns the commands by which a task waits: checkpoint, sleep, join, and what a wait's end does.

use super::{Kernel, limit_reached, wrong_state};
use crate::error::{KernelError, Result};
use crate::fingerprint::Causal;
use crate::handle::{Handle, TaskKey, WaitKey};
use crate::lanes::Lane;
use crate::obligation::ObligationState;
use crate::region::Owner;
use crate::time::Time;
use crate::timers::TimerTarget;
use crate::trace::EventKind;
use crate::wait::{Wait, WaitKind, WaitProgress};

impl Kernel {
    /// Lets others run, and observes a cancellation: the task is dispatched again with token 0.
    /// A second checkpoint before that is the same checkpoint. O(1).
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`](crate::ErrorKind) if the task's code does not run, or a bad
    /// handle.
    pub fn task_checkpoint(&mut self, task: Handle) -> Result<()> {
        let key = self.active_key(task)?;
        self.tasks.at_mut(key).at_checkpoint = true;
        self.wake(key);
        Ok(())
    }

    /// Wakes `task` at `at`, absolute kernel time. One already past is due at the next tick.
    /// Equal times fire in the order of the calls. O(log n).
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`](crate::ErrorKind) if the task's code does not run,
    /// [`ErrorKind::LimitReached`](crate::ErrorKind) at
    /// [`WAITS_MAX`](crate::limits::WAITS_MAX), or a bad handle.
    pub fn task_sleep(&mut self, task: Handle, at: Time, token: u32) -> Result<()> {
        let key = self.active_key(task)?;
        if let Some(wait) = self.add_wait(key, token, WaitKind::Timer(at))? {
            self.arm(at, TimerTarget::Wait(wait));
            self.explain(EventKind::TimerArmed, task, 0, at.as_nanos());
        }
        Ok(())
    }

    /// Wakes `task` with the outcome of `target` when that has completed. O(log n).
    ///
    /// # Errors
    /// As [`Kernel::task_sleep`]; a task that joins itself is in the wrong state.
    pub fn task_join(&mut self, task: Handle, target: Handle, token: u32) -> Result<()> {
        let key = self.active_key(task)?;
        let target_key = self.task_key(target)?;
        if key == target_key {
            return Err(wrong_state("a task other than itself", target.raw()));
        }
        if let Some(wait) = self.add_wait(key, token, WaitKind::Join(target_key))? {
            let joiners = self.tasks.at(target_key).joiners;
            let joiners = joiners.pushed(&mut self.waits, wait);
            self.tasks.at_mut(target_key).joiners = joiners;
        }
        Ok(())
    }

    /// Closes `region`, which `task` must own, and wakes `task` with its outcome when it has.
    /// This is a drained wait: a cancellation of the task reaches the region, and the wait ends
    /// when the region has.
    ///
    /// # Errors
    /// As [`Kernel::task_sleep`]; a region that is another's or already waited for is in the
    /// wrong state.
    pub fn region_join(&mut self, task: Handle, region: Handle, token: u32) -> Result<()> {
        let key = self.active_key(task)?;
        let region_key = self.region_key(region)?;
        let record = self.regions.at(region_key);
        if record.owner != Owner::Task(key) || record.waiter.is_some() {
            return Err(wrong_state(
                "a region of this task that nothing waits for",
                region.raw(),
            ));
        }
        let wait = self.insert_wait(
            key,
            token,
            WaitKind::Region(region_key),
            WaitProgress::Pending,
        )?;
        self.regions.at_mut(region_key).waiter = Some(wait);
        self.stop_admitting(region_key);
        self.run_settling();
        Ok(())
    }

    /// Adds a wait, or one that fails at the next dispatch (`None`) if the task has a
    /// cancellation to observe. The failure goes through the lanes too, so that a body which
    /// swallows it in a loop takes turns with everybody else and uses up its cleanup polls.
    pub(super) fn add_wait(
        &mut self,
        key: TaskKey,
        token: u32,
        kind: WaitKind,
    ) -> Result<Option<WaitKey>> {
        if self.tasks.at(key).must_observe() {
            self.insert_wait(key, token, WaitKind::Refused, WaitProgress::Failed)?;
            self.enqueue(key, Lane::Cancel);
            return Ok(None);
        }
        self.insert_wait(key, token, kind, WaitProgress::Pending)
            .map(Some)
    }

    pub(super) fn insert_wait(
        &mut self,
        task: TaskKey,
        token: u32,
        kind: WaitKind,
        progress: WaitProgress,
    ) -> Result<WaitKey> {
        let wait = Wait {
            task,
            links: Default::default(),
            place: Default::default(),
            token,
            kind,
            progress,
            cause: 0,
        };
        let Some(key) = self.waits.insert(wait) else {
            return Err(self.no_room_for_wait());
        };
        let list = self.tasks.at(task).waits.pushed(&mut self.waits, key);
        self.tasks.at_mut(task).waits = list;
        Ok(key)
    }

    pub(super) fn no_room_for_wait(&self) -> KernelError {
        limit_reached("room for one more wait", u64::from(self.waits.len()))
    }

    /// Gives a pending wait its result and queues its task; `cause` is what gave the result.
    pub(super) fn finish_wait(&mut self, key: WaitKey, progress: WaitProgress, cause: Causal) {
        self.detach_wait(key);
        self.answer_wait(key, progress, cause);
    }

    /// As [`Kernel::finish_wait`], for a wait that nothing else would end any more.
    pub(super) fn answer_wait(&mut self, key: WaitKey, progress: WaitProgress, cause: Causal) {
        let wait = self.waits.at_mut(key);
        wait.progress = progress;
        wait.cause = cause.last();
        let task = wait.task;
        self.wake(task);
    }

    /// Takes a pending wait out of whatever would have ended it.
    pub(super) fn detach_wait(&mut self, key: WaitKey) {
        let wait = self.waits.at(key);
        if wait.progress != WaitProgress::Pending {
            return;
        }
        match wait.kind {
            WaitKind::Timer(at) => {
                let task = self.task_handle(wait.task);
                self.timers.disarmed();
                self.explain(EventKind::TimerDisarmed, task, 0, at.as_nanos());
            }
            WaitKind::Join(target) => {
                let joiners = self.tasks.at(target).joiners;
                let joiners = joiners.removed(&mut self.waits, key);
                self.tasks.at_mut(target).joiners = joiners;
            }
            WaitKind::Region(region) => {
                if let Some(region) = self.regions.get_mut(region) {
                    region.waiter = None;
                }
            }
            WaitKind::HostOp(op) => {
                if let Some(op) = self.host_ops.get_mut(op) {
                    op.wait = None;
                }
            }
            WaitKind::Permit(obligation) => self.give_up_place(obligation),
            WaitKind::Refused => {}
        }
    }

    pub(super) fn remove_wait(&mut self, task: TaskKey, key: WaitKey) {
        let list = self.tasks.at(task).waits.removed(&mut self.waits, key);
        self.tasks.at_mut(task).waits = list;
        self.waits.remove(key);
    }

    /// Forgets every wait of a task whose code no longer runs, and takes back what it was not
    /// told of.
    pub(super) fn drop_waits(&mut self, task: TaskKey) {
        while let Some(key) = self.tasks.at(task).waits.first() {
            if let Some(obligation) = self.untold_permit(key) {
                self.remove_obligation(obligation, ObligationState::Aborted);
                continue;
            }
            self.detach_wait(key);
            self.remove_wait(task, key);
        }
    }

    /// Whether the task waits for a region it owns, which drains by its own bounds.
    pub(super) fn waits_for_region(&self, task: TaskKey) -> bool {
        self.waits_of(self.tasks.at(task).waits).any(|key| {
            let wait = self.waits.at(key);
            wait.progress == WaitProgress::Pending && !wait.is_interruptible()
        })
    }
}
