//! The native runtime: time passes, other threads wake, blocking work is bounded and drained.
//!
//! No test sleeps to be right: threads meet at channels, and times are only ever lower bounds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use core::task::{Poll, Waker};
use core::time::Duration;
use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Instant;

use asupersync_core::exec::{Completer, Cx, Error, Lab, Outcome, branch};
use asupersync_core::{CancelKind, KernelConfig};
use asupersync_native::{NativeConfig, NativeRuntime, spawn_blocking};

/// Runs `body` and checks that nothing is left of the run.
fn check<T, F, Fut>(body: F) -> Outcome<T>
where
    T: Send + 'static,
    F: FnOnce(Cx) -> Fut + Send + 'static,
    Fut: Future<Output = Result<T, Error>> + Send + 'static,
{
    check_with(&NativeConfig::default(), body)
}

fn check_with<T, F, Fut>(config: &NativeConfig, body: F) -> Outcome<T>
where
    T: Send + 'static,
    F: FnOnce(Cx) -> Fut + Send + 'static,
    Fut: Future<Output = Result<T, Error>> + Send + 'static,
{
    let (outcome, report) = NativeRuntime::with(config).run_reported(body);
    assert!(report.live.is_none(), "leaked: {:?}", report.live);
    outcome
}

#[test]
fn a_sleep_lasts_at_least_its_time() {
    let started = Instant::now();
    let outcome = check(|cx| async move { cx.sleep(Duration::from_millis(5)).await });
    assert_eq!(outcome, Outcome::Ok(()));
    assert!(started.elapsed() >= Duration::from_millis(5));
}

#[test]
fn the_loser_of_a_race_does_not_hold_the_runtime() {
    let outcome = check(|cx| async move {
        cx.race([
            branch(|cx: Cx| async move {
                cx.sleep(Duration::from_secs(86_400)).await?;
                Ok::<_, Error>("a day")
            }),
            branch(|_| async { Ok("now") }),
        ])
        .await
    });
    assert_eq!(outcome, Outcome::Ok("now"));
}

#[test]
fn a_waker_fired_from_another_thread_wakes_the_parked_driver() {
    let (send, receive) = mpsc::channel::<Waker>();
    let is_set = Arc::new(Mutex::new(false));
    let setting = Arc::clone(&is_set);
    let thread = thread::spawn(move || {
        let waker = receive.recv().unwrap();
        *setting.lock().unwrap() = true;
        waker.wake();
    });
    let outcome = check(move |cx| async move {
        cx.wait(poll_fn(move |context| {
            if *is_set.lock().unwrap() {
                return Poll::Ready(());
            }
            let _ = send.send(context.waker().clone());
            Poll::Pending
        }))
        .await
    });
    assert_eq!(outcome, Outcome::Ok(()));
    thread.join().unwrap();
}

#[test]
fn a_handle_cancels_from_another_thread() {
    let outcome = check(|cx| async move {
        let (cancelled, is_cancelled) = mpsc::channel();
        let child = cx.spawn(move |cx| async move {
            let waited = cx.wait(pending::<()>()).await;
            cancelled.send(cx.cancel_reason().is_some()).unwrap();
            waited
        })?;
        cx.checkpoint().await?;
        let thread = thread::spawn(move || {
            child.cancel("from outside");
            is_cancelled.recv().unwrap()
        });
        Ok(thread)
    });
    let thread = outcome.ok().unwrap();
    assert!(thread.join().unwrap());
}

#[test]
fn a_host_operation_is_completed_from_another_thread() {
    let outcome = check(|cx| async move {
        cx.host_op(|completer| {
            thread::spawn(move || completer.complete("value"));
        })
        .await
    });
    assert_eq!(outcome, Outcome::Ok("value"));
}

#[test]
fn blocking_work_runs_on_a_named_thread_of_the_pool() {
    let outcome = check(|cx| async move {
        spawn_blocking(&cx, || thread::current().name().map(str::to_owned)).await
    });
    assert_eq!(outcome, Outcome::Ok(Some("asupersync-blocking-1".into())));
}

