//! Owns the pool's threads: bounded in number and in what waits, drained at close for a bounded
//! time.

use core::fmt;
use core::panic::Location;
use core::task::Waker;
#[cfg(feature = "tokio")]
use core::task::{Context, Poll};
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use asupersync_core::{ErrorKind, KernelError};

/// A job that still ran when its runtime had closed. A thread cannot be stopped from outside: it
/// ends with the job, whenever that is, and its value is dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AbandonedJob {
    /// The call of [`spawn_blocking`](crate::spawn_blocking) that it comes from.
    pub spawned_at: &'static Location<'static>,
}

/// What a thread is to do, once: with the pool's consent, or told why there is none.
pub(crate) struct Job {
    pub(crate) run: Box<dyn FnOnce(Result<(), KernelError>) + Send>,
    pub(crate) spawned_at: &'static Location<'static>,
}

/// The threads, and what they are to do. Threads are started when there is work and no idle
/// one, and end when the pool closes.
pub(crate) struct Pool {
    name: String,
    threads_max: usize,
    queue_max: usize,
    /// Threads after which the machine gives no more.
    #[cfg(test)]
    machine_threads_max: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: Vec<JoinHandle<()>>,
    idle: usize,
    /// Where the job of a thread comes from, by the thread's number.
    running: BTreeMap<usize, &'static Location<'static>>,
    /// Threads that have not ended.
    live: usize,
    is_closed: bool,
    /// Of the one who waits for the last thread without blocking.
    drained: Option<Waker>,
}

