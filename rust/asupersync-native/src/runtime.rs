//! Owns the native driver: turn, park, close.

use core::future::Future;
use std::sync::Arc;
use std::time::Duration;

use asupersync_core::KernelConfig;
use asupersync_core::exec::{
    Cx, Error, Executor, Host, JoinHandle, Next, Outcome, PlatformSend, Report, Result,
};

use crate::blocking::{BLOCKING_QUEUE_MAX, BLOCKING_THREADS_MAX, Pool};
use crate::host::NativeHost;
use crate::parker::Parker;

/// How a native runtime is set up.
#[derive(Clone, Debug)]
pub struct NativeConfig {
    /// The kernel's own configuration.
    pub kernel: KernelConfig,
    /// The first part of the names of the pool's threads.
    pub name: String,
    /// Threads of the blocking pool, at least 1.
    pub blocking_threads_max: usize,
    /// Blocking jobs that may wait for a thread; more are [abandoned](Error::Abandoned).
    pub blocking_queue_max: usize,
}

impl Default for NativeConfig {
    fn default() -> Self {
        Self {
            kernel: KernelConfig::default(),
            name: "asupersync".to_owned(),
            blocking_threads_max: BLOCKING_THREADS_MAX,
            blocking_queue_max: BLOCKING_QUEUE_MAX,
        }
    }
}

/// A runtime on the calling thread: [`NativeRuntime::run`] turns the kernel there and parks the
/// thread while nothing can run.
#[derive(Debug)]
pub struct NativeRuntime {
    executor: Executor,
    parker: Arc<Parker>,
    pool: Arc<Pool>,
    clock: NativeHost,
}

impl Default for NativeRuntime {
    fn default() -> Self {
        Self::new()
    }
}

impl NativeRuntime {
    /// A runtime as it comes.
    #[must_use]
    pub fn new() -> Self {
        Self::with(&NativeConfig::default())
    }

    /// A runtime set up by `config`. No thread is started before there is blocking work.
    #[must_use]
    pub fn with(config: &NativeConfig) -> Self {
        let parker = Arc::new(Parker::default());
        let pool = Arc::new(Pool::new(
            &config.name,
            config.blocking_threads_max,
            config.blocking_queue_max,
        ));
        let clock = NativeHost::new(Arc::clone(&parker), Arc::clone(&pool));
        Self {
            executor: Executor::new(&config.kernel, clock.clone()),
            parker,
            pool,
            clock,
        }
    }

    /// Runs `body` and whatever it spawns to the end, then cancels what is left of the root
    /// region with `shutdown`, drains it, and ends the pool's threads.
    pub fn run<T, E, F, Fut>(self, body: F) -> Outcome<T, E>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        self.run_reported(body).0
    }

    /// As [`NativeRuntime::run`], with the report on the closed runtime.
    pub fn run_reported<T, E, F, Fut>(self, body: F) -> (Outcome<T, E>, Report)
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let spawned = self.executor.spawn(body);
        let mut main: JoinHandle<T, E> = spawned.expect("a new executor has room for a task");
        self.drive_until(|| main.is_finished());
        self.executor.shutdown();
        self.drive_until(|| self.executor.is_closed());
        self.pool.close();
        let outcome = main.take_outcome();
        let outcome = outcome.expect("a task that has finished has an outcome");
        (outcome, self.executor.report())
    }

    /// Turns, and sleeps when a turn leaves nothing to do.
    fn drive_until(&self, is_done: impl Fn() -> bool) {
        while !is_done() {
            let next = self.executor.turn();
            if is_done() {
                return;
            }
            match next {
                Next::Again => {}
                Next::At(at) => {
                    let now = self.clock.now().as_nanos();
                    let left = Duration::from_nanos(at.as_nanos().saturating_sub(now));
                    self.parker.park_for(left);
                }
                Next::Idle => self.parker.park(),
            }
        }
    }
}

impl Drop for NativeRuntime {
    fn drop(&mut self) {
        // A runtime that never ran, or whose driver panicked, has threads to end all the same.
        self.pool.close();
    }
}
