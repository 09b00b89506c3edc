//! Owns the port to the outside: what the executor needs from its host.

use core::any::Any;
use std::sync::Arc;

use super::platform::{PlatformSend, PlatformSync};
use crate::time::Time;

/// What surrounds an executor: the clock, and how it is woken from outside a turn.
///
/// The host's driver calls [`Executor::turn`](super::Executor::turn), then does what the
/// returned [`Next`](super::Next) says. Nothing here may call back into the executor.
pub trait Host: Any + PlatformSend + PlatformSync {
    /// Monotonic time since the host's zero.
    fn now(&self) -> Time;

    /// What is rung when something has come for the executor. Asked for once.
    fn bell(&self) -> Arc<dyn Bell>;
}

/// Tells a driver that something lies in the executor's inbox. Rung from any thread, at most
/// once until the next turn empties the inbox; also from within a turn, where it may be ignored
/// because [`Executor::turn`](super::Executor::turn) then answers [`Next::Again`](super::Next).
pub trait Bell: Send + Sync {
    /// Has [`Executor::turn`](super::Executor::turn) called soon. Must not block or turn itself.
    fn ring(&self);
}
