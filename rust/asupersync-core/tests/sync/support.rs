//! What the tests of this folder share: the run with every seed, and small helpers.

use core::fmt::Debug;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::Poll;
use core::time::Duration;
use std::sync::{Arc, Mutex};

use asupersync_core::ErrorKind;
use asupersync_core::exec::{Cx, Error, Lab, Outcome};

pub(crate) const SEEDS: u64 = if cfg!(miri) { 2 } else { 100 };

pub(crate) type Result<T = (), E = Error> = core::result::Result<T, E>;

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) fn millis(cx: &Cx) -> u64 {
    cx.now().as_nanos() / 1_000_000
}

/// Runs `body` with every seed: it gives its value, and nothing is left of the run.
pub(crate) fn each_seed<T, F, Fut>(body: F) -> Vec<T>
where
    T: Send + 'static,
    F: Fn(Cx) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<T>> + Send + 'static,
{
    let run = |seed| {
        let run = Lab::new(seed).run(body.clone());
        assert!(!run.is_stalled, "seed {seed}: everything waits for nothing");
        let live = run.report.live;
        assert!(live.is_none(), "seed {seed}: {live:?}");
        match run.outcome {
            Outcome::Ok(value) => value,
            Outcome::Err(error) => panic!("seed {seed}: {error}"),
            Outcome::Cancelled(reason) => panic!("seed {seed}: {reason:?}"),
            Outcome::Panicked(message) => panic!("seed {seed}: {message}"),
        }
    };
    (0..SEEDS).map(run).collect()
}

/// As [`each_seed`], of a body that gives the same whatever the order of equals.
pub(crate) fn check<T, F, Fut>(body: F) -> T
where
    T: Debug + PartialEq + Send + 'static,
    F: Fn(Cx) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<T>> + Send + 'static,
{
    let mut values = each_seed(body);
    let first = values.remove(0);
    for value in values {
        assert_eq!(value, first, "the seed made a difference");
    }
    first
}

/// A number below `bound`, by the seed.
pub(crate) fn chance(cx: &Cx, bound: u32) -> u32 {
    u32::try_from(cx.random() % u64::from(bound)).unwrap()
}

/// Polls once, and says whether it waits.
pub(crate) async fn waits<T>(mut future: Pin<&mut impl Future<Output = T>>) -> bool {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

pub(crate) fn refused<T: Debug>(result: Result<T>) -> ErrorKind {
    match result {
        Err(Error::Refused(error)) => error.kind,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// What bodies write down, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}
