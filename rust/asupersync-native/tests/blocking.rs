//! Blocking work: bounded in threads and queue, drained at close for a bounded time.
//!
//! No test sleeps to be right: threads meet at channels.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use asupersync_core::exec::{Cx, Error, Lab, Outcome, branch};
use asupersync_core::{CancelKind, ErrorKind, KernelConfig, KernelError};
use asupersync_native::{NativeConfig, NativeRun, NativeRuntime, spawn_blocking};

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
    let outcome = check_with(config, move |cx| async move {
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
    let outcome = check_with(config, |cx| async move {
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
    let full = KernelError {
        kind: ErrorKind::LimitReached,
        expected: "room in the queue of the blocking pool",
        received: 1,
    };
    assert_eq!(outcome, Outcome::Ok(Err(Error::Refused(full))));
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
fn blocking_work_runs_in_the_task_in_the_lab() {
    let here = thread::current().id();
    let run = Lab::new(1).run(move |cx| async move {
        spawn_blocking(&cx, move || thread::current().id() == here).await
    });
    assert_eq!(run.outcome, Outcome::Ok(true));
}

#[test]
fn closing_waits_for_a_job_that_ends_in_the_drain_time() {
    let ended = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&ended);
    let (release, released) = mpsc::channel::<()>();
    let outcome = check(move |cx| async move {
        let (begun, has_begun) = mpsc::channel();
        cx.spawn(move |cx| async move {
            spawn_blocking(&cx, move || {
                begun.send(()).unwrap();
                released.recv().unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
            })
            .await
        })?;
        cx.checkpoint().await?;
        has_begun.recv().unwrap();
        // The failure cancels the child while the close goes on; only then may the job end.
        thread::spawn(move || release.send(()).unwrap());
        Err::<(), _>(Error::Abandoned)
    });
    assert_eq!(outcome, Outcome::Err(Error::Abandoned));
    assert_eq!(ended.load(Ordering::SeqCst), 1);
}

#[test]
fn closing_names_the_jobs_that_outlast_the_drain_time_and_leaves_them_behind() {
    let config = NativeConfig {
        kernel: KernelConfig {
            drain_time_ns: 1_000_000,
            ..KernelConfig::default()
        },
        ..NativeConfig::default()
    };
    let (release, released) = mpsc::channel::<()>();
    let line = line!() + 5;
    let run: NativeRun<_> = NativeRuntime::with(config).run_reported(|cx| async move {
        let (begun, has_begun) = mpsc::channel();
        let child = cx.spawn(move |cx| async move {
            // The job, and the place that is named.
            spawn_blocking(&cx, move || {
                begun.send(()).unwrap();
                released.recv().unwrap();
            })
            .await
        })?;
        cx.checkpoint().await?;
        has_begun.recv().unwrap();
        child.cancel("");
        Ok(child.join().await?.cancel_reason().is_some())
    });
    // Its own outcome is not touched by it, and nobody hears of the job's end.
    assert_eq!(run.outcome, Outcome::Ok(true));
    assert_eq!(run.report.counters.host_ops_revoked, 1);
    let places = run.abandoned_jobs.iter().map(|job| job.spawned_at);
    let places: Vec<_> = places.map(|place| (place.file(), place.line())).collect();
    assert_eq!(places, [(file!(), line)]);
    release.send(()).unwrap();
}