#[test]
fn a_panic_of_blocking_work_is_an_error_of_the_wait() {
    let outcome =
        check(|cx| async move { Ok(spawn_blocking(&cx, || -> () { panic!("boom") }).await) });
    assert_eq!(outcome, Outcome::Ok(Err(Error::Panicked("boom".into()))));
}

#[test]
fn the_pool_has_no_more_threads_than_it_may() {
    let config = NativeConfig {
        blocking_threads_max: 2,
        ..NativeConfig::default()
    };
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&most);
    let outcome = check_with(&config, move |cx| async move {
        cx.all((0..50).map(|n| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&counted));
            branch(move |cx: Cx| async move {
                spawn_blocking(&cx, move || {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                    n
                })
                .await
            })
        }))
        .await
    });
    assert_eq!(outcome, Outcome::Ok((0..50).collect()));
    assert!(most.load(Ordering::SeqCst) <= 2);
}

#[test]
fn a_full_pool_refuses_and_goes_on() {
    let config = NativeConfig {
        blocking_threads_max: 1,
        blocking_queue_max: 1,
        ..NativeConfig::default()
    };
    let outcome = check_with(&config, |cx| async move {
        let (begun, has_begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let first = cx.spawn(move |cx| async move {
            spawn_blocking(&cx, move || {
                begun.send(()).unwrap();
                released.recv().unwrap();
            })
            .await
        })?;
        cx.checkpoint().await?;
        has_begun.recv().unwrap();
        let second = cx.spawn(|cx| async move { spawn_blocking(&cx, || ()).await })?;
        cx.checkpoint().await?;
        let third = spawn_blocking(&cx, || ()).await;
        release.send(()).unwrap();
        first.result().await?;
        second.result().await?;
        Ok(third)
    });
    assert_eq!(outcome, Outcome::Ok(Err(Error::Abandoned)));
}

#[test]
fn cancelled_blocking_work_is_waited_for_and_its_value_dropped() {
    let outcome = check(|cx| async move {
        let (begun, has_begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let ended = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&ended);
        let child = cx.spawn(move |cx| async move {
            spawn_blocking(&cx, move || {
                begun.send(()).unwrap();
                released.recv().unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
            })
            .await
        })?;
        cx.checkpoint().await?;
        has_begun.recv().unwrap();
        child.cancel("");
        release.send(()).unwrap();
        let outcome = child.join().await?;
        assert_eq!(ended.load(Ordering::SeqCst), 1, "drained before the end");
        Ok(outcome.cancel_reason().map(|reason| reason.kind))
    });
    assert_eq!(outcome, Outcome::Ok(Some(CancelKind::User)));
}

#[test]
fn closing_does_not_wait_for_an_operation_past_the_drain_time() {
    let config = NativeConfig {
        kernel: KernelConfig {
            drain_time_ns: 1_000_000,
            ..KernelConfig::default()
        },
        ..NativeConfig::default()
    };
    let held = Arc::new(Mutex::new(None::<Completer<()>>));
    let holder = Arc::clone(&held);
    let outcome = check_with(&config, move |cx| async move {
        let child = cx.spawn(move |cx| async move {
            cx.host_op(move |completer| *holder.lock().unwrap() = Some(completer))
                .await
        })?;
        cx.checkpoint().await?;
        child.cancel("");
        Ok(child.join().await?.cancel_reason().is_some())
    });
    assert_eq!(outcome, Outcome::Ok(true));
    // Late, and after everything: nobody is there to hear it.
    drop(held.lock().unwrap().take());
}

#[test]
fn blocking_work_runs_in_the_task_in_the_lab() {
    let here = thread::current().id();
    let run = Lab::new(1).run(move |cx| async move {
        spawn_blocking(&cx, move || thread::current().id() == here).await
    });
    assert_eq!(run.outcome, Outcome::Ok(true));
}
