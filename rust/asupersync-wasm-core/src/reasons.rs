//! Owns the book of reasons that the current batch names, so that JavaScript can read one by
//! its number, once, and only if it wants to.

use std::collections::BTreeMap;
use std::sync::Arc;

use asupersync_core::CancelReason;

/// Reasons by number; emptied at every turn.
#[derive(Debug, Default)]
pub(crate) struct Reasons(BTreeMap<u32, Arc<CancelReason>>);

impl Reasons {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Enters `reason` and gives its number.
    pub(crate) fn enter(&mut self, reason: &Arc<CancelReason>) -> u32 {
        self.0
            .entry(reason.id)
            .or_insert_with(|| Arc::clone(reason));
        reason.id
    }

    pub(crate) fn enter_some(&mut self, reason: Option<&Arc<CancelReason>>) -> u32 {
        reason.map_or(0, |reason| self.enter(reason))
    }

    pub(crate) fn get(&self, id: u32) -> Option<&Arc<CancelReason>> {
        self.0.get(&id)
    }
}
