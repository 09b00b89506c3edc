//! Rust bodies as tasks: values, children, handles, panics, scopes, finalizers; in the lab.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod lab_support;

use core::time::Duration;

use asupersync_core::exec::{BoxFuture, Cx, Error, JoinHandle, Outcome, branch};
use asupersync_core::{CancelKind, ErrorKind};
use lab_support::{Guard, Log, check, ms};

#[test]
fn a_body_gives_its_value() {
    assert_eq!(check(|_| async { Ok(5) }).outcome, Outcome::Ok(5));
}

#[test]
fn an_error_of_the_body_is_its_outcome() {
    let run = check(|_| async { Err::<(), _>(Error::TimedOut) });
    assert_eq!(run.outcome, Outcome::Err(Error::TimedOut));
}

#[test]
fn sleeping_moves_virtual_time_and_nothing_else() {
    let run = check(|cx| async move {
        let started = cx.now();
        cx.sleep(Duration::from_secs(86_400)).await?;
        Ok(cx.now().as_nanos() - started.as_nanos())
    });
    assert_eq!(run.outcome, Outcome::Ok(86_400_000_000_000));
    assert_eq!(run.ended_at.as_nanos(), 86_400_000_000_000);
}

#[test]
fn children_run_at_once_and_are_joined_for_their_values() {
    let run = check(|cx| async move {
        let a = cx.spawn(|cx| async move {
            cx.sleep(ms(10)).await?;
            Ok::<_, Error>(1)
        })?;
        let b = cx.spawn(|cx| async move {
            cx.sleep(ms(10)).await?;
            Ok::<_, Error>(2)
        })?;
        let sum = a.result().await? + b.result().await?;
        Ok((sum, cx.now().as_nanos() / 1_000_000))
    });
    assert_eq!(run.outcome, Outcome::Ok((3, 10)));
}

#[test]
fn a_dropped_handle_detaches_nothing() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|cx| async move {
        drop(cx.spawn(|cx| async move {
            cx.sleep(ms(10)).await?;
            inner.add("child ended");
            Ok::<_, Error>(())
        })?);
        Ok(())
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
    assert_eq!(log.lines(), ["child ended"]);
    assert_eq!(run.ended_at.as_nanos(), 10_000_000);
}

#[test]
fn joining_a_task_that_has_ended_gives_its_outcome_at_once() {
    let run = check(|cx| async move {
        let child = cx.spawn(|_| async { Ok::<_, Error>(9) })?;
        cx.sleep(ms(1)).await?;
        assert!(child.is_finished());
        let before = cx.now();
        let value = child.join().await?;
        assert_eq!(cx.now(), before);
        Ok(value)
    });
    assert_eq!(run.outcome, Outcome::Ok(Outcome::Ok(9)));
}

#[test]
fn a_cancelled_child_is_no_failure_and_its_handle_says_why() {
    let run = check(|cx| async move {
        let child = cx.spawn(|cx| async move { cx.sleep(ms(1_000)).await })?;
        cx.sleep(ms(1)).await?;
        child.cancel("enough");
        let outcome = child.join().await?;
        let reason = outcome.cancel_reason().unwrap();
        Ok((reason.kind, reason.message.clone()))
    });
    let message = Some("enough".into());
    assert_eq!(run.outcome, Outcome::Ok((CancelKind::User, message)));
    assert_eq!(run.ended_at.as_nanos(), 1_000_000, "it was woken at once");
}

#[test]
fn a_failed_child_cancels_its_parent_and_is_its_outcome() {
    let run = check(|cx| async move {
        let _child = cx.spawn(|_| async { Err::<(), _>(Error::TimedOut) })?;
        cx.sleep(ms(1_000)).await
    });
    assert_eq!(run.outcome, Outcome::Err(Error::ChildFailed));
    assert_eq!(run.ended_at.as_nanos(), 0);
}

#[test]
fn a_panic_is_an_outcome_with_its_message() {
    let run = check(|cx| async move {
        let scope = cx.scope(|_, scope| async move {
            let child: JoinHandle<()> = scope.spawn(|_| async { panic!("boom {}", 1) })?;
            child.result().await
        });
        Ok(scope.await)
    });
    let message = "a child or a finalizer panicked";
    let by_child = Err(Error::Panicked(message.into()));
    assert_eq!(run.outcome, Outcome::Ok(by_child));

    let run = check(|_| async { panic!("own {}", 2) as Result<(), Error> });
    assert_eq!(run.outcome, Outcome::Panicked("own 2".into()));
}

#[test]
fn a_panic_drops_what_the_body_held() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|_| async move {
        let _guard = Guard(inner, "guard");
        panic!("boom") as Result<(), Error>
    });
    assert_eq!(run.outcome, Outcome::Panicked("boom".into()));
    assert_eq!(log.lines(), ["dropped guard"]);
}

#[test]
fn a_scope_waits_for_its_children_and_gives_its_bodys_value() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|cx| async move {
        let value = cx
            .scope(|_, scope| async move {
                for n in [3_u64, 1, 2] {
                    let log = inner.clone();
                    scope.spawn(move |cx| async move {
                        cx.sleep(ms(n)).await?;
                        log.add(format!("child {n}"));
                        Ok::<_, Error>(())
                    })?;
                }
                Ok::<_, Error>("value")
            })
            .await?;
        Ok((value, cx.now().as_nanos()))
    });
    assert_eq!(run.outcome, Outcome::Ok(("value", 3_000_000)));
    assert_eq!(log.lines(), ["child 1", "child 2", "child 3"]);
}

