//! Owns the book of reasons that the current batch names, so that JavaScript can read one by
//! its number, once, and only if it wants to.

use std::sync::Arc;

use asupersync_core::CancelReason;

/// Reasons by number; emptied at every turn.
///
/// A hash table with linear probing, at most half full, and never walked: entering and reading
/// are O(1) in whatever order a batch names its reasons, which in a deep tree is from the last
/// one made to the first. A B-tree would cost 1 KB more of the compressed wasm.
#[derive(Debug, Default)]
pub(crate) struct Reasons {
    /// As many as a power of two, or none.
    places: Vec<Option<Arc<CancelReason>>>,
    entered: usize,
}

/// Places of a book that has its first reason.
const PLACES_MIN: usize = 16;

/// Places that a book keeps from turn to turn.
const PLACES_KEPT_MAX: usize = 1_024;

impl Reasons {
    /// O(1) unless there was something in it.
    pub(crate) fn clear(&mut self) {
        if self.places.len() > PLACES_KEPT_MAX {
            self.places = Vec::new();
        } else if self.entered > 0 {
            self.places.fill(None);
        }
        self.entered = 0;
    }

    /// Enters `reason` and gives its number.
    pub(crate) fn enter(&mut self, reason: &Arc<CancelReason>) -> u32 {
        if self.places.len() < 2 * (self.entered + 1) {
            self.grow();
        }
        let place = self.place(reason.id);
        if self.places[place].is_none() {
            self.places[place] = Some(Arc::clone(reason));
            self.entered += 1;
        }
        reason.id
    }

    pub(crate) fn enter_some(&mut self, reason: Option<&Arc<CancelReason>>) -> u32 {
        reason.map_or(0, |reason| self.enter(reason))
    }

    pub(crate) fn get(&self, id: u32) -> Option<&Arc<CancelReason>> {
        if self.entered == 0 {
            return None;
        }
        self.places[self.place(id)].as_ref()
    }

    /// Where the reason `id` stands, or would.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the shift leaves as many bits as name a place"
    )]
    fn place(&self, id: u32) -> usize {
        // Fibonacci hashing (Knuth, TAOCP volume 3, 6.4): the high bits of the product spread
        // numbers that follow each other at any distance.
        let product = u64::from(id).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut at = (product >> (64 - self.places.len().trailing_zeros())) as usize;
        while self.places[at].as_ref().is_some_and(|found| found.id != id) {
            at = (at + 1) & (self.places.len() - 1);
        }
        at
    }

    #[inline(never)]
    fn grow(&mut self) {
        let count = (self.places.len() * 2).max(PLACES_MIN);
        let before = core::mem::replace(&mut self.places, vec![None; count]);
        for reason in before.into_iter().flatten() {
            let place = self.place(reason.id);
            self.places[place] = Some(reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use asupersync_core::{CancelKind, CancelReason, Kernel, KernelConfig};

    use super::{PLACES_KEPT_MAX, Reasons};

    /// As many reasons as `count`, in the order of their numbers.
    fn made(count: usize) -> Vec<Arc<CancelReason>> {
        let mut kernel = Kernel::new(&KernelConfig::default());
        let root = kernel.root();
        (0..count)
            .map(|_| {
                let task = kernel.region_spawn(root).expect("room");
                let asked = kernel.task_cancel(task, CancelKind::User, "");
                asked.expect("it is live");
                let reason = kernel.task_reason(task).expect("it is live");
                reason.expect("it was cancelled")
            })
            .collect()
    }

    #[test]
    fn what_was_entered_is_found_in_whatever_order_it_came() {
        let reasons = made(5_000);
        let every_256th = (0..256).flat_map(|first| (first..5_000).step_by(256));
        let orders: [Vec<usize>; 3] = [
            (0..5_000).collect(),
            (0..5_000).rev().collect(),
            every_256th.collect(),
        ];
        for order in orders {
            let mut book = Reasons::default();
            assert!(book.get(1).is_none());
            for &index in &order {
                let reason = &reasons[index];
                assert_eq!(book.enter(reason), reason.id);
                assert_eq!(book.enter(reason), reason.id, "twice is once");
            }
            for reason in &reasons {
                assert_eq!(book.get(reason.id), Some(reason));
            }
            assert!(book.get(0).is_none());
            assert!(book.get(u32::MAX).is_none());
        }
    }

    #[test]
    fn a_cleared_book_knows_nothing_and_keeps_little() {
        let reasons = made(2_000);
        let mut book = Reasons::default();
        for few in [3, 2_000, 3] {
            for reason in &reasons[..few] {
                book.enter(reason);
            }
            book.clear();
            assert!(reasons.iter().all(|reason| book.get(reason.id).is_none()));
            assert!(book.places.len() <= PLACES_KEPT_MAX);
        }
    }
}
