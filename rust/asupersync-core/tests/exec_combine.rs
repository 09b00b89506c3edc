//! Combinators of many bodies, and bounds of one: any, settle, empty races, absolute timeouts; in
//! the lab.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod lab_support;

use asupersync_core::exec::{AnyError, BoxBody, Error, Outcome, branch};
use asupersync_core::{CancelKind, Time};
use lab_support::{Log, check, ms};

/// A branch that ends after `after_ms`, and says so if it is cancelled before.
fn ends<T: Send + 'static>(after_ms: u64, log: &Log, result: Result<T, Error>) -> BoxBody<T> {
    let log = log.clone();
    branch(move |cx| async move {
        if let Err(cancelled) = cx.sleep(ms(after_ms)).await {
            log.add(format!("{after_ms} cancelled"));
            return Err(cancelled);
        }
        result
    })
}

#[test]
fn any_passes_failures_over_and_drains_the_losers() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|cx| async move {
        let value = cx
            .any([
                ends(1, &inner, Err(Error::Abandoned)),
                ends(30, &inner, Ok("slow")),
                ends(20, &inner, Ok("fast")),
                branch(|_| async { panic!("a failure like others") }),
            ])
            .await?;
        Ok((value, inner.lines()))
    });
    let drained = vec!["30 cancelled".to_owned()];
    assert_eq!(run.outcome, Outcome::Ok(("fast", drained)));
    assert_eq!(run.ended_at, Time::from_millis(20));
}

#[test]
fn any_that_fails_has_every_failure_in_the_order_of_the_bodies() {
    let run = check(|cx| async move {
        let log = Log::default();
        let bodies = [
            ends(2, &log, Err::<(), _>(Error::Abandoned)),
            branch(|_| async { panic!("boom") }),
            ends(1, &log, Err(Error::TimedOut)),
        ];
        let error = cx.any(bodies).await.unwrap_err();
        let text = error.to_string();
        let first = error.clone().into_first();
        Ok((error, text, first))
    });
    let errors = vec![
        Error::Abandoned,
        Error::Panicked("boom".into()),
        Error::TimedOut,
    ];
    let text = "expected one body of 3 to give a value, all failed, the first: the host gave the \
                operation up";
    let expected = (AnyError::AllFailed(errors), text.into(), Error::Abandoned);
    assert_eq!(run.outcome, Outcome::Ok(expected));
}

#[test]
fn any_in_a_body_that_needs_no_error_of_its_own_keeps_every_failure() {
    let run = check(|cx| async move {
        let log = Log::default();
        let bodies = [
            ends(1, &log, Err::<(), _>(Error::Abandoned)),
            ends(1, &log, Err(Error::TimedOut)),
        ];
        Ok(cx.any(bodies).await?)
    });
    let errors = Box::new([Error::Abandoned, Error::TimedOut]);
    assert_eq!(run.outcome, Outcome::Err(Error::AllFailed(errors)));
}

#[test]
fn any_with_a_cancelled_branch_and_no_value_is_cancelled() {
    let run = check(|cx| async move {
        let child = cx.spawn(|cx| async move {
            let log = Log::default();
            let error = cx
                .any([
                    ends(1, &log, Err::<(), _>(Error::Abandoned)),
                    ends(1_000, &log, Ok(())),
                ])
                .await
                .unwrap_err();
            assert!(
                matches!(error, AnyError::Undecided(Error::Cancelled(_))),
                "{error}"
            );
            Ok::<_, Error>(cx.any([ends(0, &log, Ok(()))]).await?)
        })?;
        cx.sleep(ms(10)).await?;
        child.cancel("enough");
        Ok(child.join().await?.cancel_reason().unwrap().kind)
    });
    assert_eq!(run.outcome, Outcome::Ok(CancelKind::User));
    assert_eq!(run.ended_at, Time::from_millis(10));
}

#[test]
fn a_race_without_bodies_says_so() {
    let run = check(|cx| async move {
        let race = cx.race::<(), Error>([]).await;
        let any = cx.any::<(), Error>([]).await;
        assert_eq!(any, Err(AnyError::Undecided(Error::EmptyRace)));
        Ok(race.unwrap_err())
    });
    assert_eq!(run.outcome, Outcome::Ok(Error::EmptyRace));
    let text = Error::EmptyRace.to_string();
    assert_eq!(text, "expected at least one body, got none");
}

#[test]
fn settle_waits_for_all_and_lets_nobody_cancel_another() {
    let run = check(|cx| async move {
        let log = Log::default();
        let outcomes = cx
            .settle([
                ends(3, &log, Ok(3)),
                ends(1, &log, Err(Error::TimedOut)),
                branch(|_| async { panic!("boom") }),
                ends(2, &log, Ok(2)),
            ])
            .await?;
        let none = cx.settle::<(), Error>([]).await?;
        assert!(none.is_empty());
        assert!(log.lines().is_empty(), "nobody was cancelled");
        Ok(outcomes)
    });
    let expected = vec![
        Outcome::Ok(3),
        Outcome::Err(Error::TimedOut),
        Outcome::Panicked("boom".into()),
        Outcome::Ok(2),
    ];
    assert_eq!(run.outcome, Outcome::Ok(expected));
    assert_eq!(run.ended_at, Time::from_millis(3));
}

#[test]
fn a_cancellation_during_settle_shows_in_the_outcomes() {
    let run = check(|cx| async move {
        let log = Log::default();
        let seen = log.clone();
        let child = cx.spawn(|cx| async move {
            let log = Log::default();
            let outcomes = cx
                .settle([ends(1, &log, Ok(1)), ends(9, &log, Ok(9))])
                .await?;
            let cancelled = outcomes.iter().filter(|one| one.cancel_reason().is_some());
            seen.add(format!("{:?} {}", outcomes[0], cancelled.count()));
            cx.checkpoint().await
        })?;
        cx.sleep(ms(5)).await?;
        child.cancel("");
        assert!(child.join().await?.cancel_reason().is_some());
        Ok(log.lines())
    });
    assert_eq!(run.outcome, Outcome::Ok(vec!["Ok(1) 1".to_owned()]));
}

#[test]
fn an_absolute_timeout_ends_at_its_time_and_the_earlier_one_stands() {
    let run = check(|cx| async move {
        let outer = Time::from_millis(7);
        let ended = cx
            .timeout_at(outer, move |cx| async move {
                assert_eq!(cx.deadline(), outer);
                let later = Time::from_millis(900);
                cx.timeout_at(later, move |cx| async move {
                    assert_eq!(cx.deadline(), outer);
                    cx.sleep(ms(1_000)).await
                })
                .await
            })
            .await;
        assert_eq!(ended, Err(Error::TimedOut));
        let past = cx.timeout_at(
            Time::from_millis(3),
            |cx| async move { cx.sleep(ms(1)).await },
        );
        assert_eq!(past.await, Err(Error::TimedOut));
        cx.timeout_at(Time::NEVER, |cx| async move { cx.sleep(ms(1)).await })
            .await
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
    assert_eq!(run.ended_at, Time::from_millis(8));
}
