//! Owns every maximum of the kernel, each with its reason.
//!
//! Past a maximum a command is refused with
//! [`ErrorKind::LimitReached`](crate::ErrorKind::LimitReached) and nothing changes; what is only
//! said or kept (a message, a chain of causes, the trace) is cut to it.

/// Bits of a handle that name the slot. With [`GENERATION_BITS`], three bits of kind and
/// [`RUNTIME_TAG_BITS`] they fill the 53 bits that a JavaScript number holds exactly.
pub const SLOT_BITS: u32 = 22;

/// Bits of a handle that name the generation of its slot: two million uses of each slot.
pub const GENERATION_BITS: u32 = 21;

/// Bits of a handle that name the runtime it is of.
pub const RUNTIME_TAG_BITS: u32 = 7;

/// Live entries of one table (regions, tasks, host operations, obligations): the slots a
/// handle can name. Of semaphores there are fewer: [`SEMAPHORES_MAX`].
pub const SLOTS_MAX: u32 = (1 << SLOT_BITS) - 1;

/// Task slots kept for tasks that the kernel itself needs to close regions: finalizers of regions
/// and successors of revoked tasks. They end in bounded time, so a thousandth of all slots is
/// room for those of many regions that close at once.
pub const TASKS_KEPT: u32 = 4_096;

/// Tasks that callers can have live at once: the slots but for those that are kept.
pub const TASKS_MAX: u32 = SLOTS_MAX - TASKS_KEPT;

/// The last generation of a slot; the first is 0. A slot that has used them all is retired, so
/// that no handle is ever issued twice.
pub const GENERATIONS_MAX: u32 = (1 << GENERATION_BITS) - 1;

/// Largest runtime tag.
pub const RUNTIME_TAG_MAX: u32 = (1 << RUNTIME_TAG_BITS) - 1;

/// Pending waits of all tasks together: as many as there can be tasks.
pub const WAITS_MAX: u32 = SLOTS_MAX;

/// Semaphores open at once, of which a channel takes two: a lock or a channel for every fourth
/// task that there can be.
pub const SEMAPHORES_MAX: u32 = 1 << 20;

/// Permits that one semaphore has, granted ones included, and so what can be asked for at once:
/// half of what a count holds, so that no sum of two overflows.
pub const PERMITS_MAX: u32 = u32::MAX >> 1;

/// Finalizers registered on one task or one region. The cleanup budget is at most 1,000
/// polls; a longer list is a leak in the caller.
pub const FINALIZERS_MAX: u16 = u16::MAX;

/// Nesting of masks on one task. Masks nest as deep as functions that take one call each other;
/// deeper is a mask that is never taken off.
pub const MASK_DEPTH_MAX: u16 = 64;

/// Bytes of one cancel message; a longer one is cut at a character boundary.
/// Sixteen causes of this size make the 4 KiB that a cause chain may hold.
pub const MESSAGE_BYTES_MAX: usize = 256;

/// Length of a cause chain; a longer one is cut and says `truncated`.
pub const CAUSES_MAX: u8 = 16;

/// Events held by the trace ring: a million, of some forty bytes each, is what a page can still
/// spare. A larger capacity is cut to this. A kernel without the feature `trace` keeps none.
pub const TRACE_CAPACITY_MAX: u32 = 1 << 20;

/// Priorities run from 0 (last) to this (first): one queue and one bit a level.
pub const PRIORITY_MAX: u8 = 7;

/// Priority of a task that asked for none: the lowest, since a child's priority is the larger
/// of its parent's and its own.
pub const PRIORITY_DEFAULT: u8 = 0;

/// Dispatches of the cancel lane in a row while other work is runnable: a storm of cancellations
/// takes 16 of 17 dispatches and no more.
pub const CANCEL_STREAK: u32 = 16;

/// Dispatches in one tick before the driver gets its turn: well under a millisecond of kernel time,
/// and enough that the cost of a turn does not show.
pub const POLLS_PER_TICK: u32 = 256;

/// Nanoseconds that a cancelled body or host operation has to drain: five seconds, in which a
/// person still waits and a slow network still answers.
pub const DRAIN_TIME_NS: u64 = 5_000_000_000;

/// Longest drain time, so that a drain that starts at [`Time::LATEST`](crate::Time::LATEST)
/// still ends before [`Time::NEVER`](crate::Time::NEVER).
pub const DRAIN_TIME_NS_MAX: u64 = u64::MAX / 4;

/// Polls allowed for clean-up, by severity of the cancel reason. A weak reason leaves time
/// to tidy; a shutdown does not.
pub const CLEANUP_POLLS: [u32; 6] = [1_000, 500, 300, 200, 200, 50];

/// Answers that one poll of a Rust body gets from channels and locks without waiting, before it
/// has to let others run: a loop that always finds what it asks for would otherwise run alone.
pub const ANSWERS_PER_POLL: u32 = 64;
