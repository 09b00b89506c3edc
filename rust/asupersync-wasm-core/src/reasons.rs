//! Owns the book of reasons that the current batch names, so that JavaScript can read one by
//! its number, once, and only if it wants to.

use std::sync::Arc;

use asupersync_core::CancelReason;

/// Reasons by number; emptied at every turn.
///
/// In the order of their numbers, which is the order of their making: nearly all are entered at
/// the end, and what one turn can name is few. A tree would cost 1 KB of compressed wasm.
#[derive(Debug, Default)]
pub(crate) struct Reasons(Vec<Arc<CancelReason>>);

impl Reasons {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Enters `reason` and gives its number.
    pub(crate) fn enter(&mut self, reason: &Arc<CancelReason>) -> u32 {
        if let Err(place) = self.place(reason.id) {
            self.0.insert(place, Arc::clone(reason));
        }
        reason.id
    }

    pub(crate) fn enter_some(&mut self, reason: Option<&Arc<CancelReason>>) -> u32 {
        reason.map_or(0, |reason| self.enter(reason))
    }

    pub(crate) fn get(&self, id: u32) -> Option<&Arc<CancelReason>> {
        self.0.get(self.place(id).ok()?)
    }

    fn place(&self, id: u32) -> Result<usize, usize> {
        self.0.binary_search_by_key(&id, |reason| reason.id)
    }
}
