//! Owns the commands on regions: open, spawn into, close, cancel, limit in time, defer.

use super::{Kernel, Settle, check_priority, label, limit_reached, wrong_state};
use crate::budget::Budget;
use crate::cancel::CancelKind;
use crate::error::{ErrorKind, KernelError, Result};
use crate::handle::{Handle, RegionKey, TaskKey};
use crate::lanes::Lane;
use crate::limits::{FINALIZERS_MAX, TASKS_KEPT};
use crate::region::{Owner, Ownership, Policy, Region, RegionLimits, RegionState};
use crate::task::Task;
use crate::time::Time;
use crate::timers::TimerTarget;
use crate::trace::EventKind;

impl Kernel {
    /// Opens a region under the region `parent`. It lives until it is closed or cancelled.
    ///
    /// # Errors
    /// [`ErrorKind::ScopeClosed`] if `parent` admits no more work,
    /// [`ErrorKind::LimitReached`] at [`SLOTS_MAX`](crate::limits::SLOTS_MAX) or at the limit of
    /// `parent`, or a bad handle.
    pub fn region_open(&mut self, parent: Handle, policy: Policy) -> Result<Handle> {
        let parent = self.open_region_key(parent)?;
        let budget = self.regions.at(parent).budget;
        self.add_region(Owner::Region(parent), policy, Ownership::default(), budget)
    }

