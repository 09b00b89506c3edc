//! Owns the recording of a run: what came to its executor from outside, in order, and the replay
//! of it in virtual time.

use core::fmt;
use core::future::Future;
use std::sync::Arc;

use super::Cx;
use super::error::{Error, Result};
use super::executor::Executor;
use super::host::{Bell, Host};
use super::lab::{LabRun, Silent};
use super::platform::PlatformSend;
use super::tape::Tape;
use crate::handle::Handle;
use crate::kernel::KernelConfig;
use crate::time::Time;

/// One thing that came to an executor from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    /// The host's clock was read, and said this.
    Now(Time),
    /// A turn began. What had come since the one before follows.
    Turn,
    /// A waker of this task had fired.
    Wake(Handle),
    /// This host operation had ended, with a value (0) or without one (1).
    Complete(Handle, u32),
    /// The executor was told to shut down.
    Shutdown,
}

// The bound of a recording is stated in bytes.
const _: () = assert!(size_of::<Input>() == 16);

/// A run as data: how its kernel was set up, and every input that its executor had. Made by
/// [`Executor::recorded`], from a run on any host.
///
/// Recorded are times, turns, and the order of wakes and results; the values are not. A replay
/// does the work of host operations again, and foreign futures are polled again. So a run can be
/// replayed if its body gives the same values when it is run again in one thread; commands from
/// other threads, such as a [`JoinHandle::cancel`](super::JoinHandle::cancel) there, are not
/// replayed. A replay that is not the same run says so: it never passes for it.
#[derive(Clone, Debug)]
pub struct Recording {
    pub(crate) config: KernelConfig,
    pub(crate) inputs: Vec<Input>,
    pub(crate) is_cut: bool,
    pub(crate) fingerprint: u64,
    pub(crate) certificate: u64,
}

/// Why a replay is not the recorded run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ReplayError {
    /// The recording reached its maximum before the run had ended.
    Cut,
    /// The replay asked for another input than was recorded.
    Diverged {
        /// Place among [`Recording::inputs`].
        index: usize,
        /// What was recorded there; `None` past the end.
        recorded: Option<Input>,
        /// What the replay came to.
        met: Input,
    },
    /// The inputs were the same, what the kernel made of them was not: this is another body, or
    /// another version of the kernel.
    OtherRun {
        /// Fingerprint and certificate of the recorded run.
        recorded: (u64, u64),
        /// Fingerprint and certificate of the replay.
        met: (u64, u64),
    },
}

impl Executor {
    /// As [`Executor::new`], and writes down what comes from outside, at most `inputs_max`
    /// [inputs](Recording::inputs) of 16 bytes, for [`Executor::recording`]. A turn has one to
    /// begin, one for each thing that came, and one for each reading of the clock.
    #[must_use]
    pub fn recorded(config: &KernelConfig, host: impl Host, inputs_max: usize) -> Self {
        let executor = Self::new(config, host);
        executor.shared.lock().tape = Tape::record(config, inputs_max);
        executor
    }

    /// What a [recorded](Executor::recorded) executor has written down so far, with the hashes of
    /// the run so far; `None` for one that records nothing. O(its inputs).
    #[must_use]
    pub fn recording(&self) -> Option<Recording> {
        let state = self.shared.lock();
        let kernel = &state.kernel;
        state
            .tape
            .recording(kernel.fingerprint(), kernel.certificate())
    }
}

impl Recording {
    /// Everything that came, in order.
    #[must_use]
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Fingerprint of the recorded run.
    #[must_use]
    pub const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Certificate of the recorded run.
    #[must_use]
    pub const fn certificate(&self) -> u64 {
        self.certificate
    }

    /// Runs `body`, which is the recorded one, on the recorded inputs: each turn has the time and
    /// the news that it had then, and no time passes between them.
    ///
    /// # Errors
    /// [`ReplayError`] where it turned out to be another run; what it had done until then is
    /// dropped.
    pub fn replay<T, E, F, Fut>(&self, body: F) -> core::result::Result<LabRun<T, E>, ReplayError>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        if self.is_cut {
            return Err(ReplayError::Cut);
        }
        let executor = Executor::new(&self.config, ReplayHost);
        executor.shared.lock().tape = Tape::play(self.inputs.clone());
        let spawned = executor.spawn(body);
        let mut main = spawned.expect("a new executor has room for a task");
        loop {
            let next = executor.shared.lock().tape.peek()?;
            match next {
                None => break,
                Some(Input::Shutdown) => executor.shutdown(),
                // Whatever else stands there, the turn says what it wanted instead.
                Some(_) => drop(executor.turn()),
            }
        }
        let report = executor.report();
        let (recorded, met) = (
            (self.fingerprint, self.certificate),
            (report.fingerprint, report.certificate),
        );
        match main.take_outcome() {
            Some(outcome) if recorded == met => Ok(LabRun {
                outcome,
                is_stalled: false,
                report,
                ended_at: executor.shared.lock().kernel.now(),
            }),
            _ => Err(ReplayError::OtherRun { recorded, met }),
        }
    }
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("the recording reached its maximum before the run's end"),
            Self::Diverged {
                index,
                recorded,
                met,
            } => write!(f, "expected {recorded:?} as input {index}, got {met:?}"),
            Self::OtherRun { recorded, met } => write!(
                f,
                "expected a run with fingerprint {:016x} and certificate {:016x}, got {:016x} and \
                 {:016x}",
                recorded.0, recorded.1, met.0, met.1
            ),
        }
    }
}

impl core::error::Error for ReplayError {}

/// The host of a replay. Its time is the tape's.
struct ReplayHost;

impl Host for ReplayHost {
    fn now(&self) -> Time {
        Time::ZERO
    }

    fn bell(&self) -> Arc<dyn Bell> {
        Arc::new(Silent)
    }
}
