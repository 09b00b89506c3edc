//! Scopes and budgets: policies, limits, finalizers of a scope, closing, quotas; in the lab.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod lab_support;

use core::time::Duration;
use std::sync::{Arc, Mutex};

use asupersync_core::exec::{Error, JoinHandle, Lab, Outcome, Scope, ScopeOptions, ScopePolicy};
use asupersync_core::{Budget, CancelKind, ErrorKind, RegionLimits, Time};
use lab_support::{Guard, Log, check, millis, ms};

fn refused<T: core::fmt::Debug>(result: Result<T, Error>) -> ErrorKind {
    match result {
        Err(Error::Refused(error)) => error.kind,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn a_scope_that_collects_lets_the_others_finish_and_fails_at_its_close() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|cx| async move {
        let options = ScopeOptions {
            policy: ScopePolicy::CollectAll,
            ..ScopeOptions::default()
        };
        let ended = cx
            .scope_with(options, |cx, scope| async move {
                scope.spawn(|_| async { Err::<(), _>(Error::TimedOut) })?;
                scope.spawn(move |cx| async move {
                    cx.sleep(ms(5)).await?;
                    inner.add("the other finished");
                    Ok::<_, Error>(())
                })?;
                cx.sleep(ms(1)).await
            })
            .await;
        Ok((ended, millis(&cx)))
    });
    assert_eq!(run.outcome, Outcome::Ok((Err(Error::ChildFailed), 5)));
    assert_eq!(log.lines(), ["the other finished"]);
}

#[test]
fn finalizers_of_a_scope_run_last_in_first_out_after_its_tasks() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|cx| async move {
        let at_end = inner.clone();
        let value = cx
            .scope(|cx, scope| async move {
                for name in ["first", "second"] {
                    let log = inner.clone();
                    scope.defer(move |cx| async move {
                        cx.sleep(ms(5)).await.unwrap();
                        log.add(format!("{name} at {}", millis(&cx)));
                    })?;
                }
                let (log, own) = (inner.clone(), inner);
                scope.spawn(move |cx| async move {
                    cx.sleep(ms(2)).await?;
                    log.add("task");
                    Ok::<_, Error>(())
                })?;
                cx.defer(move |_| async move { own.add("finalizer of the body") })?;
                Ok::<_, Error>("value")
            })
            .await?;
        at_end.add("scope closed");
        Ok(value)
    });
    assert_eq!(run.outcome, Outcome::Ok("value"));
    let lines = [
        "finalizer of the body",
        "task",
        "second at 7",
        "first at 12",
        "scope closed",
    ];
    assert_eq!(log.lines(), lines);
}

#[test]
fn a_finalizer_of_a_scope_runs_masked_after_a_cancellation() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|cx| async move {
        let child = cx.spawn(|cx| async move {
            cx.scope(|cx, scope| async move {
                scope.defer(move |cx| async move {
                    cx.sleep(ms(3)).await.unwrap();
                    inner.add("cleaned");
                })?;
                cx.sleep(ms(1_000)).await
            })
            .await
        })?;
        cx.sleep(ms(1)).await?;
        child.cancel("");
        Ok(child.join().await?.cancel_reason().is_some())
    });
    assert_eq!(run.outcome, Outcome::Ok(true));
    assert_eq!(log.lines(), ["cleaned"]);
    assert_eq!(run.ended_at, Time::from_millis(4));
}

#[test]
fn a_finalizer_of_a_scope_that_panics_fails_the_scope_and_the_others_run() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|cx| async move {
        cx.scope(|_, scope| async move {
            scope.defer(move |_| async move { inner.add("ran") })?;
            scope.defer(|_| async { panic!("finalizer") })?;
            Ok::<_, Error>(())
        })
        .await
    });
    let error = Error::Panicked("a child or a finalizer panicked".into());
    assert_eq!(run.outcome, Outcome::Err(error));
    assert_eq!(log.lines(), ["ran"]);
}

#[test]
fn a_finalizer_of_a_scope_that_does_not_end_is_dropped() {
    let log = Log::default();
    let inner = log.clone();
    let run = Lab::new(1).run(|cx| async move {
        cx.scope(|_, scope| async move {
            scope.defer(move |cx| async move {
                let _guard = Guard(inner, "finalizer");
                cx.sleep(Duration::from_secs(3_600)).await.unwrap();
            })?;
            Ok::<_, Error>(())
        })
        .await
    });
    assert!(matches!(run.outcome, Outcome::Err(Error::Panicked(_))));
    assert_eq!(log.lines(), ["dropped finalizer"]);
    assert_eq!(run.report.live.revoked, 1);
    assert_eq!(run.ended_at, Time::from_millis(5_000), "the drain time");
}

