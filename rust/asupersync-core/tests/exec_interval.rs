//! Intervals: the first tick, the grid, what becomes of missed ticks, cancellation; in the lab.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod lab_support;

use core::time::Duration;

use asupersync_core::exec::{Either, Error, Interval, MissedTicks, Outcome, select};
use asupersync_core::{ErrorKind, Time};
use lab_support::{check, millis, ms};

/// Two ticks of a period of 10 ms, 35 ms of work, and three ticks more: when each was given, due,
/// and how many it says were missed.
fn late(missed: Option<MissedTicks>) -> Vec<(u64, u64, u64)> {
    let run = check(move |cx| async move {
        let mut interval = cx.interval(ms(10));
        if let Some(missed) = missed {
            interval = interval.missed(missed);
        }
        let mut ticks = Vec::new();
        for number in 0..5 {
            let tick = interval.tick().await?;
            ticks.push((millis(&cx), tick.due.as_nanos() / 1_000_000, tick.missed));
            if number == 1 {
                cx.sleep(ms(35)).await?;
            }
        }
        Ok(ticks)
    });
    run.outcome.ok().unwrap()
}

#[test]
fn skipped_ticks_are_left_out_and_counted_and_the_grid_stays() {
    let ticks = [
        (0, 0, 0),
        (10, 10, 0),
        (45, 20, 2),
        (50, 50, 0),
        (60, 60, 0),
    ];
    assert_eq!(late(Some(MissedTicks::Skip)), ticks);
    assert_eq!(late(None), ticks, "it is the default");
}

#[test]
fn a_burst_gives_each_missed_tick() {
    let ticks = [
        (0, 0, 0),
        (10, 10, 0),
        (45, 20, 0),
        (45, 30, 0),
        (45, 40, 0),
    ];
    assert_eq!(late(Some(MissedTicks::Burst)), ticks);
}

#[test]
fn a_delay_begins_a_new_grid() {
    let ticks = [
        (0, 0, 0),
        (10, 10, 0),
        (45, 20, 0),
        (55, 55, 0),
        (65, 65, 0),
    ];
    assert_eq!(late(Some(MissedTicks::Delay)), ticks);
}

#[test]
fn the_grid_begins_when_the_interval_is_made() {
    let run = check(|cx| async move {
        cx.sleep(ms(3)).await?;
        let mut interval = cx.interval(ms(10));
        cx.sleep(ms(4)).await?;
        let first = interval.tick().await?;
        interval.tick().await?;
        Ok((first.due, millis(&cx)))
    });
    assert_eq!(run.outcome, Outcome::Ok((Time::from_millis(3), 13)));
}

#[test]
fn a_reset_begins_again_one_period_from_now() {
    let run = check(|cx| async move {
        let mut interval = cx.interval(ms(10));
        interval.tick().await?;
        cx.sleep(ms(4)).await?;
        interval.reset();
        interval.tick().await?;
        Ok(millis(&cx))
    });
    assert_eq!(run.outcome, Outcome::Ok(14));
}

#[test]
fn a_tick_whose_future_was_dropped_is_not_lost_and_keeps_one_timer() {
    let run = check(|cx| async move {
        let mut interval = cx.interval(ms(10));
        interval.tick().await?;
        let mut dropped = 0;
        let tick = loop {
            match select(cx.sleep(ms(1)), interval.tick()).await {
                Either::Left(slept) => {
                    slept?;
                    dropped += 1;
                }
                Either::Right(tick) => break tick?,
            }
        };
        assert!((8..=10).contains(&dropped), "{dropped}");
        Ok((tick.due, tick.missed))
    });
    assert_eq!(run.outcome, Outcome::Ok((Time::from_millis(10), 0)));
}

#[test]
fn a_cancellation_ends_a_tick_and_every_later_one() {
    let run = check(|cx| async move {
        let child = cx.spawn(|cx| async move {
            let mut interval = cx.interval(ms(1_000));
            interval.tick().await?;
            for _ in 0..3 {
                assert!(interval.tick().await.unwrap_err().is_cancelled());
            }
            Ok::<_, Error>(())
        })?;
        cx.sleep(ms(1)).await?;
        child.cancel("");
        Ok(child.join().await?.cancel_reason().is_some())
    });
    assert_eq!(run.outcome, Outcome::Ok(true));
    assert_eq!(run.ended_at, Time::from_millis(1));
}

#[test]
fn an_interval_without_a_period_or_in_another_task_is_refused() {
    let kind = |ended: Result<_, Error>| match ended {
        Err(Error::Refused(error)) => error.kind,
        other => panic!("expected a refusal, got {other:?}"),
    };
    let run = check(move |cx| async move {
        let zero = kind(cx.interval(ms(0)).tick().await);
        let mut parents: Interval = cx.interval(ms(1));
        let child = cx.spawn(move |_| async move { Ok::<_, Error>(kind(parents.tick().await)) })?;
        Ok((zero, child.result().await?))
    });
    let kinds = (ErrorKind::InvalidNumber, ErrorKind::WrongState);
    assert_eq!(run.outcome, Outcome::Ok(kinds));
}

#[test]
fn a_burst_of_ticks_lets_others_run() {
    let run = check(|cx| async move {
        let other = cx.spawn(|cx| async move {
            for _ in 0..10 {
                cx.checkpoint().await?;
            }
            Ok::<_, Error>(millis(&cx))
        })?;
        let mut interval = cx
            .interval(Duration::from_nanos(1))
            .missed(MissedTicks::Burst);
        while !other.is_finished() {
            interval.tick().await?;
        }
        other.result().await
    });
    assert_eq!(run.outcome, Outcome::Ok(0));
}
