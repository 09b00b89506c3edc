//! Exploration: each kind of fault is found and named by its seed, and a clean body passes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use core::future::pending;
use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use asupersync_core::KernelConfig;
use asupersync_core::exec::{Cx, Error, Explored, Fault, FaultyRun, Lab};

/// Explores a few seeds.
fn check<T, F, Fut>(body: F) -> Result<Explored, Box<FaultyRun>>
where
    T: Send + 'static,
    F: Fn(Cx) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T, Error>> + Send + 'static,
{
    Lab::new(0).explore(0..20, body)
}

/// The fault of a body that shows it under the first seed.
fn fault<T, F, Fut>(body: F) -> Fault
where
    T: core::fmt::Debug + Send + 'static,
    F: Fn(Cx) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T, Error>> + Send + 'static,
{
    let run = check(body).unwrap_err();
    assert_eq!(run.seed, 0);
    assert!(run.is_repeatable, "{run}");
    run.fault
}

#[test]
fn a_clean_body_is_run_under_every_seed_and_its_schedules_are_counted() {
    let explored = check(|cx| async move {
        for _ in 0..3 {
            cx.spawn(|cx| async move { cx.checkpoint().await })?;
        }
        Ok(())
    });
    let Explored {
        runs,
        schedules,
        classes,
    } = explored.unwrap();
    assert_eq!(runs, 20);
    assert!(classes <= schedules && (2..=20).contains(&schedules));
}

#[test]
fn every_fault_is_named() {
    let failed = fault(|_| async { Err::<(), _>(Error::Abandoned) });
    assert_eq!(failed, Fault::Failed("Abandoned".into()));
    let panicked = fault::<(), _, _>(|_| async { panic!("boom") });
    assert_eq!(panicked, Fault::Panicked("boom".into()));
    let stalled = fault(|cx| async move { cx.wait(pending::<()>()).await });
    assert_eq!(stalled, Fault::Stalled);
    let leaked = fault(|cx| async move {
        let deaf = cx.spawn(|_| async {
            pending::<()>().await;
            Ok::<_, Error>(())
        })?;
        cx.checkpoint().await?;
        deaf.cancel("it does not listen, and has to be cut off");
        deaf.join().await.map(drop)
    });
    assert_eq!(leaked, Fault::Leaked);
}

#[test]
fn a_fault_that_only_some_seeds_show_is_found_and_its_seed_gives_it_again() {
    let body = |cx: Cx| async move {
        let order = Arc::new(AtomicU64::new(0));
        for digit in 1..=4 {
            let order = Arc::clone(&order);
            cx.spawn(move |cx| async move {
                cx.sleep(Duration::from_millis(1)).await?;
                let before = order.load(Ordering::Relaxed);
                order.store(before * 10 + digit, Ordering::Relaxed);
                Ok::<_, Error>(())
            })?;
        }
        cx.sleep(Duration::from_millis(2)).await?;
        match order.load(Ordering::Relaxed) {
            4321 => Err(Error::Abandoned),
            _ => Ok(()),
        }
    };
    let found = Lab::new(0).explore(0..500, body).unwrap_err();
    assert!(found.seed > 0 && found.is_repeatable);
    let said = found.to_string();
    let begin = format!(
        "seed {}: the body failed: Abandoned (fingerprint ",
        found.seed
    );
    assert!(said.starts_with(&begin), "{said}");
    assert_eq!(Lab::new(found.seed).run(body).report, found.report);
    let alone = Lab::new(0).explore([found.seed], body).unwrap_err();
    assert_eq!(alone, found);
}

#[test]
fn a_body_that_depends_on_the_outside_is_found_out() {
    let runs = Arc::new(AtomicU64::new(0));
    let found = check(move |cx| {
        let run = runs.fetch_add(1, Ordering::Relaxed);
        async move {
            for _ in 0..run {
                cx.checkpoint().await?;
            }
            if run == 3 {
                Err(Error::Abandoned)
            } else {
                Ok(())
            }
        }
    });
    let found = found.unwrap_err();
    assert!(!found.is_repeatable);
    assert!(
        found
            .to_string()
            .ends_with("something outside the lab decides in it")
    );
}

#[test]
fn the_labs_own_configuration_holds_but_for_seed_and_ties() {
    let lab = Lab::with(KernelConfig {
        polls_per_tick: 1,
        trace_capacity: 8,
        ..KernelConfig::default()
    });
    let explored = lab.explore(5..9, |cx| async move {
        cx.spawn(|cx| async move { cx.checkpoint().await })?;
        cx.checkpoint().await
    });
    assert_eq!(explored.map(|explored| explored.runs), Ok(4));
}
