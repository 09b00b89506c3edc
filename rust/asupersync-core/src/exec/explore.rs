//! Owns exploration: one body under many seeds in the lab, until one of them shows a fault.

use core::fmt;
use core::future::Future;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::{Error, Result};
use super::lab::{Lab, LabRun};
use super::outcome::Outcome;
use super::platform::{PlatformSend, PlatformSync};
use super::{Cx, Report};
use crate::cancel::CancelReason;
use crate::lanes::TieBreak;

/// What an exploration without a fault came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Explored {
    /// Runs, one a seed.
    pub runs: usize,
    /// Schedules among them that differ: certificates.
    pub schedules: usize,
    /// Schedules among them that differ by more than the order of what is independent:
    /// fingerprints.
    pub classes: usize,
}

/// The first run of an exploration that had a fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FaultyRun {
    /// The seed: [`Lab::new`] with it gives the run again.
    pub seed: u64,
    /// What was wrong.
    pub fault: Fault,
    /// The hashes of the run, and what it leaked.
    pub report: Report,
    /// Whether the run was the same when it was made once more. If not, the body depends on
    /// something outside the lab: a clock, a thread, a map's random order.
    pub is_repeatable: bool,
}

/// What was wrong with a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The body failed, with this error.
    Failed(Box<str>),
    /// The body, a finalizer or a child panicked, with this message.
    Panicked(Box<str>),
    /// The body was cancelled, for this reason.
    Cancelled(Arc<CancelReason>),
    /// Everything came to wait for something that could not come.
    Stalled,
    /// The run left something behind, dropped an obligation, or had to cut something off: the
    /// report says what.
    Leaked,
}

impl Lab {
    /// Runs `body` under each of `seeds`, in their order, with this lab's configuration but for
    /// seed and ties. Ends at the first run that is not clean: the body failed, panicked, stalled
    /// or was cancelled, or something leaked.
    ///
    /// # Errors
    /// [`FaultyRun`], which names the seed. That run has been made twice.
    ///
    /// ```
    /// use asupersync_core::exec::{Error, Lab};
    ///
    /// let explored = Lab::new(0).explore(0..100, |cx| async move {
    ///     cx.spawn(|cx| async move { cx.checkpoint().await })?;
    ///     cx.spawn(|cx| async move { cx.checkpoint().await })?;
    ///     Ok::<_, Error>(())
    /// });
    /// assert!(explored.is_ok_and(|explored| explored.schedules > 1));
    /// ```
    pub fn explore<T, E, F, Fut>(
        &self,
        seeds: impl IntoIterator<Item = u64>,
        body: F,
    ) -> core::result::Result<Explored, Box<FaultyRun>>
    where
        T: PlatformSend + 'static,
        E: From<Error> + fmt::Debug + PlatformSend + 'static,
        F: Fn(Cx) -> Fut + PlatformSend + PlatformSync + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        #[allow(
            clippy::arc_with_non_send_sync,
            reason = "in wasm nothing is sent anywhere, and there is one code path for both"
        )]
        let body = Arc::new(body);
        let run = |seed| {
            let body = Arc::clone(&body);
            let lab = self.clone().reseeded(seed);
            lab.run(move |cx| body(cx))
        };
        let (mut schedules, mut classes) = (BTreeSet::new(), BTreeSet::new());
        let mut runs = 0;
        for seed in seeds {
            let first = run(seed);
            if let Some(fault) = fault_of(&first) {
                let second = run(seed);
                return Err(Box::new(FaultyRun {
                    seed,
                    is_repeatable: second.report == first.report
                        && fault_of(&second).as_ref() == Some(&fault),
                    report: first.report,
                    fault,
                }));
            }
            runs += 1;
            schedules.insert(first.report.certificate);
            classes.insert(first.report.fingerprint);
        }
        Ok(Explored {
            runs,
            schedules: schedules.len(),
            classes: classes.len(),
        })
    }

    fn reseeded(mut self, seed: u64) -> Self {
        self.config.seed = seed;
        self.config.ties = TieBreak::Seeded;
        self
    }
}

fn fault_of<T, E: fmt::Debug>(run: &LabRun<T, E>) -> Option<Fault> {
    if run.is_stalled {
        return Some(Fault::Stalled);
    }
    match &run.outcome {
        Outcome::Err(error) => return Some(Fault::Failed(format!("{error:?}").into())),
        Outcome::Panicked(message) => return Some(Fault::Panicked(message.clone())),
        Outcome::Cancelled(reason) => return Some(Fault::Cancelled(Arc::clone(reason))),
        Outcome::Ok(_) => {}
    }
    let counters = &run.report.counters;
    let is_clean = run.report.live.is_none()
        && counters.obligations_leaked == 0
        && counters.host_ops_revoked == 0;
    (!is_clean).then_some(Fault::Leaked)
}

impl fmt::Display for FaultyRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: ", self.seed)?;
        match &self.fault {
            Fault::Failed(error) => write!(f, "the body failed: {error}")?,
            Fault::Panicked(message) => write!(f, "panicked: {message}")?,
            Fault::Cancelled(reason) => {
                write!(f, "the body was cancelled: {:?}", reason.kind)?;
            }
            Fault::Stalled => f.write_str("everything waits for something that cannot come")?,
            Fault::Leaked => write!(f, "something leaked: {:?}", self.report)?,
        }
        let Report {
            fingerprint,
            certificate,
            ..
        } = self.report;
        write!(
            f,
            " (fingerprint {fingerprint:016x}, certificate {certificate:016x})"
        )?;
        if self.is_repeatable {
            return Ok(());
        }
        f.write_str("; it was another run when made again: something outside the lab decides in it")
    }
}

impl core::error::Error for FaultyRun {}
