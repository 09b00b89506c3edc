//! Owns generation-checked storage: a slot is used again under its next generation, and retired
//! when its generations have run out.

use core::marker::PhantomData;

use slotmap::Key;

use crate::handle::{generation_of, key_of, slot_of};

/// Entries of one kind. All operations are O(1).
///
/// Not a `SlotMap`, which moves a value out to remove it and cannot retire a slot: an entry is
/// dropped where it is, and the generation that a handle needs is the slot's own.
#[derive(Debug)]
pub(crate) struct Table<K, V> {
    /// Slot 0 is never issued.
    slots: Vec<Slot<V>>,
    /// The slot freed last, 0 if none is free.
    free: u32,
    live: u32,
    retired: u32,
    slots_max: u32,
    generations_max: u32,
    keys: PhantomData<K>,
    /// Entries looked at so far: what the tests of the kernel's costs count.
    #[cfg(test)]
    touched: core::cell::Cell<u64>,
}

#[derive(Debug)]
struct Slot<V> {
    /// Of the entry, or of the last one.
    generation: u32,
    /// The slot that was freed before this one, 0 if none is; of a free slot alone.
    next_free: u32,
    value: Option<V>,
}

impl<V> Slot<V> {
    const fn unused() -> Self {
        Self {
            generation: 0,
            next_free: 0,
            value: None,
        }
    }
}

impl<K: Key, V> Table<K, V> {
    pub(crate) fn new(slots_max: u32, generations_max: u32) -> Self {
        Self {
            slots: vec![Slot::unused()],
            free: 0,
            live: 0,
            retired: 0,
            slots_max,
            // What a key holds of a generation.
            generations_max: generations_max.min(u32::MAX >> 1),
            keys: PhantomData,
            #[cfg(test)]
            touched: core::cell::Cell::new(0),
        }
    }

    /// Stores `value`, or gives `None` when the table is full.
    #[inline]
    pub(crate) fn insert(&mut self, value: V) -> Option<K> {
        if self.is_full() {
            return None;
        }
        self.live += 1;
        self.touch();
        if let (1.., Some(slot)) = (self.free, self.slots.get_mut(self.free as usize)) {
            let key = key_of(self.free, slot.generation + 1);
            self.free = slot.next_free;
            slot.generation += 1;
            slot.value = Some(value);
            return Some(key);
        }
        let slot = u32::try_from(self.slots.len()).ok()?;
        self.slots.push(Slot {
            generation: 0,
            next_free: 0,
            value: Some(value),
        });
        Some(key_of(slot, 0))
    }

    /// Drops the entry; gives whether there was one.
    #[inline]
    pub(crate) fn remove(&mut self, key: K) -> bool {
        self.touch();
        let number = slot_of(key);
        let Some(slot) = self.slots.get_mut(number as usize) else {
            return false;
        };
        if slot.generation != generation_of(key) || slot.value.is_none() {
            return false;
        }
        slot.value = None;
        self.live -= 1;
        if slot.generation < self.generations_max {
            slot.next_free = self.free;
            self.free = number;
        } else {
            self.retired += 1;
        }
        true
    }

    #[inline]
    pub(crate) fn get(&self, key: K) -> Option<&V> {
        self.touch();
        let slot = self.slots.get(slot_of(key) as usize)?;
        if slot.generation != generation_of(key) {
            return None;
        }
        slot.value.as_ref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.touch();
        let slot = self.slots.get_mut(slot_of(key) as usize)?;
        if slot.generation != generation_of(key) {
            return None;
        }
        slot.value.as_mut()
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
        slot != 0 && (slot as usize) < self.slots.len()
    }

    /// The entry at `slot` with its key, if there is one now.
    pub(crate) fn entry_at(&self, slot: u32) -> Option<(K, &V)> {
        let generation = self.slots.get(slot as usize)?.generation;
        let key = key_of(slot, generation);
        self.get(key).map(|value| (key, value))
    }

    /// Live entries in slot order. O(slots): for snapshots and invariants only.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        (0..).zip(&self.slots).filter_map(|(number, slot)| {
            self.touch();
            let key = key_of(number, slot.generation);
            slot.value.as_ref().map(|value| (key, value))
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
            assert!(table.remove(key));
            assert!(!table.remove(key), "twice is once");
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
