//! Owns generation-checked storage: slotmap, with a maximum and with retirement of slots
//! whose generations have run out.

use slotmap::{Key, SlotMap};

use crate::handle::{generation_of, slot_of};

/// Entries of one kind. All operations are O(1).
#[derive(Debug)]
pub(crate) struct Table<K: Key, V> {
    /// `None` marks a retired slot: it stays occupied so that slotmap never hands it out again.
    slots: SlotMap<K, Option<V>>,
    live: u32,
    retired: u32,
    /// The highest slot ever issued.
    highest: u32,
    slots_max: u32,
    generations_max: u32,
}

impl<K: Key, V> Table<K, V> {
    pub(crate) fn new(slots_max: u32, generations_max: u32) -> Self {
        Self {
            slots: SlotMap::with_key(),
            live: 0,
            retired: 0,
            highest: 0,
            slots_max,
            generations_max,
        }
    }

    /// Stores `value`, or gives `None` when the table is full.
    pub(crate) fn insert(&mut self, value: V) -> Option<K> {
        if self.is_full() {
            return None;
        }
        self.live += 1;
        let key = self.slots.insert(Some(value));
        self.highest = self.highest.max(slot_of(key));
        Some(key)
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
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
        self.slots.get(key)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.slots.get_mut(key)?.as_mut()
    }

    /// The entry of a key that the kernel's own structure holds.
    pub(crate) fn at(&self, key: K) -> &V {
        self.get(key).expect("the kernel's own keys are live")
    }

    /// As [`Table::at`], to change it.
    pub(crate) fn at_mut(&mut self, key: K) -> &mut V {
        self.get_mut(key).expect("the kernel's own keys are live")
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
        slot != 0 && slot <= self.highest
    }

    /// Live entries in slot order. O(slots): for snapshots and invariants only.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.slots
            .iter()
            .filter_map(|(key, value)| value.as_ref().map(|value| (key, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::Table;
    use crate::handle::{TaskKey, generation_of};

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
