//! The native runtime: time passes, other threads wake, and it closes.
//!
//! No test sleeps to be right: threads meet at channels, and times are only ever lower bounds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use core::task::{Poll, Waker};
use core::time::Duration;
use std::future::{pending, poll_fn};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Instant;

use asupersync_core::KernelConfig;
use asupersync_core::exec::{Completer, Cx, Error, Outcome, branch};
use asupersync_native::{NativeConfig, NativeRuntime};

/// Runs `body` and checks that nothing is left of the run.
fn check<T, F, Fut>(body: F) -> Outcome<T>
where
    T: Send + 'static,
    F: FnOnce(Cx) -> Fut + Send + 'static,
    Fut: Future<Output = Result<T, Error>> + Send + 'static,
{
    check_with(NativeConfig::default(), body)
}

fn check_with<T, F, Fut>(config: NativeConfig, body: F) -> Outcome<T>
where
    T: Send + 'static,
    F: FnOnce(Cx) -> Fut + Send + 'static,
    Fut: Future<Output = Result<T, Error>> + Send + 'static,
{
    let run = NativeRuntime::with(config).run_reported(body);
    assert!(run.report.live.is_none(), "leaked: {:?}", run.report.live);
    assert_eq!(run.abandoned_jobs, []);
    run.outcome
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
    let outcome = check_with(config, move |cx| async move {
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
