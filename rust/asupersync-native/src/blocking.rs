//! Owns the pool for work that blocks: bounded in threads and in what waits, drained at close.

use core::any::Any;
use core::fmt;
use core::future::Future;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use asupersync_core::exec::{Completer, Cx, Error, Result};

use crate::host::NativeHost;

/// Threads of a pool, unless its runtime is told otherwise: blocking work waits more than it
/// computes, so more than there are cores.
pub const BLOCKING_THREADS_MAX: usize = 16;

/// Jobs that wait for a thread, unless the pool's runtime is told otherwise.
pub const BLOCKING_QUEUE_MAX: usize = 1_024;

type Job = Box<dyn FnOnce() + Send>;

/// The threads, and what they are to do. Threads are started when there is work and no idle
/// one, and end when the pool closes.
pub(crate) struct Pool {
    name: String,
    threads_max: usize,
    queue_max: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: Vec<JoinHandle<()>>,
    idle: usize,
    is_closed: bool,
}

impl Pool {
    pub(crate) fn new(name: &str, threads_max: usize, queue_max: usize) -> Self {
        Self {
            name: name.to_owned(),
            threads_max: threads_max.max(1),
            queue_max,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Hands a job to a thread, or queues it. Gives it back when the pool is full or closed.
    pub(crate) fn submit(self: &Arc<Self>, job: Job) -> core::result::Result<(), Job> {
        let mut state = self.lock();
        let is_served = state.idle > state.jobs.len();
        if state.is_closed
            || (!is_served
                && state.threads.len() >= self.threads_max
                && state.jobs.len() >= self.queue_max)
        {
            return Err(job);
        }
        if !is_served && state.threads.len() < self.threads_max {
            let pool = Arc::clone(self);
            let number = state.threads.len() + 1;
            let thread = thread::Builder::new().name(format!("{}-blocking-{number}", self.name));
            match thread.spawn(move || pool.work()) {
                Ok(thread) => state.threads.push(thread),
                // The machine has no thread to give. Those that there are do it.
                Err(_) if state.threads.is_empty() => return Err(job),
                Err(_) => {}
            }
        }
        state.jobs.push_back(job);
        self.changed.notify_one();
        Ok(())
    }

    /// Takes no more jobs, runs those that are queued, and waits for the threads to end.
    pub(crate) fn close(&self) {
        let threads = {
            let mut state = self.lock();
            state.is_closed = true;
            core::mem::take(&mut state.threads)
        };
        self.changed.notify_all();
        for thread in threads {
            // A job's panic is caught where it runs; a thread has nothing else to end by.
            let _ = thread.join();
        }
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                job();
                state = self.lock();
            } else if state.is_closed {
                return;
            } else {
                state.idle += 1;
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Runs `work` on a thread of the runtime's pool. On any other host, the lab for one, it runs
/// at once in the calling task, so that a test repeats.
///
/// Cancelled, the wait fails at once; work that has not begun is dropped, work that has begun
/// cannot be stopped, and its task ends only after it, or after the drain time.
///
/// Cancel-safe: dropped before the first poll nothing is run; dropped later, as when cancelled.
///
/// # Errors
/// [`Error::Cancelled`]; [`Error::Panicked`] if `work` did; [`Error::Abandoned`] if the pool is
/// full or closed; [`Error::Refused`] outside the task of `cx`.
pub fn spawn_blocking<T, F>(cx: &Cx, work: F) -> impl Future<Output = Result<T>> + use<T, F>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let host: &dyn Any = cx.host();
    let pool = host
        .downcast_ref::<NativeHost>()
        .map(|host| Arc::clone(&host.pool));
    let ended = cx.host_op(move |completer: Completer<Result<T>>| {
        let job = move || {
            if !completer.is_cancelled() {
                let done = catch_unwind(AssertUnwindSafe(work));
                completer.complete(done.map_err(|payload| Error::from_panic(&*payload)));
            }
        };
        match pool {
            // A job that is given back is dropped with its completer: abandoned.
            Some(pool) => drop(pool.submit(Box::new(job))),
            None => job(),
        }
    });
    async move { ended.await? }
}
