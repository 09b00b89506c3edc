//! Owns handles: one safe integer that names a slot, its generation, its kind and its runtime.
//!
//! ```text
//!  52       46 45    43 42           22 21             0
//! ┌───────────┬────────┬───────────────┬────────────────┐
//! │ runtime 7 │ kind 3 │ generation 21 │ slot 22        │
//! └───────────┴────────┴───────────────┴────────────────┘
//! ```

use slotmap::{Key, KeyData, new_key_type};

use crate::limits::{
    GENERATION_BITS, GENERATIONS_MAX, RUNTIME_TAG_BITS, RUNTIME_TAG_MAX, SLOT_BITS, SLOTS_MAX,
};

new_key_type! {
    pub(crate) struct RegionKey;
    pub(crate) struct TaskKey;
    pub(crate) struct HostOpKey;
    pub(crate) struct ObligationKey;
    pub(crate) struct SemaphoreKey;
    pub(crate) struct WaitKey;
}

/// Which table a handle is of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum HandleKind {
    /// A region.
    Region = 1,
    /// A task.
    Task = 2,
    /// A host operation.
    HostOp = 3,
    /// An obligation.
    Obligation = 0,
    /// A semaphore.
    Semaphore = 4,
}

impl HandleKind {
    /// The three bits of a handle that say the kind. They stay as they are, since certificates
    /// hash the handles of tasks.
    const fn bits(self) -> u64 {
        match self {
            Self::Obligation => 0,
            Self::Semaphore => 1,
            Self::Region => 2,
            Self::Task => 4,
            Self::HostOp => 6,
        }
    }

    const fn from_bits(bits: u64) -> Option<Self> {
        Some(match bits {
            0 => Self::Obligation,
            1 => Self::Semaphore,
            2 => Self::Region,
            4 => Self::Task,
            6 => Self::HostOp,
            _ => return None,
        })
    }
}

/// A reference across the kernel's boundary. Copying it is free; using it after the thing
/// it names has ended is a typed error, never a hit on something newer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Handle(u64);

const KIND_SHIFT: u32 = SLOT_BITS + GENERATION_BITS;
const KIND_BITS: u32 = 3;
const TAG_SHIFT: u32 = KIND_SHIFT + KIND_BITS;

impl Handle {
    /// The handle that `raw` spells. Any number may be passed; it is checked at use.
    #[must_use]
    pub const fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    /// The handle as the integer that crosses the boundary, below 2^53.
    #[must_use]
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// The slot in its table.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the mask keeps 22 bits")]
    pub const fn slot(self) -> u32 {
        (self.0 & SLOTS_MAX as u64) as u32
    }

    /// Which table it is of; `None` for a number that is no handle: one past 53 bits, of slot 0,
    /// which no table issues, or of a kind that is none.
    #[must_use]
    pub const fn kind(self) -> Option<HandleKind> {
        if !self.is_in_range() || self.slot() == 0 {
            return None;
        }
        HandleKind::from_bits((self.0 >> KIND_SHIFT) & ((1 << KIND_BITS) - 1))
    }

    /// The generation of the slot.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the mask keeps 21 bits")]
    pub const fn generation(self) -> u32 {
        ((self.0 >> SLOT_BITS) & GENERATIONS_MAX as u64) as u32
    }

    /// The handle without its runtime: equal for equal runs, whichever runtime they ran on.
    pub(crate) const fn without_tag(self) -> u64 {
        self.0 & ((1 << TAG_SHIFT) - 1)
    }

    pub(crate) const fn tag(self) -> u32 {
        (self.0 >> TAG_SHIFT) as u32 & RUNTIME_TAG_MAX
    }

    const fn is_in_range(self) -> bool {
        self.0 >> (TAG_SHIFT + RUNTIME_TAG_BITS) == 0
    }
}

/// A slotmap key of a known kind.
pub(crate) trait KindedKey: Key {
    const KIND: HandleKind;
}

