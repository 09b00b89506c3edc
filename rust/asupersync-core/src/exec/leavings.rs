//! Owns what a change of the state leaves to be done once its lock is free.

use core::task::Waker;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::abort::AbortOrder;
use super::finalizers::Finalizer;
use super::packet::Settle;
use super::platform::BoxFuture;
use super::record::Record;
use crate::cancel::CancelReason;
use crate::outcome::Outcome as Ending;

/// What is to be done once the lock is free, because it runs code of others: abort host
/// operations, tell packets, wake wakers, drop futures.
#[derive(Default)]
pub(crate) struct Leavings {
    pub(crate) aborts: Vec<Arc<AbortOrder>>,
    pub(crate) ended: Vec<Ended>,
    pub(crate) records: Vec<Record>,
    /// Of tasks that nobody will see end.
    pub(crate) orphans: Vec<Arc<dyn Settle>>,
    pub(crate) futures: Vec<BoxFuture<Ending>>,
    pub(crate) finalizers: Vec<Box<dyn Finalizer>>,
    /// That wake nobody any more.
    pub(crate) wakers: Vec<Waker>,
}

/// How a task ended, for its packet.
pub(crate) struct Ended {
    pub(crate) packet: Arc<dyn Settle>,
    pub(crate) ending: Ending,
    pub(crate) reason: Option<Arc<CancelReason>>,
}

impl Leavings {
    /// Does it all. Never with a lock held.
    pub(crate) fn clean_up(self) {
        let Leavings {
            aborts,
            ended,
            records,
            orphans,
            futures,
            finalizers,
            wakers,
        } = self;
        // A destructor or an abort that panics has been reported by the panic hook; the task it was
        // of has ended, and others must not be held up by it.
        for order in aborts {
            let _ = catch_unwind(AssertUnwindSafe(|| order.tell()));
        }
        for record in records {
            let _ = catch_unwind(AssertUnwindSafe(|| drop(record)));
        }
        for future in futures {
            let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
        }
        for finalizer in finalizers {
            let _ = catch_unwind(AssertUnwindSafe(|| drop(finalizer)));
        }
        for waker in wakers {
            let _ = catch_unwind(AssertUnwindSafe(|| drop(waker)));
        }
        for end in ended {
            let _ = catch_unwind(AssertUnwindSafe(|| {
                end.packet.settle(end.ending, end.reason);
            }));
        }
        for packet in orphans {
            let _ = catch_unwind(AssertUnwindSafe(|| packet.abandon()));
        }
    }
}
