//! Owns the executor's record of a task: its future, and what it waits for.

use core::task::Waker;
use std::sync::Arc;

use super::inbox::{Inbox, TaskWaker};
use super::packet::Settle;
use super::platform::BoxFuture;
use crate::cancel::CancelReason;
use crate::handle::Handle;
use crate::outcome::Outcome as Ending;
use crate::time::Time;

/// What the future of a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Body,
    Finalizer,
}

pub(crate) struct Record {
    pub(crate) handle: Handle,
    /// `None` while it is polled, and between the body's end and a finalizer.
    pub(crate) future: Option<BoxFuture<Ending>>,
    pub(crate) role: Role,
    /// Last in, first out.
    pub(crate) finalizers: Vec<BoxFuture<Ending>>,
    pub(crate) waits: Waits,
    pub(crate) task_waker: Arc<TaskWaker>,
    pub(crate) waker: Waker,
    /// `None` for the successor of a revoked task, which nobody waits for.
    pub(crate) packet: Option<Arc<dyn Settle>>,
    /// The region that `Cx::spawn` spawns into.
    pub(crate) children: Option<Handle>,
}

impl Record {
    pub(crate) fn new(
        handle: Handle,
        future: Option<BoxFuture<Ending>>,
        packet: Option<Arc<dyn Settle>>,
        inbox: &Arc<Inbox>,
    ) -> Self {
        let task_waker = Arc::new(TaskWaker::new(handle, Arc::clone(inbox)));
        let waker = Waker::from(Arc::clone(&task_waker));
        Self {
            handle,
            future,
            role: Role::Body,
            finalizers: Vec::new(),
            waits: Waits::default(),
            task_waker,
            waker,
            packet,
            children: None,
        }
    }

    /// How far the wait is, as [`Waits::look`] says it.
    pub(crate) fn look(
        &mut self,
        token: u32,
        waker: &Waker,
        spare: &mut Option<Waker>,
    ) -> Option<Progress> {
        self.spare_own(waker, spare);
        self.waits.look(token, waker, spare)
    }

    /// Number of the last checkpoint, as [`Waits::await_checkpoint`] says it.
    pub(crate) fn await_checkpoint(
        &mut self,
        waker: &Waker,
        spare: &mut Option<Waker>,
    ) -> Option<u64> {
        self.spare_own(waker, spare);
        self.waits.await_checkpoint(waker, spare)
    }

    /// A clone of the task's own waker is made at once: it runs no code of others.
    fn spare_own(&self, waker: &Waker, spare: &mut Option<Waker>) {
        if spare.is_none() && self.waker.will_wake(waker) {
            *spare = Some(self.waker.clone());
        }
    }
}

/// How far a wait is.
#[derive(Clone, Debug)]
pub(crate) enum Progress {
    Pending,
    Done(u32),
    Failed(Arc<CancelReason>),
}

/// What a kernel wait can be used for again after its future was dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reuse {
    /// By a sleep until then or later.
    Timer(Time),
    /// By the next wait for something outside the kernel.
    Signal,
    /// By nothing: its result is ignored when it comes.
    Never,
}

#[derive(Debug)]
struct Live {
    token: u32,
    progress: Progress,
    waker: Option<Waker>,
}

/// What a task waits for, by token. Lists, because a task waits for few things at once.
///
/// The kernel forgets the waits of a task when its body ends, not one by one. So a wait whose
/// future is dropped becomes idle, and the next wait of its kind takes it over: a body that
/// sleeps in a `select` loop keeps one kernel timer, however often the sleep loses.
///
/// All of it lies behind the executor's lock, and to clone or drop a waker may run code of others,
/// who may come back: so a clone is brought, as a spare, and what is no longer needed is given out.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    last_token: u32,
    live: Vec<Live>,
    idle: Vec<(u32, Reuse)>,
    /// Dispatches with token 0 so far, and whether the last one failed.
    checkpoints: u64,
    checkpoint_failed: Option<Arc<CancelReason>>,
    checkpoint_wakers: Vec<Waker>,
}

impl Waits {
    /// A token that names no wait of the task.
    pub(crate) fn new_token(&mut self) -> u32 {
        loop {
            self.last_token = self.last_token.wrapping_add(1);
            let token = self.last_token;
            let is_free = token != 0
                && self.live.iter().all(|wait| wait.token != token)
                && self.idle.iter().all(|(idle, _)| *idle != token);
            if is_free {
                return token;
            }
        }
    }

