//! Owns a table by slot: what a driver keeps of its own beside something in the kernel.

/// Values by the slots of one of the kernel's tables. Those are used again, so the table is no
/// longer than the most that was live at once. All of it O(1); a tree would cost 2 KB of
/// compressed wasm.
#[derive(Debug)]
pub(crate) struct Slots<T>(Vec<Option<T>>);

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Slots<T> {
    /// Puts `value` at `slot`, in place of what was there.
    pub(crate) fn insert(&mut self, slot: u32, value: T) {
        let at = slot as usize;
        if self.0.len() <= at {
            self.0.resize_with(at + 1, || None);
        }
        self.0[at] = Some(value);
    }

    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.0.get_mut(slot as usize)?.as_mut()
    }

    pub(crate) fn remove(&mut self, slot: u32) {
        if let Some(place) = self.0.get_mut(slot as usize) {
            *place = None;
        }
    }
}
