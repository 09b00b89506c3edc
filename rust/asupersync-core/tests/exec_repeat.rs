//! Combinators that run one body many times: retry, hedge, bounded maps; in the lab.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod lab_support;

use std::sync::{Arc, Mutex};

use asupersync_core::exec::{Cx, Error, Jitter, Lab, Outcome, Schedule};
use asupersync_core::{ErrorKind, Time};
use lab_support::{Log, check, millis, ms};

/// Fails `failures` times with `error`, then gives the number of the attempt; writes down when
/// each began.
fn failing(log: &Log, failures: usize, error: Error) -> impl Fn(Cx) -> Attempt + use<> {
    let log = log.clone();
    move |cx| {
        log.add(format!("{}", millis(&cx)));
        let attempt = log.lines().len();
        let result = if attempt > failures {
            Ok(attempt)
        } else {
            Err(error.clone())
        };
        core::future::ready(result)
    }
}

type Attempt = core::future::Ready<Result<usize, Error>>;

#[test]
fn retry_tries_until_a_value_with_pauses_that_double_to_the_longest() {
    let log = Log::default();
    let body = failing(&log, 4, Error::Abandoned);
    let run = check(|cx| async move {
        let schedule = Schedule::exponential(ms(10))
            .attempts(5)
            .pause_max(ms(25))
            .jitter(Jitter::None);
        cx.retry(schedule, body).await
    });
    assert_eq!(run.outcome, Outcome::Ok(5));
    assert_eq!(log.lines(), ["0", "10", "30", "55", "80"]);
}

#[test]
fn retry_gives_up_with_the_last_failure() {
    let log = Log::default();
    let body = failing(&log, 9, Error::TimedOut);
    let run = check(|cx| async move { cx.retry(Schedule::constant(ms(5)), body).await });
    assert_eq!(run.outcome, Outcome::Err(Error::TimedOut));
    assert_eq!(log.lines(), ["0", "5", "10"]);
}

#[test]
fn a_failure_that_is_not_transient_is_not_tried_again() {
    let log = Log::default();
    let body = failing(&log, 9, Error::TimedOut);
    let run = check(|cx| async move {
        let is_transient = |error: &Error| *error == Error::Abandoned;
        cx.retry_if(Schedule::constant(ms(5)), is_transient, body)
            .await
    });
    assert_eq!(run.outcome, Outcome::Err(Error::TimedOut));
    assert_eq!(log.lines(), ["0"]);
}

#[test]
fn a_panic_is_not_tried_again() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|cx| async move {
        cx.retry(Schedule::constant(ms(5)), move |_| {
            inner.add("attempt");
            async { panic!("boom") as Result<(), Error> }
        })
        .await
    });
    assert_eq!(run.outcome, Outcome::Err(Error::Panicked("boom".into())));
    assert_eq!(log.lines(), ["attempt"]);
}

#[test]
fn a_cancellation_ends_the_pause_and_is_not_tried_again() {
    let log = Log::default();
    let body = failing(&log, 9, Error::TimedOut);
    let run = check(|cx| async move {
        let child =
            cx.spawn(|cx| async move { cx.retry(Schedule::constant(ms(1_000)), body).await })?;
        cx.sleep(ms(1)).await?;
        child.cancel("");
        Ok(child.join().await?.cancel_reason().is_some())
    });
    assert_eq!(run.outcome, Outcome::Ok(true));
    assert_eq!(run.ended_at, Time::from_millis(1));
    assert_eq!(log.lines(), ["0"]);
}

#[test]
fn an_attempt_has_drained_before_the_next_begins() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|cx| async move {
        let schedule = Schedule::constant(ms(0)).attempts(2);
        cx.retry(schedule, move |cx| {
            let log = inner.clone();
            async move {
                log.add("attempt");
                let cleaner = log.clone();
                cx.defer(move |cx| async move {
                    cx.sleep(ms(3)).await.unwrap();
                    cleaner.add("cleaned");
                })?;
                cx.timeout(ms(2), |cx| async move { cx.sleep(ms(50)).await })
                    .await
            }
        })
        .await
    });
    assert_eq!(run.outcome, Outcome::Err(Error::TimedOut));
    assert_eq!(log.lines(), ["attempt", "cleaned", "attempt", "cleaned"]);
    assert_eq!(run.ended_at, Time::from_millis(10));
}

