//! Owns generation-checked storage: slotmap, with a maximum and with retirement of slots
//! whose generations have run out.

use slotmap::{Key, SlotMap};

use crate::handle::{generation_of, key_of, slot_of};

/// Entries of one kind. All operations are O(1).
#[derive(Debug)]
pub(crate) struct Table<K: Key, V> {
    /// `None` marks a retired slot: it stays occupied so that slotmap never hands it out again.
    slots: SlotMap<K, Option<V>>,
    live: u32,
    retired: u32,
    /// By slot, the generation issued last, so that a slot alone finds its key. Slot 0 is never
    /// issued.
    generations: Vec<u32>,
    slots_max: u32,
    generations_max: u32,
    /// Entries looked at so far: what the tests of the kernel's costs count.
    #[cfg(test)]
    touched: core::cell::Cell<u64>,
}

impl<K: Key, V> Table<K, V> {
    pub(crate) fn new(slots_max: u32, generations_max: u32) -> Self {
        Self {
            slots: SlotMap::with_key(),
            live: 0,
            retired: 0,
            generations: vec![0],
            slots_max,
            generations_max,
            #[cfg(test)]
            touched: core::cell::Cell::new(0),
        }
    }

    /// Stores `value`, or gives `None` when the table is full.
    pub(crate) fn insert(&mut self, value: V) -> Option<K> {
        if self.is_full() {
            return None;
        }
        self.live += 1;
        let key = self.slots.insert(Some(value));
        let slot = slot_of(key) as usize;
        if slot == self.generations.len() {
            self.generations.push(generation_of(key));
        } else {
            self.generations[slot] = generation_of(key);
        }
        self.touch();
        Some(key)
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        self.touch();
        let value = if generation_of(key) >= self.generations_max {
            let value = self.slots.get_mut(key)?.take()?;
            self.retired += 1;
            value
        } else {
            self.slots.remove(key)??
        };
        self.live -= 1;
        Some(value)
    }

    pub(crate) fn get(&self, key: K) -> Option<&V> {
        self.touch();
        self.slots.get(key)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.touch();
        self.slots.get_mut(key)?.as_mut()
    }

    /// The entry of a key that the kernel's own structure holds.
    pub(crate) fn at(&self, key: K) -> &V {
        self.get(key).unwrap_or_else(|| gone())
    }

    /// As [`Table::at`], to change it.
    pub(crate) fn at_mut(&mut self, key: K) -> &mut V {
        self.get_mut(key).unwrap_or_else(|| gone())
    }

    pub(crate) fn len(&self) -> u32 {
        self.live
    }

    pub(crate) fn is_full(&self) -> bool {
        !self.has_room(1)
    }

    /// Whether so many more entries fit.
    pub(crate) fn has_room(&self, count: u32) -> bool {
        self.slots_max - self.live - self.retired >= count
    }

    /// Leaves room for so many more entries, whatever there was: for tests of full tables.
    #[cfg(test)]
    pub(crate) fn leave_room(&mut self, count: u32) {
        self.slots_max = self.live + self.retired + count;
    }

    /// Whether a key of this slot may have been issued.
    pub(crate) fn knows_slot(&self, slot: u32) -> bool {
        slot != 0 && (slot as usize) < self.generations.len()
    }

    /// The entry at `slot` with its key, if there is one now.
    pub(crate) fn entry_at(&self, slot: u32) -> Option<(K, &V)> {
        let generation = *self.generations.get(slot as usize)?;
        let key = key_of(slot, generation);
        self.get(key).map(|value| (key, value))
    }

    /// Live entries in slot order. O(slots): for snapshots and invariants only.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.slots.iter().filter_map(|(key, value)| {
            self.touch();
            value.as_ref().map(|value| (key, value))
        })
    }

    #[cfg(test)]
    pub(crate) fn touched(&self) -> u64 {
        self.touched.get()
    }

    fn touch(&self) {
        #[cfg(test)]
        self.touched.set(self.touched.get() + 1);
    }
}

