//! Random programs in the lab. Goal: whatever bodies do, everything ends, nothing leaks, the
//! kernel's invariants hold after every turn, and the run repeats. Method: each task draws what
//! it does from the runtime's seeded stream. `SEEDS=10000 cargo test --release -p asupersync-core
//! --test exec_random` for more of them.

#![allow(clippy::panic, reason = "a test may panic")]

use core::future::pending;
use core::time::Duration;
use std::panic;
use std::sync::{Arc, Mutex};

use asupersync_core::Budget;
use asupersync_core::exec::{BoxFuture, Cx, Error, Lab, LabRun, Outcome, Schedule, branch, select};

const SEEDS: u64 = 400;
const BY_CHANCE: &str = "by chance";

fn run(seed: u64) -> LabRun<u64> {
    Lab::new(seed).run(|cx| async move {
        let mut sum = 0;
        for _ in 0..4 {
            // In a scope, so that a failure stays in it.
            let ended = cx.scope(|cx, _| body(cx, 4)).await;
            sum += u64::from(ended.is_ok());
        }
        Ok(sum)
    })
}

fn pause(cx: &Cx) -> Duration {
    Duration::from_millis(cx.random() % 4)
}

/// A few random steps, each of which may make more bodies while `depth` lasts.
fn body(cx: Cx, depth: u32) -> BoxFuture<Result<u64, Error>> {
    Box::pin(async move {
        let mut handles = Vec::new();
        for _ in 0..cx.random() % 5 {
            let kinds = if depth == 0 { 9 } else { 23 };
            match cx.random() % kinds {
                0 => cx.sleep(pause(&cx)).await?,
                1 => cx.checkpoint().await?,
                2 => drop(cx.sleep(pause(&cx)).await), // swallows a cancellation
                3 => drop(select(cx.sleep(pause(&cx)), cx.wait(pending::<()>())).await),
                4 => cx.defer(|cx| async move { drop(cx.sleep(pause(&cx)).await) })?,
                5 => cx.host_op(|completer| completer.complete(())).await?,
                6 if cx.random().is_multiple_of(8) => panic!("{BY_CHANCE}"),
                6 if cx.random().is_multiple_of(4) => return Err(Error::Abandoned),
                6 => {}
                7 => {
                    let mut interval = cx.interval(pause(&cx) + Duration::from_millis(1));
                    for _ in 0..cx.random() % 4 {
                        interval.tick().await?;
                    }
                }
                8 => cx.charge(cx.random() % 100)?,
                9 | 10 => handles.push(cx.spawn(move |cx| body(cx, depth - 1))?),
                11 => drop(cx.race(branches(&cx, depth)).await),
                12 => drop(cx.all(branches(&cx, depth)).await),
                13 => drop(cx.timeout(pause(&cx), move |cx| body(cx, depth - 1)).await),
                14 => drop(cx.mask(move |cx| body(cx, depth - 1)).await),
                15 => {
                    let scope = cx.scope(move |cx, scope| async move {
                        scope.defer(|cx| async move { drop(cx.sleep(pause(&cx)).await) })?;
                        scope.spawn_with(budget(&cx), move |cx| body(cx, depth - 1))?;
                        body(cx, depth - 1).await
                    });
                    drop(select(scope, cx.sleep(pause(&cx))).await); // dropped in the middle
                }
                16 => drop(cx.any(branches(&cx, depth)).await),
                17 => drop(cx.settle(branches(&cx, depth)).await),
                18 => {
                    let schedule = Schedule::exponential(pause(&cx));
                    drop(cx.retry(schedule, move |cx| body(cx, depth - 1)).await);
                }
                19 => drop(cx.hedge(pause(&cx), move |cx| body(cx, depth - 1)).await),
                20 => {
                    let items = 0..cx.random() % 5;
                    let mapped = cx.map_concurrent(items, 2, move |cx, _| body(cx, depth - 1));
                    drop(mapped.await);
                }
                21 => handles.iter().for_each(|handle| handle.cancel(BY_CHANCE)),
                _ => {
                    if let Some(handle) = handles.pop() {
                        drop(handle.join().await?);
                    }
                }
            }
        }
        Ok(1)
    })
}

/// Often none, else one that may run out.
fn budget(cx: &Cx) -> Budget {
    match cx.random() % 4 {
        0 => Budget {
            cost: cx.random() % 100,
            ..Budget::DEFAULT
        },
        1 => Budget {
            deadline: cx.now().plus_nanos(cx.random() % 8_000_000),
            ..Budget::DEFAULT
        },
        _ => Budget::DEFAULT,
    }
}

fn branches(cx: &Cx, depth: u32) -> Vec<asupersync_core::exec::BoxBody<u64>> {
    (0..cx.random() % 4)
        .map(|_| branch(move |cx| body(cx, depth - 1)))
        .collect()
}

#[test]
fn random_programs_end_without_a_leak_and_repeat() {
    let seeds = std::env::var("SEEDS").ok();
    let seeds = seeds.and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    // The panics by chance are part of the programs. Any other one inside a body would be taken
    // for an outcome of it, so it is noted here.
    let unexpected = Arc::new(Mutex::new(None::<String>));
    let noted = Arc::clone(&unexpected);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() != Some(BY_CHANCE) {
            *noted.lock().expect("it is only written") = Some(info.to_string());
        }
    }));
    let mut failure = None;
    let mut tasks = 0;
    for seed in 0..seeds {
        let ran = panic::catch_unwind(|| (run(seed), run(seed)));
        failure = match ran {
            Ok((first, second)) if first != second => Some(format!("{first:?}\n{second:?}")),
            Ok((run, _)) if run.is_stalled || !run.report.live.is_none() => {
                Some(format!("{run:?}"))
            }
            Ok((run, _)) if !matches!(run.outcome, Outcome::Ok(_)) => Some(format!("{run:?}")),
            Ok((run, _)) => {
                tasks += run.report.counters.tasks_spawned;
                None
            }
            Err(payload) => Some(Error::from_panic(&*payload).to_string()),
        };
        failure = failure.or_else(|| unexpected.lock().expect("it is only written").take());
        if let Some(failure) = &mut failure {
            failure.insert_str(0, &format!("seed {seed}: "));
            break;
        }
    }
    panic::set_hook(hook);
    assert_eq!(failure, None);
    assert!(tasks > seeds * 10, "{tasks} tasks are too few to say much");
}