impl KindedKey for RegionKey {
    const KIND: HandleKind = HandleKind::Region;
}
impl KindedKey for TaskKey {
    const KIND: HandleKind = HandleKind::Task;
}
impl KindedKey for HostOpKey {
    const KIND: HandleKind = HandleKind::HostOp;
}
impl KindedKey for ObligationKey {
    const KIND: HandleKind = HandleKind::Obligation;
}
impl KindedKey for SemaphoreKey {
    const KIND: HandleKind = HandleKind::Semaphore;
}

/// The generation of `key`: slotmap's version without its occupied bit.
pub(crate) fn generation_of<K: Key>(key: K) -> u32 {
    (key.data().as_ffi() >> 33) as u32
}

/// The slot of `key`.
#[expect(clippy::cast_possible_truncation, reason = "the mask keeps 32 bits")]
pub(crate) fn slot_of<K: Key>(key: K) -> u32 {
    (key.data().as_ffi() & u64::from(u32::MAX)) as u32
}

pub(crate) fn pack<K: KindedKey>(key: K, tag: u32) -> Handle {
    let ffi = key.data().as_ffi();
    let slot = ffi & u64::from(SLOTS_MAX);
    let generation = ffi >> 33;
    Handle(
        slot | (generation << SLOT_BITS)
            | (K::KIND.bits() << KIND_SHIFT)
            | (u64::from(tag) << TAG_SHIFT),
    )
}

pub(crate) fn unpack<K: KindedKey>(handle: Handle) -> K {
    key_of(handle.slot(), handle.generation())
}

/// The key of `slot` in its `generation`.
pub(crate) fn key_of<K: Key>(slot: u32, generation: u32) -> K {
    let version = (u64::from(generation) << 1) | 1;
    K::from(KeyData::from_ffi((version << 32) | u64::from(slot)))
}

#[cfg(test)]
mod tests {
    use slotmap::SlotMap;

    use super::{Handle, HandleKind, HostOpKey, RegionKey, TaskKey, pack, unpack};

    #[test]
    fn packing_and_unpacking_give_the_key_back() {
        let mut map: SlotMap<TaskKey, ()> = SlotMap::with_key();
        let mut key = map.insert(());
        for _ in 0..1_000 {
            let handle = pack(key, 93);
            assert!(handle.raw() < 1 << 53);
            assert_eq!(handle.tag(), 93);
            assert_eq!(unpack::<TaskKey>(handle), key);
            map.remove(key);
            key = map.insert(());
        }
    }

    #[test]
    fn kinds_of_equal_slots_give_different_handles() {
        let mut tasks: SlotMap<TaskKey, ()> = SlotMap::with_key();
        let mut regions: SlotMap<RegionKey, ()> = SlotMap::with_key();
        assert_ne!(pack(tasks.insert(()), 1), pack(regions.insert(()), 1));
    }

    #[test]
    fn a_number_past_53_bits_is_out_of_range() {
        assert!(!Handle::from_raw(1 << 53).is_in_range());
        assert!(Handle::from_raw((1 << 53) - 1).is_in_range());
    }

    #[test]
    fn a_number_of_slot_zero_is_of_no_kind() {
        assert_eq!(Handle::from_raw(0).kind(), None);
        assert_eq!(Handle::from_raw(1 << 22).kind(), None);
        assert_eq!(Handle::from_raw(1).kind(), Some(HandleKind::Obligation));
        assert_eq!(Handle::from_raw(1 | 1 << 53).kind(), None);
    }

    #[test]
    fn three_bits_spell_five_kinds_and_nothing_else() {
        let kinds = (0..8).map(|bits| Handle::from_raw(1 | bits << 43).kind());
        assert_eq!(
            kinds.collect::<Vec<_>>(),
            [
                Some(HandleKind::Obligation),
                Some(HandleKind::Semaphore),
                Some(HandleKind::Region),
                None,
                Some(HandleKind::Task),
                None,
                Some(HandleKind::HostOp),
                None
            ]
        );
    }

    #[test]
    fn a_handle_without_its_runtime_keeps_all_the_rest() {
        let mut map: SlotMap<HostOpKey, ()> = SlotMap::with_key();
        for _ in 0..1_000 {
            let key = map.insert(());
            assert_eq!(pack(key, 93).without_tag(), pack(key, 0).raw());
            map.remove(key);
            map.insert(());
        }
    }
}
