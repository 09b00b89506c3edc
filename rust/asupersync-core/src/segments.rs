//! Owns storage that grows without moving what it holds.

/// Entries of one segment, but for the first while it is the only one.
const SEGMENT: usize = 1 << SEGMENT_BITS;
const SEGMENT_BITS: u32 = 10;

/// A list that grows at its end, in O(1).
///
/// Not a `Vec`, which at its worst asks for three times the room that its entries need: twice what it
/// had, beside what it still holds. Memory of wasm that was asked for once is never given back.
#[derive(Debug)]
pub(crate) struct Segments<T> {
    /// All but the last are full, and only the first has ever moved.
    segments: Vec<Vec<T>>,
}

impl<T> Segments<T> {
    pub(crate) const fn new() -> Self {
        Self {
            segments: Vec::new(),
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        match self.segments.split_last() {
            Some((last, full)) => (full.len() << SEGMENT_BITS) + last.len(),
            None => 0,
        }
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        self.segments
            .get(index >> SEGMENT_BITS)?
            .get(index & (SEGMENT - 1))
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.segments
            .get_mut(index >> SEGMENT_BITS)?
            .get_mut(index & (SEGMENT - 1))
    }

    #[inline]
    pub(crate) fn push(&mut self, value: T) {
        match self.segments.last_mut() {
            Some(last) if last.len() < SEGMENT => last.push(value),
            _ => self.begin(value),
        }
    }

    /// Puts `value` first in a segment of its own.
    #[cold]
    #[inline(never)]
    fn begin(&mut self, value: T) {
        // Most kernels hold few: the first segment grows as it is needed.
        let mut segment = if self.segments.is_empty() {
            Vec::new()
        } else {
            Vec::with_capacity(SEGMENT)
        };
        segment.push(value);
        self.segments.push(segment);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.segments.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::{SEGMENT, Segments};

    #[test]
    fn entries_keep_their_places_over_segments_and_none_is_beyond_the_last() {
        let mut list = Segments::new();
        assert_eq!((list.len(), list.get(0)), (0, None));
        for n in 0..3 * SEGMENT + 5 {
            assert_eq!(list.len(), n);
            list.push(n);
        }
        for n in [0, SEGMENT - 1, SEGMENT, 2 * SEGMENT, 3 * SEGMENT + 4] {
            assert_eq!(list.get(n), Some(&n));
            *list.get_mut(n).expect("there") += 1;
            assert_eq!(list.get(n), Some(&(n + 1)));
            *list.get_mut(n).expect("there") -= 1;
        }
        assert!(list.iter().copied().eq(0..3 * SEGMENT + 5));
        assert_eq!(list.get(list.len()), None);
        assert_eq!(list.get_mut(usize::MAX), None);
    }

    #[test]
    fn what_is_there_does_not_move_when_another_segment_begins() {
        let mut list = Segments::new();
        (0..SEGMENT).for_each(|n| list.push(n));
        let at: *const usize = list.get(7).expect("there");
        (0..SEGMENT).for_each(|n| list.push(n));
        assert!(core::ptr::eq(at, list.get(7).expect("there")));
    }
}