#[test]
fn finalizers_of_scopes_run_at_a_shutdown() {
    let log = Log::default();
    let inner = log.clone();
    let run = Lab::new(1).run(|cx| async move {
        cx.scope(|cx, scope| async move {
            scope.defer(move |_| async move { inner.add("cleaned") })?;
            cx.wait(core::future::pending::<()>()).await
        })
        .await
    });
    assert!(run.is_stalled, "nothing can come");
    assert!(run.report.live.is_none(), "{:?}", run.report.live);
    assert_eq!(log.lines(), ["cleaned"]);
}

#[test]
fn a_scope_that_is_closing_admits_nothing_and_lets_what_runs_finish() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|cx| async move {
        cx.scope(|_, scope| async move {
            let own = inner.clone();
            scope.spawn(move |cx| async move {
                cx.sleep(ms(5)).await?;
                own.add("finished");
                Ok::<_, Error>(())
            })?;
            assert!(scope.is_open());
            scope.close();
            scope.close();
            assert!(!scope.is_open());
            let spawned = scope.spawn(|_| async { Ok::<_, Error>(()) });
            assert_eq!(refused(spawned), ErrorKind::ScopeClosed);
            let guard = Guard(inner, "refused finalizer");
            let deferred = scope.defer(move |_| async move { drop(guard) });
            assert_eq!(refused(deferred), ErrorKind::ScopeClosed);
            Ok(())
        })
        .await
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
    assert_eq!(log.lines(), ["dropped refused finalizer", "finished"]);
}

#[test]
fn a_scope_that_has_closed_is_not_open_and_refuses() {
    let run = check(|cx| async move {
        let kept = Arc::new(Mutex::new(None::<Scope>));
        let inner = Arc::clone(&kept);
        cx.scope(|_, scope| async move {
            *inner.lock().unwrap() = Some(scope);
            Ok::<_, Error>(())
        })
        .await?;
        let scope = kept.lock().unwrap().take().unwrap();
        assert!(!scope.is_open());
        scope.close();
        scope.cancel(CancelKind::User, "");
        Ok(refused(scope.spawn(|_| async { Ok::<_, Error>(()) })))
    });
    assert_eq!(run.outcome, Outcome::Ok(ErrorKind::StaleHandle));
}

