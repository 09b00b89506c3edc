//! Recordings: a run on a host with a jumpy clock and results in any order is replayed in the lab
//! to the same hashes; a run that is not the same is told from it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use asupersync_core::exec::{
    Bell, Completer, Cx, Error, Executor, Host, Input, LabRun, Next, Outcome, Recording,
    ReplayError, Report, branch,
};
use asupersync_core::{KernelConfig, Time};

/// A world that goes its own way: each reading of the clock is later by chance, and results come
/// in an order of chance.
#[derive(Clone, Default)]
struct World {
    now: Arc<AtomicU64>,
    chance: Arc<AtomicU64>,
    work: Arc<Mutex<Vec<Work>>>,
}

/// Who waits, and the value for it.
type Work = (Completer<u64>, u64);

impl World {
    fn of(seed: u64) -> Self {
        let world = Self::default();
        world.chance.store(seed, Ordering::Relaxed);
        world
    }

    /// Xorshift, from Marsaglia 2003.
    fn draw(&self) -> u64 {
        let mut x = self.chance.load(Ordering::Relaxed).max(1);
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.chance.store(x, Ordering::Relaxed);
        x
    }

    /// Some of the work comes to its end.
    fn go_on(&self) {
        let mut work = self.work.lock().unwrap();
        if !work.is_empty() {
            let index = usize::try_from(self.draw()).unwrap() % work.len();
            let (completer, value) = work.swap_remove(index);
            if self.draw().is_multiple_of(8) {
                drop(completer);
            } else {
                completer.complete(value);
            }
        }
    }
}

impl Host for World {
    fn now(&self) -> Time {
        let step = self.draw() % 400_000;
        Time::from_nanos(self.now.fetch_add(step, Ordering::Relaxed))
    }

    fn bell(&self) -> Arc<dyn Bell> {
        Arc::new(Silent)
    }
}

struct Silent;

impl Bell for Silent {
    fn ring(&self) {}
}

/// Work outside: it waits for the world, or is done at once where there is none.
async fn work(cx: &Cx, world: Option<World>, value: u64) -> Result<u64, Error> {
    cx.host_op(move |completer| match world {
        Some(world) => world.work.lock().unwrap().push((completer, value)),
        None => completer.complete(value),
    })
    .await
}

/// What is recorded and replayed: everything that waits.
async fn body(cx: Cx, world: Option<World>) -> Result<u64, Error> {
    let mut sum = 0;
    for round in 0..4_u64 {
        let branches = (0..5_u64).map(|n| {
            let world = world.clone();
            branch(move |cx: Cx| async move {
                cx.sleep(Duration::from_micros(300 * (cx.random() % 4)))
                    .await?;
                let limit = Duration::from_micros(700);
                let limited = cx.timeout(limit, move |cx| async move { work(&cx, world, n).await });
                Ok(match limited.await {
                    Ok(value) => value,
                    Err(Error::TimedOut) => 100,
                    Err(Error::Abandoned) => 1_000,
                    Err(error) => return Err(error),
                })
            })
        });
        sum += cx.all(branches).await?.into_iter().sum::<u64>();
        let first = cx.race((0..3_u64).map(|n| {
            let world = world.clone();
            branch(move |cx: Cx| async move { work(&cx, world, n + round).await })
        }));
        sum += first.await.unwrap_or(10_000);
        cx.checkpoint().await?;
    }
    Ok(sum)
}

/// Runs the body in the world of `seed` and records at most `inputs_max`.
fn record(seed: u64, inputs_max: usize) -> (Outcome<u64>, Report, Recording) {
    let world = World::of(seed);
    let executor = Executor::recorded(&KernelConfig::default(), world.clone(), inputs_max);
    let outside = world.clone();
    let mut main = executor.spawn(move |cx| body(cx, Some(world))).unwrap();
    let turn = || {
        outside.go_on();
        if let Next::At(at) = executor.turn() {
            outside.now.fetch_max(at.as_nanos(), Ordering::Relaxed);
        }
    };
    while !main.is_finished() {
        turn();
    }
    executor.shutdown();
    while !executor.is_closed() {
        turn();
    }
    let outcome = main.take_outcome().unwrap();
    (outcome, executor.report(), executor.recording().unwrap())
}

#[test]
fn a_recorded_run_is_replayed_to_the_same_hashes() {
    let (mut sums, mut schedules) = (BTreeSet::new(), BTreeSet::new());
    for seed in 1..200 {
        let (outcome, report, recording) = record(seed, usize::MAX);
        let replayed: LabRun<u64> = recording
            .replay(|cx| body(cx, None))
            .unwrap_or_else(|error| panic!("world {seed}: {error}"));
        assert_eq!(replayed.outcome, outcome, "world {seed}");
        assert_eq!(replayed.report, report, "world {seed}");
        assert!(report.live.is_none());
        assert_eq!(recording.certificate(), report.certificate);
        assert_eq!(recording.fingerprint(), report.fingerprint);
        let again = recording.replay(|cx| body(cx, None)).unwrap();
        assert_eq!(again, replayed);
        sums.insert(outcome.ok());
        schedules.insert(report.certificate);
    }
    // The worlds differ, or this says little.
    assert!(
        sums.len() > 10 && schedules.len() > 150,
        "{} {}",
        sums.len(),
        schedules.len()
    );
}

#[test]
fn another_body_is_told_from_the_recorded_one() {
    let (_, report, recording) = record(1, usize::MAX);
    let shorter = recording.replay(|_| async { Ok::<u64, Error>(0) });
    assert!(
        matches!(shorter, Err(ReplayError::Diverged { .. })),
        "{shorter:?}"
    );
    let longer = recording.replay(|cx| async move {
        cx.checkpoint().await?;
        body(cx, None).await
    });
    assert!(
        matches!(longer, Err(ReplayError::Diverged { .. })),
        "{longer:?}"
    );
    // Asks the same of the outside, and says other things to the kernel.
    let other = recording.replay(|cx| async move {
        cx.defer(|_| async {})?;
        body(cx, None).await
    });
    match other {
        Err(ReplayError::OtherRun { recorded, met }) => {
            assert_eq!(recorded, (report.fingerprint, report.certificate));
            assert_ne!(met, recorded);
        }
        Err(ReplayError::Diverged { .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_recording_that_reached_its_maximum_is_kept_and_refused() {
    let (_, _, whole) = record(1, usize::MAX);
    let all = whole.inputs().len();
    let (_, _, exact) = record(1, all);
    assert!(exact.replay(|cx| body(cx, None)).is_ok());
    let (_, _, cut) = record(1, all - 1);
    assert_eq!(cut.inputs(), &whole.inputs()[..all - 1]);
    let refused = cut.replay(|cx| body(cx, None));
    assert_eq!(refused, Err(ReplayError::Cut));
}

#[test]
fn inputs_are_the_clock_the_turns_what_came_and_the_shutdown() {
    let (_, _, recording) = record(1, usize::MAX);
    let count =
        |is: fn(&Input) -> bool| recording.inputs().iter().filter(|input| is(input)).count();
    assert!(count(|input| matches!(input, Input::Turn)) > 20);
    assert!(count(|input| matches!(input, Input::Now(_))) > 40);
    assert!(count(|input| matches!(input, Input::Complete(_, 0))) > 10);
    assert!(count(|input| matches!(input, Input::Complete(_, 1))) > 0);
    assert_eq!(count(|input| matches!(input, Input::Shutdown)), 1);
}

#[test]
fn an_executor_that_records_nothing_has_no_recording() {
    let executor = Executor::new(&KernelConfig::default(), World::default());
    assert!(executor.recording().is_none());
}
