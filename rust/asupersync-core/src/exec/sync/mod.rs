//! Owns what tasks share: channels, locks, and ways to tell each other.
//!
//! | | for |
//! | --- | --- |
//! | [`channel`] | values from any senders to any receivers, each to one; bounded |
//! | [`oneshot`] | one value, once |
//! | [`broadcast`] | every value to every receiver; the slow are told what they missed |
//! | [`watch`] | the latest value, and that it has changed |
//! | [`Semaphore`], [`Mutex`] | how many do something at once |
//! | [`Barrier`], [`Notify`] | to start together; that something has happened |
//!
//! Each is opened from a [`Cx`](super::Cx), is of that runtime, and lives until its last handle
//! is dropped, which may happen anywhere. Order and waiting are the kernel's, first come first
//! served, so that they are in the trace and repeat in the lab; the values are in the object.
//!
//! A wait takes the [`Cx`](super::Cx) of the task that waits. It fails with its cancellation, and
//! its future may be dropped at any time: it then leaves the line, and what it was about to get
//! goes to the next one. Permits and guards are obligations of the task that got them: one that
//! the task still holds when it has ended by itself is leaked, by the runtime's
//! [policy](crate::LeakPolicy). One that goes to another task is handed over there, with
//! `transfer`. A loop that always finds what it asks for lets others run after
//! [`ANSWERS_PER_POLL`](crate::limits::ANSWERS_PER_POLL) rounds.
//!
//! One file a primitive; `ask` and `lookout` are the waits they share, `line` the kernel's
//! semaphore below.

mod ask;
mod barrier;
mod broadcast;
mod channel;
mod error;
mod line;
mod lookout;
mod mutex;
mod notify;
mod oneshot;
mod pace;
mod semaphore;
mod stream;
mod watch;

pub use barrier::{Barrier, BarrierPass};
pub use broadcast::{BroadcastReceiver, BroadcastSender, broadcast};
pub use channel::{Receiver, SendPermit, Sender, channel};
pub use error::{BroadcastError, RecvError, SendError, TryRecvError, TrySendError};
pub use mutex::{Mutex, MutexGuard};
pub use notify::Notify;
pub use oneshot::{OneshotReceiver, OneshotSender, oneshot};
pub use semaphore::{Semaphore, SemaphorePermit};
pub use stream::{BroadcastStream, ReceiverStream, SenderSink, WatchStream};
pub use watch::{WatchReceiver, WatchSender, watch};
