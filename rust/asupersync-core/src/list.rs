//! Owns the intrusive list: members in insertion order, joined and left in O(1).
//!
//! The header lives in the owner's record and the links in the members' records, so a
//! parked task costs no allocation for being in its region.

use slotmap::Key;

use crate::table::Table;

/// The header of a list, held by its owner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List<K> {
    first: Option<K>,
    last: Option<K>,
    len: u32,
}

impl<K> Default for List<K> {
    fn default() -> Self {
        Self { first: None, last: None, len: 0 }
    }
}

/// The links of one member.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Links<K> {
    prev: Option<K>,
    next: Option<K>,
}

impl<K> Default for Links<K> {
    fn default() -> Self {
        Self { prev: None, next: None }
    }
}

/// A record that can be a member of one list.
pub(crate) trait Linked<K> {
    fn links(&self) -> &Links<K>;
    fn links_mut(&mut self) -> &mut Links<K>;
}

impl<K: Key> List<K> {
    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    pub(crate) const fn first(&self) -> Option<K> {
        self.first
    }

    /// The list with `key` at its end; the owner stores what is returned.
    #[must_use]
    pub(crate) fn pushed<V: Linked<K>>(mut self, table: &mut Table<K, V>, key: K) -> Self {
        *table.at_mut(key).links_mut() = Links { prev: self.last, next: None };
        match self.last {
            Some(last) => table.at_mut(last).links_mut().next = Some(key),
            None => self.first = Some(key),
        }
        self.last = Some(key);
        self.len += 1;
        self
    }

    /// The list without `key`, which must be in it; the owner stores what is returned.
    #[must_use]
    pub(crate) fn removed<V: Linked<K>>(mut self, table: &mut Table<K, V>, key: K) -> Self {
        let Links { prev, next } = *table.at(key).links();
        match prev {
            Some(prev) => table.at_mut(prev).links_mut().next = next,
            None => self.first = next,
        }
        match next {
            Some(next) => table.at_mut(next).links_mut().prev = prev,
            None => self.last = prev,
        }
        *table.at_mut(key).links_mut() = Links::default();
        self.len -= 1;
        self
    }

    /// The member after `key`.
    pub(crate) fn after<V: Linked<K>>(table: &Table<K, V>, key: K) -> Option<K> {
        table.at(key).links().next
    }
}
