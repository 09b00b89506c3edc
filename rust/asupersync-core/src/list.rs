//! Owns the intrusive list: members in insertion order, joined and left in O(1).
//!
//! The header lives in the owner's record and the links in the members' records, so a
//! parked task costs no allocation for being in its region.

use core::marker::PhantomData;

use slotmap::Key;

use crate::table::Table;

/// The list of what an owner has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owned;

/// The line of those that wait for an owner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting;

/// The header of a list, held by its owner: its first member. The members form a ring, so
/// that the last one is found through the first and the header stays one key. `R` tells apart
/// the lists that one record can be in at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List<K, R = Owned> {
    first: Option<K>,
    role: PhantomData<R>,
}

impl<K, R> Default for List<K, R> {
    fn default() -> Self {
        Self::from_first(None)
    }
}

impl<K, R> List<K, R> {
    const fn from_first(first: Option<K>) -> Self {
        Self {
            first,
            role: PhantomData,
        }
    }
}

/// The links of one member; the null key outside of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Links<K> {
    prev: K,
    next: K,
}

impl<K: Key> Default for Links<K> {
    fn default() -> Self {
        Self {
            prev: K::null(),
            next: K::null(),
        }
    }
}

/// A record that can be a member of one list in the role `R`.
pub(crate) trait Linked<K, R = Owned> {
    fn links(&self) -> &Links<K>;
    fn links_mut(&mut self) -> &mut Links<K>;
}

impl<K: Key, R> List<K, R> {
    pub(crate) const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(crate) const fn first(&self) -> Option<K> {
        self.first
    }

    /// The list with `key` at its end; the owner stores what is returned.
    #[must_use]
    pub(crate) fn pushed<V: Linked<K, R>>(self, table: &mut Table<K, V>, key: K) -> Self {
        let Some(first) = self.first else {
            *table.at_mut(key).links_mut() = Links {
                prev: key,
                next: key,
            };
            return Self::from_first(Some(key));
        };
        let last = core::mem::replace(&mut table.at_mut(first).links_mut().prev, key);
        table.at_mut(last).links_mut().next = key;
        *table.at_mut(key).links_mut() = Links {
            prev: last,
            next: first,
        };
        self
    }

    /// The list without `key`, which must be in it; the owner stores what is returned.
    #[must_use]
    pub(crate) fn removed<V: Linked<K, R>>(self, table: &mut Table<K, V>, key: K) -> Self {
        let Links { prev, next } = core::mem::take(table.at_mut(key).links_mut());
        if next == key {
            return Self::default();
        }
        table.at_mut(prev).links_mut().next = next;
        table.at_mut(next).links_mut().prev = prev;
        if self.first == Some(key) {
            Self::from_first(Some(next))
        } else {
            self
        }
    }

    /// A walk over the members in order, during which the current one may leave the list.
    pub(crate) fn cursor<V: Linked<K, R>>(self, table: &Table<K, V>) -> Cursor<K, R> {
        let last = self
            .first
            .map_or(K::null(), |first| table.at(first).links().prev);
        Cursor {
            next: self.first,
            last,
            role: PhantomData,
        }
    }

    /// The members in order.
    pub(crate) fn members<'a, V: Linked<K, R>>(
        self,
        table: &'a Table<K, V>,
    ) -> impl Iterator<Item = K> + use<'a, K, R, V> {
        let mut cursor = self.cursor(table);
        core::iter::from_fn(move || cursor.step(table))
    }
}

/// A walk over a list; see [`List::cursor`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<K, R = Owned> {
    next: Option<K>,
    last: K,
    role: PhantomData<R>,
}

impl<K: Key, R> Cursor<K, R> {
    /// The next member. The one after it is looked up now, before anything happens to it.
    pub(crate) fn step<V: Linked<K, R>>(&mut self, table: &Table<K, V>) -> Option<K> {
        let current = self.next?;
        self.next = (current != self.last).then(|| table.at(current).links().next);
        Some(current)
    }
}
