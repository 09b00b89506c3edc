//! Owns the record of a semaphore and its state machine.

use crate::fingerprint::Causal;
use crate::handle::{Handle, ObligationKey, RegionKey, SemaphoreKey, WaitKey};
use crate::list::{Linked, Links, List, Waiting};

/// Where a semaphore stands: a count of permits, taken and given back as
/// [obligations](crate::ObligationState), in the order in which they were asked for.
///
/// ```text
///          1          2
///  (none) ────► Open ────► Closed
///                │ 3          │ 3
///                └────────────┴────► (forgotten)
/// ```
/// 1. `Kernel::semaphore_open`, `Kernel::channel_open`;
/// 2. `Kernel::semaphore_close`: what can never be met any more is refused, see [`PermitFlow`];
/// 3. `Kernel::semaphore_drop`, or its region has closed (`Kernel::drop_semaphores`): all who
///    wait are refused, and permits that are still held go nowhere. The handle is stale.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum SemaphoreState {
    /// Grants permits to those who ask, or lets them wait.
    Open = 0,
    /// Gets no new permits. Nobody waits for what cannot come.
    Closed = 1,
}

/// Where the permits of an obligation go when it is committed. Those of one that is aborted or
/// leaks go back to where they were taken.
///
/// [`Kernel::channel_open`](crate::Kernel::channel_open) makes a third flow: between the two
/// halves of a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum PermitFlow {
    /// Back to the semaphore: it limits how many hold a permit at once, as a lock does. Closed,
    /// it refuses everybody.
    #[default]
    Returned = 0,
    /// Nowhere, they are used up: it counts what is there to be taken, as messages or wake-ups
    /// are. Closed, it goes on granting what it has, and refuses what it will never have.
    Spent = 1,
}

impl PermitFlow {
    /// The flow that `code` spells, if any.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::Returned,
            1 => Self::Spent,
            _ => return None,
        })
    }
}

/// The code of a wait for permits that were granted.
pub const PERMITS_GRANTED: u32 = 0;

/// The code of a wait for permits that will never come: the semaphore was closed or forgotten.
pub const PERMITS_CLOSED: u32 = 1;

/// The two semaphores that a channel is made of. As long as it is live, the permits of both,
/// the granted ones included, are its capacity together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChannelHalves {
    /// Free places. A permit is the right to send: committed it becomes an item, aborted it is
    /// free again. Closed it refuses everybody.
    pub free: Handle,
    /// Messages. A permit is the right to take one: committed it becomes a free place, aborted
    /// it is an item again. Closed it goes on granting what it has, and lets wait for what
    /// permits to send may still bring.
    pub items: Handle,
}

/// What a semaphore has; see [`Kernel::semaphore_status`](crate::Kernel::semaphore_status).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SemaphoreStatus {
    /// Whether it is closed.
    pub state: SemaphoreState,
    /// Permits that nobody holds.
    pub available: u32,
    /// Permits that were granted and not given back yet.
    pub held: u32,
    /// Obligations that wait in its line.
    pub waiting: u32,
}

/// Where committed permits go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flow {
    /// As [`PermitFlow::Returned`].
    Returned,
    /// As [`PermitFlow::Spent`].
    Spent,
    /// It is the free half of a channel: to the items half.
    Items(SemaphoreKey),
    /// It is the items half of a channel: to the free half.
    Free(SemaphoreKey),
}

impl Flow {
    /// The other half, if it is one of a channel.
    pub(crate) const fn other_half(self) -> Option<SemaphoreKey> {
        match self {
            Self::Items(other) | Self::Free(other) => Some(other),
            Self::Returned | Self::Spent => None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Semaphore {
    pub(crate) region: RegionKey,
    pub(crate) links: Links<SemaphoreKey>,
    pub(crate) flow: Flow,
    pub(crate) state: SemaphoreState,
    pub(crate) available: u32,
    pub(crate) held: u32,
    /// Available and held together; of a channel, in both halves.
    pub(crate) total: u32,
    /// Obligations that wait, first come first.
    pub(crate) line: List<ObligationKey, Waiting>,
    pub(crate) waiting: u32,
    pub(crate) causal: Causal,
}

impl Semaphore {
    pub(crate) fn new(region: RegionKey, flow: Flow, permits: u32, causal: Causal) -> Self {
        Self {
            region,
            links: Links::default(),
            flow,
            state: SemaphoreState::Open,
            available: permits,
            held: 0,
            total: permits,
            line: List::default(),
            waiting: 0,
            causal,
        }
    }

    /// How many permits can ever be had at once by those who ask now. Closed, it is what is
    /// there and what may still come back or over from the half of a channel that `feeds` it.
    pub(crate) fn prospect(&self, feeds: Option<&Self>) -> u32 {
        match (self.state, self.flow) {
            (SemaphoreState::Open, _) => u32::MAX,
            (SemaphoreState::Closed, Flow::Returned | Flow::Items(_)) => 0,
            (SemaphoreState::Closed, Flow::Spent | Flow::Free(_)) => {
                self.available + self.held + feeds.map_or(0, |free| free.held)
            }
        }
    }
}

impl Linked<SemaphoreKey> for Semaphore {
    fn links(&self) -> &Links<SemaphoreKey> {
        &self.links
    }

    fn links_mut(&mut self) -> &mut Links<SemaphoreKey> {
        &mut self.links
    }
}

/// What an obligation takes, or has taken, from a semaphore.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Permit {
    /// The null key if it was asked for under a cancellation, which fails it.
    pub(crate) semaphore: SemaphoreKey,
    pub(crate) permits: u32,
    /// The wait that tells its task of the grant, until it has.
    pub(crate) wait: Option<WaitKey>,
}
