//! Owns the lab: a host with virtual time, for tests that repeat.

use core::future::Future;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use super::error::{Error, Result};
use super::executor::{Executor, Next};
use super::host::{Bell, Host};
use super::outcome::Outcome;
use super::platform::PlatformSend;
use super::{Cx, Report};
use crate::kernel::KernelConfig;
use crate::lanes::TieBreak;
use crate::time::Time;

/// A runtime for tests: time is virtual and jumps to the next deadline when nothing can run,
/// equals are ordered by the seed, and nothing depends on the machine. The same seed and the
/// same body give the same run.
///
/// ```
/// use core::time::Duration;
/// use asupersync_core::exec::{Error, Lab, Outcome};
///
/// let run = Lab::new(7).run(|cx| async move {
///     cx.sleep(Duration::from_secs(3600)).await?;
///     Ok::<_, Error>(cx.now().as_nanos())
/// });
/// assert_eq!(run.outcome, Outcome::Ok(3_600_000_000_000));
/// assert!(run.report.live.is_none(), "nothing leaked");
/// ```
#[derive(Clone, Debug)]
pub struct Lab {
    pub(crate) config: KernelConfig,
}

/// What a run in the lab came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LabRun<T, E = Error> {
    /// How the body ended.
    pub outcome: Outcome<T, E>,
    /// Whether everything came to wait for something that could not come. The body was then
    /// cancelled with `shutdown`.
    pub is_stalled: bool,
    /// The hashes of the run, and what it leaked.
    pub report: Report,
    /// Virtual time at the end.
    pub ended_at: Time,
}

impl Lab {
    /// A lab for one seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with(KernelConfig {
            seed,
            ties: TieBreak::Seeded,
            ..KernelConfig::default()
        })
    }

    /// A lab with a kernel of its own.
    #[must_use]
    pub const fn with(config: KernelConfig) -> Self {
        Self { config }
    }

    /// Runs `body` and whatever it spawns to the end, then closes the runtime.
    #[must_use]
    pub fn run<T, E, F, Fut>(&self, body: F) -> LabRun<T, E>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let clock = Arc::new(AtomicU64::new(0));
        let executor = Executor::new(&self.config, LabHost(Arc::clone(&clock)));
        let mut main = executor
            .spawn(body)
            .expect("a new executor has room for a task");
        let mut is_stalled = false;
        while !main.is_finished() && !is_stalled {
            is_stalled = advance(&executor, &clock) && !main.is_finished();
        }
        // Whatever `now` has in the root region ends too.
        executor.shutdown();
        while !executor.is_closed() {
            let is_stuck = advance(&executor, &clock) && !executor.is_closed();
            debug_assert!(!is_stuck, "a cancelled runtime drains by its own timers");
            if is_stuck {
                break;
            }
        }
        let outcome = main.take_outcome();
        LabRun {
            outcome: outcome.expect("a closed executor has ended every task"),
            is_stalled,
            report: executor.report(),
            ended_at: Time::from_nanos(clock.load(Ordering::Relaxed)),
        }
    }
}

/// One turn, and the jump to the next deadline if nothing is left to do before it. Gives
/// whether nothing can ever happen again.
fn advance(executor: &Executor, clock: &AtomicU64) -> bool {
    let next = executor.turn();
    debug_assert_eq!(executor.check_invariants(), Ok(()));
    match next {
        Next::Again => false,
        Next::At(at) => {
            clock.fetch_max(at.as_nanos(), Ordering::Relaxed);
            false
        }
        Next::Idle => true,
    }
}

struct LabHost(Arc<AtomicU64>);

impl Host for LabHost {
    fn now(&self) -> Time {
        Time::from_nanos(self.0.load(Ordering::Relaxed))
    }

    fn bell(&self) -> Arc<dyn Bell> {
        Arc::new(Silent)
    }
}

/// The bell of a driver that looks at the inbox itself.
pub(crate) struct Silent;

impl Bell for Silent {
    fn ring(&self) {}
}
