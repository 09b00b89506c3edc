//! Owns the finalizers of scopes until they run: the kernel counts them, their bodies lie here.

use std::collections::{BTreeMap, VecDeque};

use super::platform::PlatformSend;
use super::record::Record;
use crate::error::ErrorKind;
use crate::handle::Handle;
use crate::kernel::Kernel;

/// A finalizer that waits for the task it is to run in.
pub(crate) trait Finalizer: PlatformSend {
    /// The record of that task. Runs no code of others: the future in it does, when polled.
    fn into_record(self: Box<Self>, task: Handle) -> Record;
}

impl<F: FnOnce(Handle) -> Record + PlatformSend> Finalizer for F {
    fn into_record(self: Box<Self>, task: Handle) -> Record {
        self(task)
    }
}

#[derive(Default)]
pub(crate) struct Finalizers {
    /// Of each region, last in, first out.
    registered: BTreeMap<Handle, Vec<Box<dyn Finalizer>>>,
    /// Regions whose next one is to begin.
    asked: VecDeque<Handle>,
}

impl Finalizers {
    /// The kernel has counted it already.
    pub(crate) fn push(&mut self, region: Handle, finalizer: Box<dyn Finalizer>) {
        self.registered.entry(region).or_default().push(finalizer);
    }

    /// The region wants its next one.
    pub(crate) fn ask(&mut self, region: Handle) {
        self.asked.push_back(region);
    }

    /// Makes the task of one that was asked for. While the kernel has no slot for it, it stays
    /// asked for: whatever ends is looked at before this is called again.
    pub(crate) fn begin_next(&mut self, kernel: &mut Kernel) -> Option<Record> {
        let region = *self.asked.front()?;
        let task = match kernel.region_finalizer_spawn(region) {
            Ok(task) => task,
            Err(error) => {
                debug_assert_eq!(error.kind, ErrorKind::LimitReached, "the region asked");
                return None;
            }
        };
        self.asked.pop_front();
        let registered = self.registered.get_mut(&region)?;
        let finalizer = registered.pop();
        if registered.is_empty() {
            self.registered.remove(&region);
        }
        finalizer.map(|finalizer| finalizer.into_record(task))
    }

    /// Lets go of all, for an executor that is dropped before it has closed.
    pub(crate) fn abandon(&mut self) -> Vec<Box<dyn Finalizer>> {
        self.asked.clear();
        let registered = core::mem::take(&mut self.registered);
        registered.into_values().flatten().collect()
    }
}