/// A body that is refused is dropped where its destructors may use the runtime.
#[test]
fn what_a_refused_body_captured_may_use_the_runtime_in_its_destructor() {
    struct CancelOnDrop(JoinHandle<()>);
    impl Drop for CancelOnDrop {
        fn drop(&mut self) {
            self.0.cancel("its owner is gone");
        }
    }
    let run = check(|cx| async move {
        cx.scope(|cx, scope| async move {
            for defer in [false, true] {
                let other = cx.spawn(|cx| async move { cx.sleep(ms(1_000)).await })?;
                let captured = CancelOnDrop(other);
                scope.close();
                let refusal = if defer {
                    refused(scope.defer(move |_| async move { drop(captured) }))
                } else {
                    refused(scope.spawn(move |_| async move {
                        drop(captured);
                        Ok::<_, Error>(())
                    }))
                };
                assert_eq!(refusal, ErrorKind::ScopeClosed);
            }
            Ok(())
        })
        .await
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
    assert_eq!(run.ended_at, Time::ZERO);
}

#[test]
fn limits_of_a_scope_count_what_is_live_its_body_included() {
    let run = check(|cx| async move {
        let options = ScopeOptions {
            limits: RegionLimits {
                tasks: 2,
                ..RegionLimits::NONE
            },
            ..ScopeOptions::default()
        };
        cx.scope_with(options, |_, scope| async move {
            let one = scope.spawn(|_| async { Ok::<_, Error>(()) })?;
            let second = scope.spawn(|_| async { Ok::<_, Error>(()) });
            assert_eq!(refused(second), ErrorKind::LimitReached);
            one.result().await?;
            scope.spawn(|_| async { Ok::<_, Error>(()) })?;
            Ok(())
        })
        .await
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
}

/// How a child that works in a loop, each step charged and followed by a wait, is cancelled.
fn spent(budget: Budget) -> (CancelKind, u32, Time) {
    let steps = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&steps);
    let run = check(move |cx| async move {
        let child: JoinHandle<()> = cx.spawn_with(budget, move |cx| async move {
            loop {
                *counted.lock().unwrap() += 1;
                cx.charge(10)?;
                cx.sleep(ms(1)).await?;
            }
        })?;
        let outcome = child.join().await?;
        Ok(outcome.cancel_reason().unwrap().kind)
    });
    let kind = run.outcome.ok().unwrap();
    let steps = *steps.lock().unwrap();
    (kind, steps, run.ended_at)
}

#[test]
fn a_child_past_its_budget_is_cancelled_with_the_kind_that_says_so() {
    let cost = Budget {
        cost: 45,
        ..Budget::DEFAULT
    };
    assert_eq!(
        spent(cost),
        (CancelKind::CostBudget, 5, Time::from_millis(4))
    );
    let deadline = Budget {
        deadline: Time::from_millis(3),
        ..Budget::DEFAULT
    };
    let (kind, _, ended_at) = spent(deadline);
    assert_eq!(
        (kind, ended_at),
        (CancelKind::Deadline, Time::from_millis(3))
    );
    let polls = Budget {
        polls: 6,
        ..Budget::DEFAULT
    };
    let (kind, steps, _) = spent(polls);
    assert_eq!(kind, CancelKind::PollQuota);
    assert!((5..=6).contains(&steps), "{steps}");
}

#[test]
fn a_deadline_of_a_budget_is_seen_below_and_meets_what_is_above() {
    let run = check(|cx| async move {
        let at = |ms| Budget {
            deadline: Time::from_millis(ms),
            ..Budget::DEFAULT
        };
        let child = cx.spawn_with(at(50), move |cx| async move {
            assert_eq!(cx.deadline(), Time::from_millis(50));
            let later =
                cx.spawn_with(at(900), |cx| async move { Ok::<_, Error>(cx.deadline()) })?;
            assert_eq!(later.result().await?, Time::from_millis(50));
            cx.spawn_with(at(900), |cx| async move { cx.sleep(ms(1_000)).await })?;
            cx.sleep(ms(1_000)).await
        })?;
        Ok(child.join().await?.cancel_reason().unwrap().kind)
    });
    assert_eq!(run.outcome, Outcome::Ok(CancelKind::Deadline));
    assert_eq!(run.ended_at, Time::from_millis(50));
}

#[test]
fn a_budget_of_a_scope_is_one_of_each_of_its_tasks() {
    let run = check(|cx| async move {
        let options = ScopeOptions {
            budget: Budget {
                cost: 10,
                ..Budget::DEFAULT
            },
            ..ScopeOptions::default()
        };
        let ended = cx
            .scope_with(options, |cx, scope| async move {
                let child = scope.spawn(|cx| async move {
                    cx.charge(11)?;
                    cx.checkpoint().await
                })?;
                let kind = child.join().await?.cancel_reason().unwrap().kind;
                assert_eq!(kind, CancelKind::CostBudget);
                cx.charge(10)?;
                cx.checkpoint().await?;
                cx.charge(1)?;
                cx.checkpoint().await
            })
            .await;
        let Err(Error::Cancelled(reason)) = ended else {
            panic!("expected the cancellation of the body, got {ended:?}");
        };
        // The caller has no quota.
        cx.charge(1_000)?;
        cx.checkpoint().await?;
        Ok(reason.kind)
    });
    assert_eq!(run.outcome, Outcome::Ok(CancelKind::CostBudget));
}

#[test]
fn a_higher_priority_runs_first_and_one_too_high_is_refused() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|cx| async move {
        for priority in [0, 7, 3] {
            let (log, budget) = (
                inner.clone(),
                Budget {
                    priority,
                    ..Budget::DEFAULT
                },
            );
            cx.spawn_with(budget, move |_| async move {
                log.add(priority.to_string());
                Ok::<_, Error>(())
            })?;
        }
        let budget = Budget {
            priority: 8,
            ..Budget::DEFAULT
        };
        let spawned = cx.spawn_with(budget, |_| async { Ok::<_, Error>(()) });
        Ok(refused(spawned))
    });
    assert_eq!(run.outcome, Outcome::Ok(ErrorKind::LimitReached));
    assert_eq!(log.lines(), ["7", "3", "0"]);
}

#[test]
fn charging_with_the_cx_of_another_task_is_refused() {
    let run = check(|cx| async move {
        let parents = cx.clone();
        let child = cx.spawn(|_| async move { Ok::<_, Error>(refused(parents.charge(1))) })?;
        child.result().await
    });
    assert_eq!(run.outcome, Outcome::Ok(ErrorKind::WrongState));
}