    /// Opens a region owned by `task`, which ends only after it. One opened under a mask, or
    /// as [`shielded`](Ownership::shielded), is not reached by a cancellation of the task; any
    /// other one opened by a cancelled task is cancelled at once.
    ///
    /// Its budget is what the task has left; a shield keeps off the task's cancellation, not
    /// this. What a task opens for its clean-up, once it was asked to cancel or in a finalizer,
    /// has no quotas and no deadline: the task's drain time ends it.
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`] if the task's code does not run, [`ErrorKind::LimitReached`]
    /// at [`SLOTS_MAX`](crate::limits::SLOTS_MAX) or at the limit of the task's region, or a bad
    /// handle.
    pub fn region_open_in(
        &mut self,
        task: Handle,
        policy: Policy,
        mut ownership: Ownership,
    ) -> Result<Handle> {
        let owner = self.active_key(task)?;
        let record = self.tasks.at(owner);
        ownership.shielded |= record.mask_depth > 0;
        let cancelled = if ownership.shielded {
            None
        } else {
            record.reason.clone()
        };
        let budget = record.allowance();
        let region = self.add_region(Owner::Task(owner), policy, ownership, budget)?;
        if let Some(reason) = cancelled {
            let reason = self.descendants_reason(&reason, task);
            let key = self.region_key(region)?;
            self.request_region(key, &reason);
            self.run_settling();
        }
        Ok(region)
    }

    /// Limits how much the region may hold from now on; what it holds already stays. Past a
    /// limit a command is refused with [`ErrorKind::LimitReached`] and nothing changes. O(1).
    ///
    /// # Errors
    /// A bad handle.
    pub fn region_limits(&mut self, region: Handle, limits: RegionLimits) -> Result<()> {
        let key = self.region_key(region)?;
        self.regions.at_mut(key).limits = limits;
        Ok(())
    }

    fn add_region(
        &mut self,
        owner: Owner,
        policy: Policy,
        ownership: Ownership,
        budget: Budget,
    ) -> Result<Handle> {
        if self.regions.is_full() {
            return Err(limit_reached(
                "room for one more region",
                u64::from(self.regions.len()),
            ));
        }
        let above = match owner {
            Owner::Region(parent) => parent,
            Owner::Task(parent) => self.tasks.at(parent).region,
            Owner::Kernel => return Err(wrong_state("an owner", 0)),
        };
        let Region { live, limits, .. } = self.regions.at(above);
        if live.regions >= limits.regions {
            let live = u64::from(live.regions);
            return Err(limit_reached("fewer regions in the region above", live));
        }
        let born = label(EventKind::RegionOpened, policy as u32);
        let causal = match owner {
            Owner::Task(parent) => &mut self.tasks.at_mut(parent).causal,
            Owner::Region(_) | Owner::Kernel => &mut self.regions.at_mut(above).causal,
        };
        let causal = self.hashes.born(born, causal);
        let region = Region::new(owner, policy, ownership, budget, causal);
        let key = self.regions.insert(region).expect("room was checked");
        if let Owner::Task(parent) = owner {
            let list = self.tasks.at(parent).regions.pushed(&mut self.regions, key);
            self.tasks.at_mut(parent).regions = list;
        } else {
            let list = self
                .regions
                .at(above)
                .regions
                .pushed(&mut self.regions, key);
            self.regions.at_mut(above).regions = list;
        }
        self.regions.at_mut(above).live.regions += 1;
        self.counters.regions_live += 1;
        let handle = self.region_handle(key);
        let above = match owner {
            Owner::Task(parent) => self.task_handle(parent),
            Owner::Region(_) | Owner::Kernel => self.region_handle(above),
        };
        let detail =
            policy as u32 | u32::from(ownership.shielded) << 8 | u32::from(ownership.linked) << 9;
        let opened = EventKind::RegionOpened;
        self.trace
            .record_with(self.now, opened, handle, detail, above.raw());
        if budget.deadline != Time::NEVER {
            let deadline = budget.deadline.as_nanos();
            self.explain(EventKind::DeadlineSet, handle, 0, deadline);
        }
        Ok(handle)
    }

    /// Spawns a task with the region's budget; it is queued in the ready lane. O(1).
    ///
    /// # Errors
    /// [`ErrorKind::ScopeClosed`] if the region admits no more work,
    /// [`ErrorKind::LimitReached`] at [`TASKS_MAX`](crate::limits::TASKS_MAX) or at the limit of
    /// the region, or a bad handle.
    pub fn region_spawn(&mut self, region: Handle) -> Result<Handle> {
        self.region_spawn_with(region, Budget::DEFAULT)
    }

    /// Spawns a task whose budget is the region's *meet* `asked`. The deadline is absolute.
    ///
    /// # Errors
    /// As [`Kernel::region_spawn`]; [`ErrorKind::LimitReached`] also for a priority above 7.
    pub fn region_spawn_with(&mut self, region: Handle, asked: Budget) -> Result<Handle> {
        let region = self.open_region_key(region)?;
        check_priority(asked)?;
        if !self.tasks.has_room(TASKS_KEPT + 1) {
            return Err(self.no_room_for_task());
        }
        let owner = self.regions.at(region);
        if owner.live.tasks >= owner.limits.tasks {
            let live = u64::from(owner.live.tasks);
            return Err(limit_reached("fewer tasks in the region", live));
        }
        let budget = owner.budget.meet(asked);
        let key = self.add_task(region, budget).expect("room was checked");
        self.arm_task_deadline(key);
        self.enqueue(key, Lane::Ready);
        Ok(self.task_handle(key))
    }

    fn no_room_for_task(&self) -> KernelError {
        limit_reached("room for one more task", u64::from(self.tasks.len()))
    }

    /// Makes a task and links it into its region, unless not even a kept slot is free.
    pub(super) fn add_task(&mut self, region: RegionKey, budget: Budget) -> Option<TaskKey> {
        if self.tasks.is_full() {
            return None;
        }
        let parent = self.regions.at_mut(region);
        let causal = self
            .hashes
            .born(label(EventKind::TaskSpawned, 0), &mut parent.causal);
        let key = self.tasks.insert(Task::new(region, budget, causal))?;
        parent.tasks = parent.tasks.pushed(&mut self.tasks, key);
        parent.live.tasks += 1;
        self.counters.tasks_live += 1;
        self.counters.tasks_spawned += 1;
        let handle = self.task_handle(key);
        let region = self.region_handle(region).raw();
        self.trace
            .record_with(self.now, EventKind::TaskSpawned, handle, 0, region);
        Some(key)
    }

    /// Stops admitting work; the region closes when its tasks and child regions have ended and
    /// its finalizers have run. A region that already closes is left as it is.
    ///
    /// # Errors
    /// A bad handle.
    pub fn region_close(&mut self, region: Handle) -> Result<()> {
        let key = self.region_key(region)?;
        self.stop_admitting(key);
        self.run_settling();
        Ok(())
    }

    pub(super) fn stop_admitting(&mut self, key: RegionKey) {
        if self.regions.at(key).state == RegionState::Open {
            self.regions.at_mut(key).state = RegionState::Closing;
            self.note_region(key, EventKind::RegionClosing, 0);
            self.settling.push(Settle::Region(key));
        }
    }

    /// Asks everything in the region to cancel, and closes it when it has drained. A region
    /// already cancelled only takes over the stronger reason. O(its own children), with the
    /// tree below it worked off level by level.
    ///
    /// # Errors
    /// A bad handle.
    pub fn region_cancel(&mut self, region: Handle, kind: CancelKind, message: &str) -> Result<()> {
        let key = self.region_key(region)?;
        let reason = self.new_reason(kind, region, message);
        self.request_region(key, &reason);
        self.run_settling();
        Ok(())
    }

    /// Cancels the region with `timeout` at `at`, unless it has closed by then. Of two times
    /// the earlier one stands.
    ///
    /// # Errors
    /// A bad handle.
    pub fn region_timeout(&mut self, region: Handle, at: Time) -> Result<()> {
        let key = self.region_key(region)?;
        let record = self.regions.at_mut(key);
        if at >= record.timeout || record.reason.is_some() {
            return Ok(());
        }
        if record.timeout != Time::NEVER {
            self.timers.disarmed();
        }
        record.timeout = at;
        self.arm(at, TimerTarget::Region(key, CancelKind::Timeout));
        Ok(())
    }

    /// Registers one finalizer of the region: [`Effect::RegionFinalize`](crate::Effect) asks
    /// for it when the region is empty, last registered first.
    ///
    /// # Errors
    /// [`ErrorKind::ScopeClosed`], [`ErrorKind::LimitReached`] at [`FINALIZERS_MAX`], or a bad
    /// handle.
    pub fn region_defer(&mut self, region: Handle) -> Result<()> {
        let key = self.open_region_key(region)?;
        let finalizers = &mut self.regions.at_mut(key).finalizers;
        if *finalizers == FINALIZERS_MAX {
            return Err(limit_reached("fewer finalizers", u64::from(FINALIZERS_MAX)));
        }
        *finalizers += 1;
        let count = u32::from(*finalizers);
        self.explain(EventKind::FinalizerDeferred, region, count, 0);
        Ok(())
    }

    /// Makes the masked task that runs the region's top finalizer, in answer to
    /// [`Effect::RegionFinalize`](crate::Effect). If it fails, the region ends panicked.
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`] if the region did not ask, [`ErrorKind::LimitReached`] if not
    /// even one of the [kept slots](crate::limits::TASKS_KEPT) is free (the region waits: try
    /// again when a task has ended), or a bad handle.
    pub fn region_finalizer_spawn(&mut self, region: Handle) -> Result<Handle> {
        let key = self.region_key(region)?;
        let record = self.regions.at(key);
        if !record.finalizer_running || !record.tasks.is_empty() {
            return Err(wrong_state(
                "a region that asked for its finalizer",
                record.state as u64,
            ));
        }
        let task = self
            .add_task(key, Budget::DEFAULT)
            .ok_or_else(|| self.no_room_for_task())?;
        let finalizers = &mut self.regions.at_mut(key).finalizers;
        let nth = u32::from(*finalizers);
        *finalizers -= 1;
        self.explain(EventKind::FinalizerStarted, region, nth, 0);
        let record = self.tasks.at_mut(task);
        record.is_region_finalizer = true;
        record.mask_depth = 1;
        record.budget.polls = CancelKind::User.cleanup_polls();
        self.arm_drain(task);
        self.enqueue(task, Lane::Ready);
        Ok(self.task_handle(task))
    }

    fn open_region_key(&self, handle: Handle) -> Result<RegionKey> {
        let key = self.region_key(handle)?;
        let state = self.regions.at(key).state;
        if state == RegionState::Open {
            Ok(key)
        } else {
            Err(KernelError::new(
                ErrorKind::ScopeClosed,
                "an open region",
                state as u64,
            ))
        }
    }
}
