//! Cancellation of Rust bodies: level-triggered, drained, and safe to drop anywhere; in the lab.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod lab_support;

use core::future::{pending, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use asupersync_core::exec::{
    Completer, Cx, Either, Error, Lab, LabRun, Outcome, Schedule, branch, join, select,
};
use asupersync_core::{CancelKind, KernelConfig};
use lab_support::{check, ms};

fn millis(run: &LabRun<impl Sized>) -> u64 {
    run.ended_at.as_nanos() / 1_000_000
}

#[derive(Clone, Default)]
struct Count(Arc<AtomicU32>);

impl Count {
    fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A future of another library: ready once it is told so, by a waker.
#[derive(Clone, Default)]
struct Flag(Arc<Mutex<(bool, Option<Waker>)>>);

impl Flag {
    fn set(&self) {
        let mut state = self.0.lock().unwrap();
        state.0 = true;
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }
}

impl Future for Flag {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock().unwrap();
        if state.0 {
            return Poll::Ready(());
        }
        state.1 = Some(context.waker().clone());
        Poll::Pending
    }
}

#[test]
fn every_wait_fails_once_the_cancellation_was_observed() {
    let run = check(|cx| async move {
        let failures = Count::default();
        let counted = failures.clone();
        let child = cx.spawn(move |cx| async move {
            for failed in [
                cx.sleep(ms(1_000)).await,
                cx.sleep(ms(0)).await,
                cx.checkpoint().await,
                cx.yield_now().await,
                cx.wait(pending::<()>()).await,
                cx.host_op(|_: Completer<()>| panic!("not started")).await,
                cx.race([branch(|_| async { Ok(()) })]).await,
                cx.timeout(ms(1), |_| async { Ok(()) }).await,
                cx.scope(|_, _| async { Ok(()) }).await,
                cx.all([branch(|_| async { Ok(()) })]).await.map(|_| ()),
                cx.any([branch(|_| async { Ok(()) })])
                    .await
                    .map_err(Error::from),
                cx.settle([branch(|_| async { Ok::<_, Error>(()) })])
                    .await
                    .map(|_| ()),
                cx.interval(ms(1)).tick().await.map(|_| ()),
                cx.retry(Schedule::constant(ms(0)), |_| async { Ok(()) })
                    .await,
                cx.hedge(ms(0), |_| async { Ok(()) }).await,
                cx.map_concurrent([()], 1, |_, ()| async { Ok(()) })
                    .await
                    .map(|_| ()),
            ] {
                assert!(failed.unwrap_err().is_cancelled());
                counted.add();
            }
            Ok::<_, Error>(())
        })?;
        cx.sleep(ms(1)).await?;
        child.cancel("");
        let outcome = child.join().await?;
        assert!(matches!(outcome, Outcome::Cancelled(_)), "{outcome:?}");
        Ok(failures.get())
    });
    assert_eq!(run.outcome, Outcome::Ok(16));
    assert_eq!(millis(&run), 1);
}

#[test]
fn a_mask_works_on_under_a_cancellation() {
    let run = check(|cx| async move {
        let done = Count::default();
        let counted = done.clone();
        let child = cx.spawn(move |cx| async move {
            let value = cx
                .mask(move |cx| async move {
                    cx.sleep(ms(10)).await?;
                    counted.add();
                    Ok::<_, Error>(7)
                })
                .await?;
            assert_eq!(value, 7);
            cx.checkpoint().await
        })?;
        cx.sleep(ms(1)).await?;
        child.cancel("");
        let outcome = child.join().await?;
        assert!(matches!(outcome, Outcome::Cancelled(_)), "{outcome:?}");
        Ok(done.get())
    });
    assert_eq!(run.outcome, Outcome::Ok(1));
    assert_eq!(millis(&run), 10);
}

#[test]
fn a_mask_opened_after_the_cancellation_works_too() {
    let run = check(|cx| async move {
        let child = cx.spawn(|cx| async move {
            let failed = cx.sleep(ms(1_000)).await.unwrap_err();
            cx.mask(|cx| async move { cx.sleep(ms(10)).await }).await?;
            Err::<(), _>(failed)
        })?;
        cx.sleep(ms(1)).await?;
        child.cancel("");
        Ok(child.join().await?.cancel_reason().is_some())
    });
    assert_eq!(run.outcome, Outcome::Ok(true));
    assert_eq!(millis(&run), 11);
}

#[test]
fn the_losers_of_a_race_have_drained_when_it_returns() {
    let run = check(|cx| async move {
        let drained = Count::default();
        let loser = |drained: Count| {
            branch(move |cx: Cx| async move {
                let counted = drained.clone();
                cx.defer(move |cx| async move {
                    cx.sleep(ms(20)).await.unwrap();
                    counted.add();
                })?;
                cx.sleep(ms(1_000)).await?;
                Ok::<_, Error>("loser")
            })
        };
        let winner = branch(|cx: Cx| async move {
            cx.sleep(ms(5)).await?;
            Ok("winner")
        });
        let first = cx
            .race([loser(drained.clone()), winner, loser(drained.clone())])
            .await?;
        Ok((first, drained.get()))
    });
    assert_eq!(run.outcome, Outcome::Ok(("winner", 2)));
    assert_eq!(millis(&run), 25);
}

#[test]
fn a_race_is_decided_by_the_first_failure_too() {
    let run = check(|cx| async move {
        let failed = cx
            .race([
                branch(|cx: Cx| async move { cx.sleep(ms(9)).await }),
                branch(|_| async { Err(Error::TimedOut) }),
            ])
            .await;
        Ok(failed)
    });
    assert_eq!(run.outcome, Outcome::Ok(Err(Error::TimedOut)));
}

#[test]
fn a_race_dropped_in_the_middle_cancels_its_branches_and_the_task_outlives_them() {
    let drained = Count::default();
    let counted = drained.clone();
    let run = check(|cx| async move {
        let slow = branch(move |cx: Cx| async move {
            cx.defer(move |_| async move { counted.add() })?;
            cx.sleep(ms(1_000)).await
        });
        let race = cx.race([slow]);
        match select(cx.sleep(ms(1)), race).await {
            Either::Left(slept) => slept,
            Either::Right(raced) => panic!("the race is slower: {raced:?}"),
        }
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
    assert_eq!((drained.get(), millis(&run)), (1, 1));
}

#[test]
fn a_timeout_cancels_its_body_and_returns_when_that_has_drained() {
    let run = check(|cx| async move {
        let late = cx
            .timeout(ms(10), |cx: Cx| async move {
                assert_eq!(cx.deadline(), asupersync_core::Time::from_millis(10));
                cx.defer(|cx| async move { cx.sleep(ms(5)).await.unwrap() })?;
                cx.sleep(ms(1_000)).await
            })
            .await;
        let early = cx
            .timeout(ms(10), |cx: Cx| async move {
                cx.sleep(ms(5)).await?;
                Ok::<_, Error>("early")
            })
            .await?;
        Ok((late, early))
    });
    assert_eq!(run.outcome, Outcome::Ok((Err(Error::TimedOut), "early")));
    assert_eq!(millis(&run), 20);
}

#[test]
fn of_nested_timeouts_the_smaller_wins_where_it_stands() {
    let run = check(|cx| async move {
        let inner = cx
            .timeout(ms(100), |cx: Cx| async move {
                let inner = cx
                    .timeout(ms(10), |cx: Cx| async move { cx.sleep(ms(1_000)).await })
                    .await;
                assert_eq!(inner, Err(Error::TimedOut));
                Ok::<_, Error>("outer goes on")
            })
            .await?;
        let outer = cx
            .timeout(ms(10), |cx: Cx| async move {
                cx.timeout(ms(100), |cx: Cx| async move { cx.sleep(ms(1_000)).await })
                    .await
            })
            .await;
        Ok((inner, outer))
    });
    let expected = ("outer goes on", Err(Error::TimedOut));
    assert_eq!(run.outcome, Outcome::Ok(expected));
}

#[test]
fn a_foreign_future_is_woken_and_cancelled_through_wait() {
    let run = check(|cx| async move {
        let flag = Flag::default();
        let waited = flag.clone();
        let woken = cx.spawn(move |cx| async move { cx.wait(waited).await })?;
        let deaf = cx.spawn(|cx| async move { cx.wait(pending::<()>()).await })?;
        cx.sleep(ms(1)).await?;
        flag.set();
        woken.result().await?;
        deaf.cancel_with(CancelKind::Unmount, "");
        let outcome = deaf.join().await?;
        Ok(outcome.cancel_reason().map(|reason| reason.kind))
    });
    assert_eq!(run.outcome, Outcome::Ok(Some(CancelKind::Unmount)));
    assert_eq!(millis(&run), 1);
}

#[test]
fn a_body_that_never_listens_is_dropped_when_its_drain_time_is_over() {
    struct Guard(Count);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.add();
        }
    }
    let dropped = Count::default();
    let counted = dropped.clone();
    let run = Lab::new(1).run(|cx| async move {
        let finalized = counted.clone();
        let deaf = cx.spawn(move |cx| async move {
            let _guard = Guard(counted);
            cx.defer(move |_| async move { finalized.add() })?;
            pending::<Result<(), Error>>().await
        })?;
        cx.sleep(ms(1)).await?;
        deaf.cancel("");
        let outcome = deaf.join().await?;
        assert!(matches!(outcome, Outcome::Cancelled(_)), "{outcome:?}");
        Ok::<_, Error>(())
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
    assert_eq!(millis(&run), 5_001);
    assert_eq!(dropped.get(), 2, "its guard and its finalizer");
    let live = run.report.live;
    assert_eq!((live.revoked, live.records, live.tasks), (1, 0, 0));
}

#[test]
fn dropped_sleeps_leave_one_timer_between_them() {
    let run = check(|cx| async move {
        for _ in 0..1_000 {
            let long = cx.sleep(ms(60_000));
            let short = cx.yield_now();
            assert!(matches!(select(long, short).await, Either::Right(Ok(()))));
        }
        Ok(())
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
    assert_eq!(millis(&run), 0);
    assert!(run.report.counters.events < 5_000, "no timer fired");
}

#[test]
fn a_sleep_that_takes_over_an_earlier_timer_is_on_time() {
    let run = check(|cx| async move {
        let dropped = cx.sleep(ms(10));
        select(dropped, cx.yield_now()).await;
        cx.sleep(ms(30)).await?;
        Ok(cx.now().as_nanos() / 1_000_000)
    });
    assert_eq!(run.outcome, Outcome::Ok(30));
}

#[test]
fn dropped_waits_for_foreign_futures_leave_one_signal_between_them() {
    let run = check(|cx| async move {
        for _ in 0..1_000 {
            select(cx.wait(pending::<()>()), cx.yield_now()).await;
        }
        Ok(())
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
    assert!(run.report.counters.events < 5_000, "one signal was opened");
}

#[test]
fn futures_inside_a_task_run_beside_each_other() {
    let run = check(|cx| async move {
        let (a, b) = join(cx.sleep(ms(10)), cx.sleep(ms(20))).await;
        a.and(b)?;
        Ok(cx.now().as_nanos() / 1_000_000)
    });
    assert_eq!(run.outcome, Outcome::Ok(20));
}

#[test]
fn a_task_woken_many_times_is_polled_once() {
    let polls = Count::default();
    let counted = polls.clone();
    let run = check(|cx| async move {
        let wakers = Arc::new(Mutex::new(None::<Waker>));
        let (kept, polls) = (Arc::clone(&wakers), counted.clone());
        let woken = cx.spawn(move |cx| async move {
            let mut left = 2;
            cx.wait(poll_fn(move |context| {
                polls.add();
                *kept.lock().unwrap() = Some(context.waker().clone());
                left -= 1;
                if left == 0 {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            }))
            .await
        })?;
        cx.sleep(ms(1)).await?;
        let waker = wakers.lock().unwrap().clone().unwrap();
        for _ in 0..100 {
            waker.wake_by_ref();
        }
        woken.result().await?;
        waker.wake();
        Ok(())
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
    assert_eq!(polls.get(), 2);
}

#[test]
fn a_host_operation_gives_its_value_and_an_abandoned_one_says_so() {
    let run = check(|cx| async move {
        let value = cx.host_op(|completer| completer.complete(5)).await?;
        let nothing = cx.host_op(|completer: Completer<()>| drop(completer)).await;
        Ok((value, nothing))
    });
    assert_eq!(run.outcome, Outcome::Ok((5, Err(Error::Abandoned))));
}

#[test]
fn a_cancelled_host_operation_is_told_and_drained() {
    let run = check(|cx| async move {
        let held = Arc::new(Mutex::new(None::<Completer<()>>));
        let holder = Arc::clone(&held);
        let child = cx.spawn(move |cx| async move {
            cx.host_op(move |completer| *holder.lock().unwrap() = Some(completer))
                .await
        })?;
        cx.sleep(ms(1)).await?;
        child.cancel("");
        cx.sleep(ms(10)).await?;
        assert!(!child.is_finished(), "the task ends after its operation");
        let completer = held.lock().unwrap().take().unwrap();
        assert!(completer.is_cancelled());
        completer.complete(());
        let outcome = child.join().await?;
        Ok(matches!(outcome, Outcome::Cancelled(_)))
    });
    assert_eq!(run.outcome, Outcome::Ok(true));
    assert_eq!(millis(&run), 11);
}

#[test]
fn a_run_that_waits_for_nothing_is_stalled_and_still_closes() {
    let run = Lab::new(1).run(|cx| async move { cx.wait(pending::<()>()).await });
    assert!(run.is_stalled);
    assert!(
        matches!(run.outcome, Outcome::Cancelled(_)),
        "{:?}",
        run.outcome
    );
    assert!(run.report.live.is_none(), "leaked: {:?}", run.report.live);
}

/// Some of everything.
fn busy(seed: u64) -> LabRun<u64> {
    Lab::new(seed).run(|cx| async move {
        let total = cx
            .scope(|cx, scope| async move {
                for _ in 0..20 {
                    let pause = ms(cx.random() % 5);
                    scope.spawn(move |cx| async move {
                        cx.sleep(pause).await?;
                        cx.yield_now().await
                    })?;
                }
                cx.race([
                    branch(|cx: Cx| async move { cx.sleep(ms(2)).await.map(|()| 2) }),
                    branch(|cx: Cx| async move { cx.sleep(ms(2)).await.map(|()| 3) }),
                ])
                .await
            })
            .await?;
        Ok(total)
    })
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_one_another() {
    let runs: Vec<_> = (0..16).map(busy).collect();
    for (seed, run) in (0..).zip(&runs) {
        assert_eq!(&busy(seed), run, "seed {seed}");
        assert!(run.report.live.is_none(), "leaked: {:?}", run.report.live);
    }
    let mut certificates: Vec<_> = runs.iter().map(|run| run.report.certificate).collect();
    certificates.dedup();
    assert!(certificates.len() > 8, "seeds explore schedules");
    let winners = |winner| runs.iter().any(|run| run.outcome == Outcome::Ok(winner));
    assert!(winners(2) && winners(3), "the seed decides a tie");
}

#[test]
fn a_swallowed_cancellation_uses_up_the_cleanup_polls_and_no_time() {
    let run = Lab::with(KernelConfig::default()).run(|cx| async move {
        let stubborn = cx.spawn(|cx| async move {
            loop {
                let _ = cx.race([branch(|_| async { Ok::<_, Error>(()) })]).await;
                let _ = cx.sleep(ms(1)).await;
            }
            #[allow(unreachable_code, reason = "names the body's type")]
            Ok::<(), Error>(())
        })?;
        cx.sleep(ms(5)).await?;
        stubborn.cancel("");
        stubborn.join().await
    });
    let Outcome::Ok(Outcome::Cancelled(_)) = run.outcome else {
        panic!("the body was cut off: {:?}", run.outcome);
    };
    assert_eq!(millis(&run), 5);
    assert_eq!(run.report.live.revoked, 1);
}
