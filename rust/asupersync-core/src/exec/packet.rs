//! Owns the packet: where a task leaves its value, and where its handle finds the outcome.

use core::fmt;
use core::task::Waker;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::{Error, Result};
use super::outcome::Outcome;
use super::platform::{PlatformSend, PlatformSync};
use crate::cancel::CancelReason;
use crate::error::ErrorKind;
use crate::outcome::Outcome as Ending;

/// A packet whose types are forgotten.
pub(crate) trait Settle: PlatformSend + PlatformSync {
    /// Notes the message of the body's panic, before [`Settle::settle`].
    fn panicked(&self, message: Box<str>);
    /// Says that the body had observed a cancellation when it returned: what it returned counts
    /// for nothing.
    fn overrule(&self);
    /// Says how the kernel saw the task end. Called once, without any lock held.
    fn settle(&self, ending: Ending, reason: Option<Arc<CancelReason>>);
    /// Says that nobody will see the task end: its executor is dropped. Called without any lock
    /// held, in place of [`Settle::settle`].
    fn abandon(&self);
}

/// The order in which the tasks of one region ended, by their index.
pub(crate) type Order = Mutex<Vec<(usize, Ending)>>;

/// The place of a task in the order of its region.
pub(crate) type Place = Option<(Arc<Order>, usize)>;

pub(crate) struct Packet<T, E> {
    state: Mutex<State<T, E>>,
    place: Place,
}

struct State<T, E> {
    /// What the body returned.
    returned: Option<Result<T, E>>,
    is_overruled: bool,
    panic: Option<Box<str>>,
    outcome: Option<Outcome<T, E>>,
    is_settled: bool,
    is_abandoned: bool,
    /// Of those who wait outside any task, or for a task that has just ended.
    wakers: Vec<Waker>,
}

impl<T, E> State<T, E> {
    fn wants(&self, waker: &Waker) -> bool {
        !self.is_settled && !self.wakers.iter().any(|known| known.will_wake(waker))
    }
}

impl<T, E> Packet<T, E> {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            state: Mutex::new(State {
                returned: None,
                is_overruled: false,
                panic: None,
                outcome: None,
                is_settled: false,
                is_abandoned: false,
                wakers: Vec::new(),
            }),
            place,
        }
    }

    /// Leaves what the body returned, and says it in the kernel's words.
    pub(crate) fn leave(&self, returned: Result<T, E>) -> Ending {
        let ending = if returned.is_ok() {
            Ending::Ok
        } else {
            Ending::Err
        };
        self.lock().returned = Some(returned);
        ending
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.lock().is_settled
    }

    pub(crate) fn take(&self) -> Option<Outcome<T, E>> {
        self.lock().outcome.take()
    }

    /// What whoever joins is told: the outcome, or that it will never be there.
    pub(crate) fn answer(&self) -> Option<Result<Outcome<T, E>>> {
        let mut state = self.lock();
        if state.is_abandoned {
            let expected = "a runtime that lives until its tasks have ended";
            return Some(Err(Error::refused(ErrorKind::RuntimeClosed, expected, 0)));
        }
        state.outcome.take().map(Ok)
    }

    /// Has `waker` woken when the task has ended, if it has not.
    pub(crate) fn register(&self, waker: &Waker) {
        if !self.lock().wants(waker) {
            return;
        }
        // To clone or drop a waker may run code of others: neither is done with the lock held.
        let mut spare = Some(waker.clone());
        let mut state = self.lock();
        if state.wants(waker) {
            state.wakers.extend(spare.take());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: PlatformSend, E: From<Error> + PlatformSend> Settle for Packet<T, E> {
    fn panicked(&self, message: Box<str>) {
        self.lock().panic = Some(message);
    }

    fn overrule(&self) {
        self.lock().is_overruled = true;
    }

    fn settle(&self, ending: Ending, reason: Option<Arc<CancelReason>>) {
        if let Some((order, index)) = &self.place {
            let mut order = order.lock().unwrap_or_else(PoisonError::into_inner);
            order.push((*index, ending));
        }
        let mut state = self.lock();
        let returned = state.returned.take();
        let panic = state.panic.take();
        // What is not part of the outcome is dropped last, without the lock: a value's own
        // destructor may come back here.
        let (outcome, _dropped) = match (ending, returned) {
            (Ending::Ok, Some(Ok(value))) => (Outcome::Ok(value), None),
            (Ending::Err, Some(Err(error))) if !state.is_overruled => (Outcome::Err(error), None),
            (Ending::Cancelled, returned) => {
                let reason = reason.expect("a cancelled task was asked to cancel");
                (Outcome::Cancelled(reason), returned)
            }
            (Ending::Panicked, returned) => {
                let message = panic.unwrap_or_else(|| "a child or a finalizer panicked".into());
                (Outcome::Panicked(message), returned)
            }
            (Ending::Ok | Ending::Err, returned) => {
                (Outcome::Err(Error::ChildFailed.into()), returned)
            }
        };
        state.outcome = Some(outcome);
        state.is_settled = true;
        let wakers = core::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn abandon(&self) {
        let mut state = self.lock();
        state.is_settled = true;
        state.is_abandoned = true;
        let returned = state.returned.take();
        let wakers = core::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        drop(returned);
    }
}

impl<T, E> fmt::Debug for Packet<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packet")
            .field("is_settled", &self.is_settled())
            .finish_non_exhaustive()
    }
}
