//! Owns the record of an obligation and its state machine.

use crate::fingerprint::Causal;
use crate::handle::{ObligationKey, TaskKey};
use crate::list::{Linked, Links, Waiting};
use crate::semaphore::Permit;

/// Where an obligation stands: a promise to act that a task has given and must keep or take
/// back before it ends.
///
/// ```text
///              1           2
///  (none) ───────► Reserved ───► Committed
///    │         7    ▲ ↻ 5│ │
///    │ 6  ┌─────────┘    │ │ 3
///    └► Asked            │ └───► Aborted
///         │              │ 4        ▲
///         │              └► Leaked  │
///         │            8            │
///         └─────────────────────────┘
/// ```
/// 1. `Kernel::obligation_reserve`, by a task whose code runs; or a semaphore asked for permits
///    that has them and nobody waits before (`Kernel::semaphore_acquire`);
/// 2. `Kernel::obligation_commit`: the promise is kept;
/// 3. `Kernel::obligation_abort`; or its task ended cancelled or panicked, or was revoked; or
///    its task ended by itself under [`LeakPolicy::Abort`] (`Kernel::abort_obligations`);
/// 4. its task ended by itself, after its last finalizer, and still held it
///    (`Kernel::end_obligations`);
/// 5. `Kernel::obligation_transfer`: another task of the runtime owns it now;
/// 6. `Kernel::semaphore_acquire`, when the permits are not there or others wait before;
/// 7. the semaphore has the permits and its turn has come (`Kernel::run_serving`);
/// 8. `Kernel::obligation_abort`; or the semaphore was closed; or its task observed a
///    cancellation (`Kernel::deliver`), or its code ended (`Kernel::drop_waits`): what was
///    not given cannot leak.
///
/// One granted by 7 whose task has not been told yet is aborted like one that is still asked
/// for: nobody holds what nobody was told of.
///
/// A [host operation](crate::HostOpState) is an obligation of the kind [`Io`](ObligationKind::Io)
/// in itself, without a record here: it is reserved when it is submitted, committed when it
/// completes, aborted when it was cancelled or revoked before. It is counted with the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum ObligationState {
    /// Pending.
    Reserved = 0,
    /// Kept. The handle is stale.
    Committed = 1,
    /// Taken back. The handle is stale.
    Aborted = 2,
    /// Forgotten by a task that ended by itself: a bug of its body. The handle is stale.
    Leaked = 3,
    /// Waits in line for the permits of its semaphore; the promise is not given yet.
    Asked = 4,
}

impl ObligationState {
    /// Whether it has not ended.
    pub(crate) const fn is_live(self) -> bool {
        matches!(self, Self::Asked | Self::Reserved)
    }
}

/// What was promised.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum ObligationKind {
    /// To send into the place reserved in a channel.
    SendPermit = 0,
    /// To acknowledge a message that was taken.
    Ack = 1,
    /// To give back something that was lent for a time.
    Lease = 2,
    /// To see an I/O operation through. One that the kernel knows as a host operation needs
    /// no other obligation.
    Io = 3,
    /// To give back a place in a semaphore.
    SemaphorePermit = 4,
    /// To commit or roll back a transaction.
    Transaction = 5,
}

impl ObligationKind {
    /// Every kind, in code order.
    pub const ALL: [Self; 6] = [
        Self::SendPermit,
        Self::Ack,
        Self::Lease,
        Self::Io,
        Self::SemaphorePermit,
        Self::Transaction,
    ];

    /// The stable code of this kind.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind that `code` spells.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.get(code as usize).copied()
    }
}

/// What becomes of an obligation that a task still holds when it has ended by itself, with a
/// value or an error. One held at a cancelled or panicked end is aborted under every policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum LeakPolicy {
    /// It leaks, [`Effect::ObligationLeaked`](crate::Effect::ObligationLeaked) names it, and
    /// the task ends panicked.
    #[default]
    Panic = 0,
    /// It leaks, the effect names it, and the task keeps its outcome.
    Report = 1,
    /// It is aborted, and the task keeps its outcome.
    Abort = 2,
}

impl LeakPolicy {
    /// The policy that `code` spells.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            0 => Some(Self::Panic),
            1 => Some(Self::Report),
            2 => Some(Self::Abort),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Obligation {
    pub(crate) task: TaskKey,
    pub(crate) links: Links<ObligationKey>,
    pub(crate) kind: ObligationKind,
    pub(crate) state: ObligationState,
    /// What it takes from a semaphore, if it does.
    pub(crate) permit: Option<Permit>,
    /// Its place in the line of its semaphore.
    pub(crate) place: Links<ObligationKey>,
    pub(crate) causal: Causal,
}

impl Linked<ObligationKey> for Obligation {
    fn links(&self) -> &Links<ObligationKey> {
        &self.links
    }

    fn links_mut(&mut self) -> &mut Links<ObligationKey> {
        &mut self.links
    }
}

#[expect(clippy::misnamed_getters, reason = "the links of another list")]
impl Linked<ObligationKey, Waiting> for Obligation {
    fn links(&self) -> &Links<ObligationKey> {
        &self.place
    }

    fn links_mut(&mut self) -> &mut Links<ObligationKey> {
        &mut self.place
    }
}
