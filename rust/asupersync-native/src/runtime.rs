//! Owns the native runtime: how it is set up, and the driver that turns and parks.

use core::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use asupersync_core::KernelConfig;
use asupersync_core::exec::{
    Bell, Cx, Error, Executor, JoinHandle, Next, Outcome, PlatformSend, Recording, Report, Result,
};
use asupersync_core::limits::DRAIN_TIME_NS_MAX;

use crate::blocking::{BLOCKING_QUEUE_MAX, BLOCKING_THREADS_MAX};
use crate::host::{NativeHost, Zero};
use crate::parker::Parker;
use crate::pool::{AbandonedJob, Pool};

/// How a native runtime is set up.
#[derive(Clone, Debug)]
pub struct NativeConfig {
    /// The kernel's own configuration. Its drain time bounds the close of the pool too.
    pub kernel: KernelConfig,
    /// The first part of the names of the pool's threads.
    pub name: String,
    /// Threads of the blocking pool, at least 1.
    pub blocking_threads_max: usize,
    /// Blocking jobs that may wait for a thread; more are [refused](Error::Refused).
    pub blocking_queue_max: usize,
    /// Inputs, of 16 bytes each, that are written down for a [`Recording`] of the run; 0 for none.
    pub recorded_inputs_max: usize,
}

impl Default for NativeConfig {
    fn default() -> Self {
        Self {
            kernel: KernelConfig::default(),
            name: "asupersync".to_owned(),
            blocking_threads_max: BLOCKING_THREADS_MAX,
            blocking_queue_max: BLOCKING_QUEUE_MAX,
            recorded_inputs_max: 0,
        }
    }
}

/// A runtime on the calling thread: [`NativeRuntime::run`] turns the kernel there and parks the
/// thread while nothing can run.
#[cfg_attr(
    feature = "tokio",
    doc = "[`NativeRuntime::drive`] is the same as a future, for a Tokio runtime."
)]
#[derive(Clone, Debug, Default)]
pub struct NativeRuntime {
    pub(crate) config: NativeConfig,
}

/// What a native run came to.
#[derive(Clone, Debug)]
pub struct NativeRun<T, E = Error> {
    /// How the body ended.
    pub outcome: Outcome<T, E>,
    /// The hashes of the run, and what it leaked.
    pub report: Report,
    /// Blocking jobs that did not end in the drain time, which is counted from the shutdown.
    /// Their threads go on without the runtime.
    pub abandoned_jobs: Vec<AbandonedJob>,
    /// The run as data, if [asked for](NativeConfig::recorded_inputs_max): [`Recording::replay`]
    /// makes it again in virtual time.
    pub recording: Option<Recording>,
}

impl NativeRuntime {
    /// A runtime as it comes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A runtime set up by `config`. No thread is started before there is blocking work.
    #[must_use]
    pub const fn with(config: NativeConfig) -> Self {
        Self { config }
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
        self.run_reported(body).outcome
    }

    /// As [`NativeRuntime::run`], and says what the run came to.
    pub fn run_reported<T, E, F, Fut>(self, body: F) -> NativeRun<T, E>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let parker = Arc::new(Parker::default());
        let opened = Opened::new(
            &self.config,
            Zero::Machine(Instant::now()),
            Arc::clone(&parker) as _,
        );
        let main = opened.spawn(body);
        opened.turn_until(&parker, || main.is_finished());
        opened.executor.shutdown();
        let drained_by = Instant::now() + opened.drain_time;
        opened.turn_until(&parker, || opened.executor.is_closed());
        opened.host.pool.begin_close();
        opened.host.pool.wait_drained(drained_by);
        opened.into_run(main)
    }
}

/// A runtime that runs. Dropped before it has closed, it drops what it holds and lets the threads
/// of the pool end by themselves: it never blocks.
pub(crate) struct Opened {
    // Before the host: what waits in the pool is told that nobody wants it.
    pub(crate) executor: Executor,
    pub(crate) host: NativeHost,
    /// For the pool, as for the kernel.
    pub(crate) drain_time: Duration,
    _closing: Closing,
}

struct Closing(Arc<Pool>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.begin_close();
    }
}

impl Opened {
    pub(crate) fn new(config: &NativeConfig, zero: Zero, bell: Arc<dyn Bell>) -> Self {
        let pool = Arc::new(Pool::new(
            &config.name,
            config.blocking_threads_max,
            config.blocking_queue_max,
        ));
        let host = NativeHost {
            zero,
            bell,
            pool: Arc::clone(&pool),
        };
        Self {
            executor: match config.recorded_inputs_max {
                0 => Executor::new(&config.kernel, host.clone()),
                max => Executor::recorded(&config.kernel, host.clone(), max),
            },
            host,
            drain_time: Duration::from_nanos(config.kernel.drain_time_ns.min(DRAIN_TIME_NS_MAX)),
            _closing: Closing(pool),
        }
    }

    pub(crate) fn spawn<T, E, F, Fut>(&self, body: F) -> JoinHandle<T, E>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let spawned = self.executor.spawn(body);
        spawned.expect("a new executor has room for a task")
    }

    /// What the run came to, once the executor has closed and the pool has had its time.
    pub(crate) fn into_run<T, E>(self, mut main: JoinHandle<T, E>) -> NativeRun<T, E> {
        let outcome = main.take_outcome();
        NativeRun {
            outcome: outcome.expect("a closed executor has ended every task"),
            report: self.executor.report(),
            abandoned_jobs: self.host.pool.running(),
            recording: self.executor.recording(),
        }
    }

    /// Turns, and parks when a turn leaves nothing to do.
    fn turn_until(&self, parker: &Parker, is_done: impl Fn() -> bool) {
        while !is_done() {
            let next = self.executor.turn();
            if is_done() {
                return;
            }
            match next {
                Next::Again => {}
                Next::At(at) => parker.park_for(self.host.left_until(at)),
                Next::Idle => parker.park(),
            }
        }
    }
}