    pub(crate) fn begin(&mut self, token: u32) {
        self.live.push(Live {
            token,
            progress: Progress::Pending,
            waker: None,
        });
    }

    /// An idle timer due no later than `at`, made live again.
    pub(crate) fn reuse_timer(&mut self, at: Time) -> Option<u32> {
        self.reuse(|reuse| matches!(reuse, Reuse::Timer(due) if due <= at))
    }

    /// An idle signal, made live again.
    pub(crate) fn reuse_signal(&mut self) -> Option<u32> {
        self.reuse(|reuse| reuse == Reuse::Signal)
    }

    fn reuse(&mut self, fits: impl Fn(Reuse) -> bool) -> Option<u32> {
        let index = self.idle.iter().position(|(_, reuse)| fits(*reuse))?;
        let (token, _) = self.idle.swap_remove(index);
        self.begin(token);
        Some(token)
    }

    /// How far the wait is. One that has its result is forgotten, any other wakes `waker` when
    /// it has. `None` if that takes a clone of it, and there is none to spare; a waker that the
    /// clone replaces is the spare then.
    fn look(&mut self, token: u32, waker: &Waker, spare: &mut Option<Waker>) -> Option<Progress> {
        let Some(index) = self.live.iter().position(|wait| wait.token == token) else {
            return Some(Progress::Pending);
        };
        let wait = &mut self.live[index];
        if matches!(wait.progress, Progress::Pending) {
            if !matches!(&wait.waker, Some(known) if known.will_wake(waker)) {
                *spare = wait.waker.replace(spare.take()?);
            }
            return Some(Progress::Pending);
        }
        Some(self.live.swap_remove(index).progress)
    }

    /// The future of the wait was dropped. Gives its waker.
    #[must_use = "it is to be dropped without the lock"]
    pub(crate) fn forget(&mut self, token: u32, reuse: Reuse) -> Option<Waker> {
        let index = self.live.iter().position(|wait| wait.token == token)?;
        let wait = self.live.swap_remove(index);
        if matches!(wait.progress, Progress::Pending) {
            self.idle.push((token, reuse));
        }
        wait.waker
    }

    /// Waits that the task has, with those that nobody hears any more.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.live.len() + self.idle.len()
    }

    /// The kernel was told to forget the wait too. Gives its waker.
    #[must_use = "it is to be dropped without the lock"]
    pub(crate) fn abandon(&mut self, token: u32) -> Option<Waker> {
        let index = self.live.iter().position(|wait| wait.token == token)?;
        self.live.swap_remove(index).waker
    }

    /// The kernel gives a wait its result: the waker of its future.
    pub(crate) fn deliver(&mut self, token: u32, progress: Progress) -> Vec<Waker> {
        if token == 0 {
            self.checkpoints += 1;
            self.checkpoint_failed = match progress {
                Progress::Failed(reason) => Some(reason),
                Progress::Pending | Progress::Done(_) => None,
            };
            return core::mem::take(&mut self.checkpoint_wakers);
        }
        if let Some(wait) = self.live.iter_mut().find(|wait| wait.token == token) {
            wait.progress = progress;
            return wait.waker.take().into_iter().collect();
        }
        self.idle.retain(|(idle, _)| *idle != token);
        Vec::new()
    }

    /// Number of the last checkpoint; the next one wakes `waker`. `None` if that takes a clone of
    /// it, and there is none to spare.
    fn await_checkpoint(&mut self, waker: &Waker, spare: &mut Option<Waker>) -> Option<u64> {
        if !self.checkpoint_wakers.iter().any(|w| w.will_wake(waker)) {
            self.checkpoint_wakers.push(spare.take()?);
        }
        Some(self.checkpoints)
    }

    /// How the last checkpoint went, if there was one after `seen`.
    pub(crate) fn checkpoint_since(&self, seen: u64) -> Option<Option<Arc<CancelReason>>> {
        (self.checkpoints != seen).then(|| self.checkpoint_failed.clone())
    }

    /// The kernel forgot every wait: the body or finalizer has ended. Tokens go on, so that a
    /// late result finds nothing. Gives the wakers, to be dropped without the lock.
    pub(crate) fn clear(&mut self) -> impl Iterator<Item = Waker> + use<> {
        let fresh = Self {
            last_token: self.last_token,
            checkpoints: self.checkpoints,
            ..Self::default()
        };
        let left = core::mem::replace(self, fresh);
        let of_waits = left.live.into_iter().filter_map(|wait| wait.waker);
        of_waits.chain(left.checkpoint_wakers)
    }
}