#[test]
fn jitter_is_of_the_seed_and_within_the_pause() {
    let ended_at = |seed| {
        let body = failing(&Log::default(), 9, Error::TimedOut);
        let run = Lab::new(seed).run(|cx| async move {
            let schedule = Schedule::exponential(ms(100)).attempts(2);
            cx.retry(schedule, body).await
        });
        assert_eq!(run.outcome, Outcome::Err(Error::TimedOut));
        run.ended_at
    };
    let times: Vec<_> = (0..20).map(ended_at).collect();
    assert_eq!(times, (0..20).map(ended_at).collect::<Vec<_>>());
    assert!(times.iter().all(|time| *time <= Time::from_millis(100)));
    assert!(times.iter().any(|time| *time != times[0]));
}

/// An attempt of a hedge: writes down its begin and its cancellation, and ends as `plan` says for
/// its number, after so many milliseconds.
fn planned(
    log: &Log,
    plan: [(u64, Result<&'static str, Error>); 2],
) -> impl Fn(Cx) -> core::pin::Pin<Box<dyn Future<Output = Result<&'static str, Error>> + Send>> + use<>
{
    let (log, begun) = (log.clone(), Arc::new(Mutex::new(0)));
    move |cx| {
        let number = {
            let mut begun = begun.lock().unwrap();
            *begun += 1;
            *begun
        };
        let (log, (takes, result)) = (log.clone(), plan[number - 1].clone());
        Box::pin(async move {
            log.add(format!("{number} began at {}", millis(&cx)));
            if let Err(cancelled) = cx.sleep(ms(takes)).await {
                log.add(format!("{number} cancelled at {}", millis(&cx)));
                return Err(cancelled);
            }
            result
        })
    }
}

#[test]
fn a_hedge_that_is_fast_is_one_attempt() {
    let log = Log::default();
    let body = planned(&log, [(5, Ok("first")), (0, Ok("second"))]);
    let run = check(|cx| async move { cx.hedge(ms(10), body).await });
    assert_eq!(run.outcome, Outcome::Ok("first"));
    assert_eq!(log.lines(), ["1 began at 0"]);
    assert_eq!(run.ended_at, Time::from_millis(5));
}

#[test]
fn a_slow_first_attempt_is_overtaken_and_drained() {
    let log = Log::default();
    let body = planned(&log, [(500, Ok("first")), (5, Ok("second"))]);
    let run = check(|cx| async move { cx.hedge(ms(10), body).await });
    assert_eq!(run.outcome, Outcome::Ok("second"));
    let lines = ["1 began at 0", "2 began at 10", "1 cancelled at 15"];
    assert_eq!(log.lines(), lines);
    assert_eq!(run.ended_at, Time::from_millis(15));
}

#[test]
fn a_slow_first_attempt_may_still_win() {
    let log = Log::default();
    let body = planned(&log, [(12, Ok("first")), (500, Ok("second"))]);
    let run = check(|cx| async move { cx.hedge(ms(10), body).await });
    assert_eq!(run.outcome, Outcome::Ok("first"));
    let lines = ["1 began at 0", "2 began at 10", "2 cancelled at 12"];
    assert_eq!(log.lines(), lines);
}

#[test]
fn a_first_attempt_that_fails_has_the_second_begin_at_once() {
    let log = Log::default();
    let body = planned(&log, [(3, Err(Error::Abandoned)), (5, Ok("second"))]);
    let run = check(|cx| async move { cx.hedge(ms(10), body).await });
    assert_eq!(run.outcome, Outcome::Ok("second"));
    assert_eq!(log.lines(), ["1 began at 0", "2 began at 3"]);
    assert_eq!(run.ended_at, Time::from_millis(8));
}

#[test]
fn a_hedge_whose_attempts_both_fail_has_the_failure_of_the_first() {
    let log = Log::default();
    let plan = [(20, Err(Error::Abandoned)), (5, Err(Error::TimedOut))];
    let body = planned(&log, plan);
    let run = check(|cx| async move { cx.hedge(ms(10), body).await });
    assert_eq!(run.outcome, Outcome::Err(Error::Abandoned));
    assert_eq!(run.ended_at, Time::from_millis(20));
}

#[test]
fn a_cancelled_hedge_drains_and_begins_nothing() {
    let log = Log::default();
    let body = planned(&log, [(500, Ok("first")), (0, Ok("second"))]);
    let run = check(|cx| async move {
        let child = cx.spawn(|cx| async move { cx.hedge(ms(10), body).await })?;
        cx.sleep(ms(4)).await?;
        child.cancel("");
        Ok(child.join().await?.cancel_reason().is_some())
    });
    assert_eq!(run.outcome, Outcome::Ok(true));
    assert_eq!(log.lines(), ["1 began at 0", "1 cancelled at 4"]);
}

#[test]
fn a_map_keeps_the_order_and_its_bound() {
    for (concurrency, ends_at) in [(1, 60), (2, 40), (3, 30), (100, 30)] {
        let busy = Arc::new(Mutex::new((0_usize, 0_usize)));
        let most = Arc::clone(&busy);
        let run = check(move |cx| async move {
            cx.map_concurrent([30_u64, 10, 20], concurrency, move |cx, takes| {
                let busy = Arc::clone(&busy);
                async move {
                    {
                        let mut busy = busy.lock().unwrap();
                        busy.0 += 1;
                        busy.1 = busy.1.max(busy.0);
                    }
                    cx.sleep(ms(takes)).await?;
                    busy.lock().unwrap().0 -= 1;
                    Ok::<_, Error>(takes + 1)
                }
            })
            .await
        });
        assert_eq!(run.outcome, Outcome::Ok(vec![31, 11, 21]));
        assert_eq!(most.lock().unwrap().1, concurrency.min(3));
        let ended_ms = run.ended_at.as_nanos() / 1_000_000;
        let by_turns = if concurrency == 2 { 30 } else { ends_at };
        assert_eq!(ended_ms, by_turns, "{concurrency}");
    }
}

#[test]
fn a_map_takes_an_item_only_when_it_can_begin() {
    let log = Log::default();
    let (taken, inner) = (log.clone(), log.clone());
    let run = check(|cx| async move {
        let items = (0..4).inspect(move |item| taken.add(format!("take {item}")));
        cx.map_concurrent(items, 2, move |cx, item| {
            let log = inner.clone();
            async move {
                cx.sleep(ms(10)).await?;
                log.add(format!("done {item}"));
                Ok::<_, Error>(())
            }
        })
        .await?;
        Ok(())
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
    let lines = log.lines();
    assert_eq!(lines[..2], ["take 0", "take 1"]);
    let place = |line: &str| lines.iter().position(|other| other == line).unwrap();
    let done = |item: u32| place(&format!("done {item}"));
    assert!(done(0).min(done(1)) < place("take 2"), "{lines:?}");
    assert!(done(0).max(done(1)) < place("take 3"), "{lines:?}");
}

#[test]
fn the_first_failure_of_a_map_cancels_the_others_and_begins_nothing_more() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|cx| async move {
        cx.map_concurrent([50_u64, 5, 1, 1], 2, move |cx, takes| {
            let log = inner.clone();
            async move {
                log.add(format!("begin {takes}"));
                if let Err(cancelled) = cx.sleep(ms(takes)).await {
                    log.add(format!("cancelled {takes}"));
                    return Err(cancelled);
                }
                Err::<(), _>(Error::Abandoned)
            }
        })
        .await
    });
    assert_eq!(run.outcome, Outcome::Err(Error::Abandoned));
    let mut lines = log.lines();
    lines[..2].sort();
    assert_eq!(lines, ["begin 5", "begin 50", "cancelled 50"]);
    assert_eq!(run.ended_at, Time::from_millis(5));
}

#[test]
fn an_item_has_drained_before_the_next_begins() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|cx| async move {
        cx.map_concurrent([1, 2], 1, move |cx, item| {
            let log = inner.clone();
            async move {
                log.add(format!("begin {item}"));
                cx.spawn(move |cx| async move {
                    cx.sleep(ms(5)).await?;
                    log.add(format!("child of {item}"));
                    Ok::<_, Error>(())
                })?;
                Ok::<_, Error>(())
            }
        })
        .await
    });
    assert_eq!(run.outcome, Outcome::Ok(vec![(), ()]));
    let lines = ["begin 1", "child of 1", "begin 2", "child of 2"];
    assert_eq!(log.lines(), lines);
}

#[test]
fn a_map_of_nothing_is_nothing_and_a_bound_of_nothing_is_refused() {
    let run = check(|cx| async move {
        let body = |_, item: u8| async move { Ok::<_, Error>(item) };
        let empty = cx.map_concurrent([], 4, body).await?;
        assert!(empty.is_empty());
        match cx.map_concurrent([1], 0, body).await {
            Err(Error::Refused(error)) => Ok(error.kind),
            other => panic!("expected a refusal, got {other:?}"),
        }
    });
    assert_eq!(run.outcome, Outcome::Ok(ErrorKind::InvalidNumber));
}

#[test]
fn a_cancelled_map_drains() {
    let run = check(|cx| async move {
        let child = cx.spawn(|cx| async move {
            cx.map_concurrent(
                0..1_000,
                10,
                |cx, _| async move { cx.sleep(ms(1_000)).await },
            )
            .await
        })?;
        cx.sleep(ms(1)).await?;
        child.cancel("");
        Ok(child.join().await?.cancel_reason().is_some())
    });
    assert_eq!(run.outcome, Outcome::Ok(true));
    assert_eq!(run.ended_at, Time::from_millis(1));
}
