//! Owns kernel time: nanoseconds since the driver's own zero, never a wall clock.

/// A point in kernel time, in nanoseconds. The driver passes it in; the kernel only compares.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time(u64);

impl Time {
    /// The driver's zero.
    pub const ZERO: Self = Self(0);

    /// Later than every deadline: the deadline of a task that has none.
    pub const NEVER: Self = Self(u64::MAX);

    /// The latest that [`Kernel::now`](crate::Kernel::now) can be: 292 years. Short of
    /// [`Time::NEVER`], so that what is due some time after it is still due at a time.
    pub const LATEST: Self = Self(u64::MAX / 2);

    /// A point `ns` nanoseconds after zero.
    #[must_use]
    pub const fn from_nanos(ns: u64) -> Self {
        Self(ns)
    }

    /// A point `ms` milliseconds after zero, saturating.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms.saturating_mul(1_000_000))
    }

    /// Nanoseconds since zero.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The point `ns` nanoseconds later; saturates at [`Time::NEVER`].
    #[must_use]
    pub const fn plus_nanos(self, ns: u64) -> Self {
        Self(self.0.saturating_add(ns))
    }
}