#[test]
fn a_failure_in_a_nested_scope_stays_in_it() {
    let run = check(|cx| async move {
        let inner = cx
            .scope(|cx, _| async move {
                cx.scope(|cx, scope| async move {
                    scope.spawn(|_| async { Err::<(), _>(Error::TimedOut) })?;
                    cx.sleep(ms(1_000)).await
                })
                .await
            })
            .await;
        Ok(inner)
    });
    let Outcome::Ok(Err(error)) = run.outcome else {
        panic!("the outer task ended well: {:?}", run.outcome);
    };
    assert!(matches!(error, Error::ChildFailed), "{error}");
    assert_eq!(run.ended_at.as_nanos(), 0);
}

#[test]
fn a_scope_handed_down_admits_work_from_below_and_refuses_once_it_is_cancelled() {
    let run = check(|cx| async move {
        let refused = cx
            .scope(|cx, scope| async move {
                let lower = scope.clone();
                scope.spawn(move |_| async move {
                    lower.spawn(|_| async { Ok::<_, Error>(()) })?;
                    Ok::<_, Error>(())
                })?;
                cx.sleep(ms(1)).await?;
                scope.cancel(CancelKind::User, "");
                match scope.spawn(|_| async { Ok::<_, Error>(()) }) {
                    Err(Error::Refused(error)) => assert_eq!(error.kind, ErrorKind::ScopeClosed),
                    other => panic!("expected a refusal, got {other:?}"),
                }
                cx.checkpoint().await
            })
            .await;
        Ok(refused.unwrap_err().is_cancelled())
    });
    assert_eq!(run.outcome, Outcome::Ok(true));
}

#[test]
fn a_cx_is_refused_outside_its_task() {
    let run = check(|cx| async move {
        let parents = cx.clone();
        let child = cx.spawn(|_| async move { parents.sleep(ms(1)).await })?;
        match child.join().await {
            Ok(Outcome::Err(Error::Refused(error))) => {
                assert_eq!(error.kind, ErrorKind::WrongState)
            }
            Err(Error::Cancelled(_)) => {}
            other => panic!("expected a refusal, got {other:?}"),
        }
        Ok(())
    });
    assert_eq!(run.outcome, Outcome::Err(Error::ChildFailed));
}

#[test]
fn finalizers_run_last_in_first_out_after_the_children() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|cx| async move {
        for name in ["first", "second"] {
            let log = inner.clone();
            cx.defer(move |cx| async move {
                cx.sleep(ms(5)).await.unwrap();
                log.add(name);
            })?;
        }
        let log = inner.clone();
        cx.spawn(|cx| async move {
            cx.sleep(ms(1)).await?;
            log.add("child");
            Ok::<_, Error>(())
        })?;
        Ok(())
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
    assert_eq!(log.lines(), ["child", "second", "first"]);
    assert_eq!(run.ended_at.as_nanos(), 11_000_000);
}

#[test]
fn a_finalizer_that_panics_makes_the_task_panicked_and_the_others_run() {
    let log = Log::default();
    let inner = log.clone();
    let run = check(|cx| async move {
        cx.defer(move |_| async move { inner.add("first") })?;
        cx.defer(|_| async { panic!("finalizer") })?;
        Ok(())
    });
    assert_eq!(run.outcome, Outcome::Panicked("finalizer".into()));
    assert_eq!(log.lines(), ["first"]);
}

#[test]
fn all_gives_the_values_in_order_and_the_first_failure_otherwise() {
    let run = check(|cx| async move {
        let values = cx
            .all([3_u64, 1, 2].map(|n| {
                branch(move |cx| async move {
                    cx.sleep(ms(n)).await?;
                    Ok::<_, Error>(n)
                })
            }))
            .await?;
        let failed = cx
            .all([3_u64, 1, 2].map(|n| {
                branch(move |cx| async move {
                    cx.sleep(ms(n)).await?;
                    Err::<(), _>(if n == 1 {
                        Error::Abandoned
                    } else {
                        Error::TimedOut
                    })
                })
            }))
            .await;
        let none = cx.all::<u8, Error>([]).await?;
        Ok((values, failed, none, cx.now().as_nanos()))
    });
    let expected = (vec![3, 1, 2], Err(Error::Abandoned), vec![], 4_000_000);
    assert_eq!(run.outcome, Outcome::Ok(expected));
}

#[test]
fn a_long_chain_of_tasks_is_cancelled_without_recursion() {
    const DEPTH: u32 = 10_000;
    fn link(cx: Cx, depth: u32) -> BoxFuture<Result<(), Error>> {
        Box::pin(async move {
            if depth > 0 {
                cx.spawn(move |cx| link(cx, depth - 1))?;
            }
            cx.sleep(ms(1_000)).await
        })
    }
    // Release checks nothing after every turn, debug all that lives: a shorter chain there.
    let depth = if cfg!(debug_assertions) { 500 } else { DEPTH };
    let run = check(move |cx| async move {
        let first = cx.spawn(move |cx| link(cx, depth))?;
        cx.sleep(ms(1)).await?;
        first.cancel("");
        Ok(first.join().await?.cancel_reason().is_some())
    });
    assert_eq!(run.outcome, Outcome::Ok(true));
    assert_eq!(run.ended_at.as_nanos(), 1_000_000);
}
