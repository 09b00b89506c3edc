//! Owns how a handle finds its entry, and the questions that name one thing.

use std::sync::Arc;

use super::{Kernel, wrong_state};
use crate::cancel::CancelReason;
use crate::error::{ErrorKind, KernelError, Result};
use crate::handle::{
    Handle, HandleKind, HostOpKey, KindedKey, ObligationKey, RegionKey, SemaphoreKey, TaskKey,
    pack, unpack,
};
use crate::host_op::{HostOp, HostOpState};
use crate::obligation::{Obligation, ObligationState};
use crate::region::{Region, RegionState};
use crate::table::Table;
use crate::task::{Task, TaskState};

impl Kernel {
    /// The state of a live task.
    ///
    /// # Errors
    /// A stale, foreign or forged handle.
    pub fn task_state(&self, task: Handle) -> Result<TaskState> {
        Ok(self.tasks.at(self.task_key(task)?).state)
    }

    /// The state of a live region.
    ///
    /// # Errors
    /// A stale, foreign or forged handle.
    pub fn region_state(&self, region: Handle) -> Result<RegionState> {
        Ok(self.regions.at(self.region_key(region)?).state)
    }

    /// The state of a live host operation.
    ///
    /// # Errors
    /// A stale, foreign or forged handle.
    pub fn host_op_state(&self, op: Handle) -> Result<HostOpState> {
        Ok(self.host_ops.at(self.host_op_key(op)?).state)
    }

    /// The state of a live obligation: asked or reserved, since any other is its end.
    ///
    /// # Errors
    /// A stale, foreign or forged handle.
    pub fn obligation_state(&self, obligation: Handle) -> Result<ObligationState> {
        let key = self.obligation_key(obligation)?;
        Ok(self.obligations.at(key).state)
    }

    /// Why a live task is cancelled, if it is.
    ///
    /// # Errors
    /// A stale, foreign or forged handle.
    pub fn task_reason(&self, task: Handle) -> Result<Option<Arc<CancelReason>>> {
        Ok(self.tasks.at(self.task_key(task)?).reason.clone())
    }

    /// Times that a live task may still be polled before its quota cancels it; `None` without one,
    /// and once it is cancelled: what it has then is for clean-up.
    ///
    /// # Errors
    /// A stale, foreign or forged handle.
    pub fn task_polls_left(&self, task: Handle) -> Result<Option<u32>> {
        let record = self.tasks.at(self.task_key(task)?);
        let polls = record.budget.polls;
        Ok((record.is_on_quotas() && polls != u32::MAX).then_some(polls))
    }

    /// Why a live region is cancelled, if it is.
    ///
    /// # Errors
    /// A stale, foreign or forged handle.
    pub fn region_reason(&self, region: Handle) -> Result<Option<Arc<CancelReason>>> {
        Ok(self.regions.at(self.region_key(region)?).reason.clone())
    }
}

// From the handle to the entry and back.
impl Kernel {
    #[inline(never)]
    fn key<K: KindedKey, V>(
        &self,
        table: &Table<K, V>,
        handle: Handle,
        is_live: impl Fn(&V) -> bool,
        expected: &'static str,
    ) -> Result<K> {
        let refuse = |kind| Err(KernelError::new(kind, expected, handle.raw()));
        if self.closed {
            return refuse(ErrorKind::RuntimeClosed);
        }
        if handle.kind() != Some(K::KIND) {
            return refuse(ErrorKind::ForgedHandle);
        }
        if handle.tag() != self.tag {
            return refuse(ErrorKind::ForeignHandle);
        }
        let key: K = unpack(handle);
        match table.get(key) {
            Some(entry) if is_live(entry) => Ok(key),
            None if !table.knows_slot(handle.slot()) => refuse(ErrorKind::ForgedHandle),
            Some(_) | None => refuse(ErrorKind::StaleHandle),
        }
    }

    pub(super) fn region_key(&self, handle: Handle) -> Result<RegionKey> {
        self.key(
            &self.regions,
            handle,
            is_live_region,
            "a live region handle",
        )
    }

    pub(super) fn task_key(&self, handle: Handle) -> Result<TaskKey> {
        self.key(&self.tasks, handle, is_live_task, "a live task handle")
    }

    pub(super) fn host_op_key(&self, handle: Handle) -> Result<HostOpKey> {
        let expected = "a live host operation handle";
        self.key(&self.host_ops, handle, is_live_host_op, expected)
    }

    pub(super) fn obligation_key(&self, handle: Handle) -> Result<ObligationKey> {
        let expected = "a pending obligation's handle";
        self.key(&self.obligations, handle, is_pending, expected)
    }

    pub(super) fn semaphore_key(&self, handle: Handle) -> Result<SemaphoreKey> {
        let expected = "a live semaphore handle";
        self.key(&self.semaphores, handle, |_| true, expected)
    }

    /// The key of a task whose code can be running.
    #[inline(never)]
    pub(super) fn active_key(&self, handle: Handle) -> Result<TaskKey> {
        let key = self.task_key(handle)?;
        let task = self.tasks.at(key);
        if task.is_active() {
            Ok(key)
        } else {
            Err(wrong_state(
                "a task whose body or finalizer runs",
                u64::from(task.state as u8),
            ))
        }
    }

    pub(super) fn region_handle(&self, key: RegionKey) -> Handle {
        pack(key, self.tag)
    }

    pub(super) fn task_handle(&self, key: TaskKey) -> Handle {
        pack(key, self.tag)
    }

    pub(super) fn host_op_handle(&self, key: HostOpKey) -> Handle {
        pack(key, self.tag)
    }

    pub(super) fn obligation_handle(&self, key: ObligationKey) -> Handle {
        pack(key, self.tag)
    }

    pub(super) fn semaphore_handle(&self, key: SemaphoreKey) -> Handle {
        pack(key, self.tag)
    }

    /// The live handle of `kind` at `slot`, for a driver that keeps its own tables by slot. O(1).
    #[must_use]
    pub fn handle_at(&self, kind: HandleKind, slot: u32) -> Option<Handle> {
        match kind {
            HandleKind::Region => self.found(&self.regions, slot, is_live_region),
            HandleKind::Task => self.found(&self.tasks, slot, is_live_task),
            HandleKind::HostOp => self.found(&self.host_ops, slot, is_live_host_op),
            HandleKind::Obligation => self.found(&self.obligations, slot, is_pending),
            HandleKind::Semaphore => self.found(&self.semaphores, slot, |_| true),
        }
    }

    fn found<K: KindedKey, V>(
        &self,
        table: &Table<K, V>,
        slot: u32,
        is_live: impl Fn(&V) -> bool,
    ) -> Option<Handle> {
        let (key, entry) = table.entry_at(slot)?;
        is_live(entry).then(|| pack(key, self.tag))
    }
}

fn is_live_region(region: &Region) -> bool {
    region.state != RegionState::Closed
}

fn is_live_task(task: &Task) -> bool {
    task.state != TaskState::Completed
}

fn is_live_host_op(op: &HostOp) -> bool {
    op.state != HostOpState::Completed
}

fn is_pending(obligation: &Obligation) -> bool {
    obligation.state.is_live()
}