impl Pool {
    pub(crate) fn new(name: &str, threads_max: usize, queue_max: usize) -> Self {
        Self {
            name: name.to_owned(),
            threads_max: threads_max.max(1),
            queue_max,
            #[cfg(test)]
            machine_threads_max: usize::MAX,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Hands a job to a thread, or queues it; or tells it why neither can be.
    pub(crate) fn submit(self: &Arc<Self>, job: Job) {
        if let Err((refused, job)) = self.admit(job) {
            (job.run)(Err(refused));
        }
    }

    fn admit(self: &Arc<Self>, job: Job) -> Result<(), (KernelError, Job)> {
        let mut state = self.lock();
        if state.is_closed {
            let closed = refusal(ErrorKind::RuntimeClosed, "a blocking pool that is open", 0);
            return Err((closed, job));
        }
        let is_served = state.idle > state.jobs.len() || self.grow(&mut state);
        if !is_served && state.threads.is_empty() {
            let none = refusal(ErrorKind::LimitReached, "a thread of the machine", 0);
            return Err((none, job));
        }
        if !is_served && state.jobs.len() >= self.queue_max {
            let expected = "room in the queue of the blocking pool";
            let full = refusal(ErrorKind::LimitReached, expected, state.jobs.len());
            return Err((full, job));
        }
        state.jobs.push_back(job);
        self.changed.notify_one();
        Ok(())
    }

    /// Starts one more thread, if there may be one and the machine has it to give.
    fn grow(self: &Arc<Self>, state: &mut State) -> bool {
        if state.threads.len() >= self.threads_max {
            return false;
        }
        #[cfg(test)]
        if state.threads.len() >= self.machine_threads_max {
            return false;
        }
        let pool = Arc::clone(self);
        let number = state.threads.len() + 1;
        let thread = thread::Builder::new().name(format!("{}-blocking-{number}", self.name));
        let Ok(thread) = thread.spawn(move || pool.work(number)) else {
            return false;
        };
        state.threads.push(thread);
        state.live += 1;
        true
    }

    /// Takes no more jobs. The threads end after what runs and what is queued.
    pub(crate) fn begin_close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    /// Waits until every thread has ended, or until `deadline`, after [`Pool::begin_close`].
    pub(crate) fn wait_drained(&self, deadline: Instant) {
        let mut state = self.lock();
        while state.live > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.changed.wait_timeout(state, left);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        let threads = core::mem::take(&mut state.threads);
        drop(state);
        for thread in threads {
            // A job's panic is caught where it runs; a thread has nothing else to end by.
            let _ = thread.join();
        }
    }

    /// Whether every thread has ended, after [`Pool::begin_close`]; wakes `context` when the last
    /// one does.
    #[cfg(feature = "tokio")]
    pub(crate) fn poll_drained(&self, context: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.live == 0 {
            return Poll::Ready(());
        }
        state.drained = Some(context.waker().clone());
        Poll::Pending
    }

    /// The jobs that run.
    pub(crate) fn running(&self) -> Vec<AbandonedJob> {
        let state = self.lock();
        let places = state.running.values();
        places
            .map(|&spawned_at| AbandonedJob { spawned_at })
            .collect()
    }

    /// What the thread of this number does.
    fn work(&self, number: usize) {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                state.running.insert(number, job.spawned_at);
                drop(state);
                // The work's own panic is caught nearer to it; this is one of its value's
                // destructor, which must not take the thread along.
                let _ = catch_unwind(AssertUnwindSafe(|| (job.run)(Ok(()))));
                state = self.lock();
                state.running.remove(&number);
            } else if state.is_closed {
                break;
            } else {
                state.idle += 1;
                let waited = self.changed.wait(state);
                state = waited.unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
            }
        }
        state.live -= 1;
        let drained = if state.live == 0 {
            state.drained.take()
        } else {
            None
        };
        drop(state);
        self.changed.notify_all();
        drained.into_iter().for_each(Waker::wake);
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

fn refusal(kind: ErrorKind, expected: &'static str, received: usize) -> KernelError {
    KernelError {
        kind,
        expected,
        received: received as u64,
    }
}

#[cfg(test)]
mod tests {
    use core::panic::Location;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, mpsc};
    use std::time::{Duration, Instant};

    use asupersync_core::ErrorKind;

    use super::{Job, Pool};

    fn job(work: impl FnOnce() + Send + 'static) -> Job {
        Job {
            run: Box::new(move |admitted| {
                if admitted.is_ok() {
                    work();
                }
            }),
            spawned_at: Location::caller(),
        }
    }

    fn in_an_hour() -> Instant {
        Instant::now() + Duration::from_secs(3_600)
    }

    #[test]
    fn what_is_queued_runs_before_the_close_ends() {
        let pool = Arc::new(Pool::new("test", 1, 10));
        let ran = Arc::new(AtomicUsize::new(0));
        for _ in 0..10 {
            let counted = Arc::clone(&ran);
            pool.submit(job(move || {
                counted.fetch_add(1, Ordering::SeqCst);
            }));
        }
        pool.begin_close();
        pool.wait_drained(in_an_hour());
        assert_eq!(ran.load(Ordering::SeqCst), 10);
        assert_eq!(pool.running(), []);
    }

    #[test]
    fn a_closed_pool_says_so() {
        let pool = Arc::new(Pool::new("test", 1, 1));
        pool.begin_close();
        let (send, answer) = mpsc::channel();
        pool.submit(Job {
            run: Box::new(move |admitted| {
                let _ = send.send(admitted.map_err(|error| error.kind));
            }),
            spawned_at: Location::caller(),
        });
        assert_eq!(answer.recv(), Ok(Err(ErrorKind::RuntimeClosed)));
        pool.wait_drained(in_an_hour());
    }

    #[test]
    fn a_machine_without_threads_leaves_the_queue_its_bound() {
        let scarce = |machine_threads_max| {
            let mut pool = Pool::new("test", 4, 1);
            pool.machine_threads_max = machine_threads_max;
            Arc::new(pool)
        };
        let (answers, answer) = mpsc::channel();
        let submit = |pool: &Arc<Pool>, work: Box<dyn FnOnce() + Send>| {
            let answers = answers.clone();
            pool.submit(Job {
                run: Box::new(move |admitted| match admitted {
                    Ok(()) => work(),
                    Err(error) => drop(answers.send(error.kind)),
                }),
                spawned_at: Location::caller(),
            });
        };
        submit(&scarce(0), Box::new(|| {}));
        assert_eq!(answer.try_recv(), Ok(ErrorKind::LimitReached));

        let pool = scarce(1);
        let (begun, has_begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        submit(
            &pool,
            Box::new(move || {
                let _ = begun.send(());
                let _ = released.recv();
            }),
        );
        assert_eq!(has_begun.recv(), Ok(()));
        submit(&pool, Box::new(|| {}));
        assert!(answer.try_recv().is_err(), "one may wait");
        submit(&pool, Box::new(|| {}));
        assert_eq!(answer.try_recv(), Ok(ErrorKind::LimitReached));
        drop(release);
        pool.begin_close();
        pool.wait_drained(in_an_hour());
    }

    #[test]
    fn the_wait_ends_at_its_deadline_and_the_job_that_runs_is_known() {
        let pool = Arc::new(Pool::new("test", 1, 1));
        let (begun, has_begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        pool.submit(job(move || {
            let _ = begun.send(());
            let _ = released.recv();
        }));
        assert_eq!(has_begun.recv(), Ok(()));
        pool.begin_close();
        pool.wait_drained(Instant::now());
        assert_eq!(pool.running().len(), 1);
        drop(release);
        pool.wait_drained(in_an_hour());
        assert_eq!(pool.running(), []);
    }

    #[test]
    #[expect(clippy::panic, reason = "the job's own")]
    fn a_job_that_panics_does_not_take_its_thread_along() {
        let pool = Arc::new(Pool::new("test", 1, 2));
        let (send, answer) = mpsc::channel();
        pool.submit(job(|| panic!("boom")));
        pool.submit(job(move || {
            let _ = send.send(());
        }));
        assert_eq!(answer.recv(), Ok(()));
        pool.begin_close();
        pool.wait_drained(in_an_hour());
    }
}