/// Stops the kernel. Once for all the places that would each say it otherwise: there are hundreds.
#[cold]
#[inline(never)]
fn gone() -> ! {
    unreachable!("the kernel's own keys are live")
}

#[cfg(test)]
mod tests {
    use super::Table;
    use crate::handle::{TaskKey, generation_of, slot_of};
    use crate::limits::{GENERATIONS_MAX, SLOTS_MAX};

    #[test]
    fn a_removed_key_is_stale_for_ever_and_its_slot_is_retired_at_the_last_generation() {
        let mut table: Table<TaskKey, u32> = Table::new(100, 3);
        let mut seen = Vec::new();
        for n in 0..50 {
            let key = table.insert(n).expect("room");
            assert!(!seen.contains(&key), "key issued twice");
            assert!(generation_of(key) <= 3);
            assert!(seen.iter().all(|old| table.get(*old).is_none()));
            seen.push(key);
            assert_eq!(table.remove(key), Some(n));
            assert_eq!(table.remove(key), None);
        }
        assert_eq!(table.len(), 0);
    }

    #[test]
    fn a_full_table_refuses_and_keeps_what_it_has() {
        let mut table: Table<TaskKey, u32> = Table::new(2, 3);
        let first = table.insert(1).expect("room");
        table.insert(2).expect("room");
        assert_eq!(table.insert(3), None);
        assert_eq!(table.get(first), Some(&1));
        table.remove(first);
        assert!(table.insert(4).is_some());
    }

    /// The wrap itself: two million uses of one slot, and the one after them.
    #[test]
    #[cfg(not(miri))] // Two million steps would take it an hour.
    fn the_last_generation_of_a_slot_is_followed_by_another_slot() {
        let mut table: Table<TaskKey, ()> = Table::new(SLOTS_MAX, GENERATIONS_MAX);
        let first = table.insert(()).expect("room");
        let (slot, mut last) = (slot_of(first), first);
        table.remove(first);
        for generation in 1..=GENERATIONS_MAX {
            let key = table.insert(()).expect("room");
            assert_eq!((slot_of(key), generation_of(key)), (slot, generation));
            assert!(table.get(last).is_none() && table.entry_at(slot).is_some());
            last = key;
            table.remove(key);
        }
        let next = table.insert(()).expect("room in another slot");
        assert_eq!((slot_of(next), generation_of(next)), (slot + 1, 0));
        assert!(table.get(first).is_none() && table.get(last).is_none());
        assert!(table.entry_at(slot).is_none(), "retired");
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn a_slot_finds_what_lives_in_it_now() {
        let mut table: Table<TaskKey, u32> = Table::new(100, 1);
        assert!(table.entry_at(0).is_none() && table.entry_at(u32::MAX).is_none());
        let first = table.insert(1).expect("room");
        assert_eq!(table.entry_at(slot_of(first)), Some((first, &1)));
        table.remove(first);
        assert_eq!(table.entry_at(slot_of(first)), None);
        let second = table.insert(2).expect("room");
        assert_eq!(slot_of(second), slot_of(first));
        assert_eq!(table.entry_at(slot_of(first)), Some((second, &2)));
        table.remove(second);
        assert_eq!(table.entry_at(slot_of(first)), None, "retired");
    }

    #[test]
    fn retired_slots_count_towards_the_maximum_and_not_as_live() {
        let mut table: Table<TaskKey, u32> = Table::new(2, 0);
        let first = table.insert(1).expect("room");
        assert_eq!((table.len(), table.is_full()), (1, false));
        table.remove(first);
        assert_eq!((table.len(), table.is_full()), (0, false));
        let second = table.insert(2).expect("room");
        assert_eq!((table.len(), table.is_full()), (1, true));
        assert_eq!(
            table.insert(3),
            None,
            "one slot is taken, the other retired"
        );
        table.remove(second);
        assert_eq!((table.len(), table.is_full()), (0, true));
        assert_eq!(table.insert(4), None, "both are retired");
    }
}
