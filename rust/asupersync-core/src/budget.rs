//! Owns budgets: what a task may use up before it is cancelled.

use crate::limits::PRIORITY_DEFAULT;
use crate::time::Time;

/// An allowance. A child's budget is its parent's *meet* what was asked for it: a region takes
/// over what its owner has left when it opens, and each of its tasks may use that much by
/// itself, whatever the others use. Clean-up has neither quotas nor a deadline; see
/// [`Kernel::region_open_in`].
///
/// [`Kernel::region_open_in`]: crate::Kernel::region_open_in
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Kernel time after which the task is cancelled with `deadline`.
    pub deadline: Time,
    /// Dispatches after which the task is cancelled with `poll-quota`; `u32::MAX` is no quota.
    pub polls: u32,
    /// Cost that the task may be [charged](crate::Kernel::task_charge), in a unit of the
    /// caller's choice; the charge past it cancels the task with `cost-budget`. `u64::MAX` is
    /// no quota.
    pub cost: u64,
    /// 0 (last) to 7 (first).
    pub priority: u8,
}

impl Budget {
    /// No deadline, no quotas, the lowest priority: *meet* with it changes nothing.
    pub const DEFAULT: Self = Self {
        deadline: Time::NEVER,
        polls: u32::MAX,
        cost: u64::MAX,
        priority: PRIORITY_DEFAULT,
    };

    /// The tighter of two budgets: the earlier deadline, the smaller quotas, the larger
    /// priority. Idempotent, commutative, associative.
    #[must_use]
    pub fn meet(self, other: Self) -> Self {
        Self {
            deadline: self.deadline.min(other.deadline),
            polls: self.polls.min(other.polls),
            cost: self.cost.min(other.cost),
            priority: self.priority.max(other.priority),
        }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::DEFAULT
    }
}
