//! Work outside the kernel as the host of a Rust body sees it: when it is told to abort, how long
//! its task waits for it, and a driver that must give the thread back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use core::future::pending;
use core::time::Duration;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use asupersync_core::exec::{
    Bell, Capsule, Completer, Cx, Either, Error, Executor, Host, Lab, LabRun, Next, Outcome, select,
};
use asupersync_core::{CancelKind, HostOpKind, KernelConfig, Time};

/// Runs `body` and checks that nothing is left of the run.
fn check<T, F, Fut>(body: F) -> LabRun<T>
where
    T: Send + 'static,
    F: FnOnce(Cx) -> Fut + Send + 'static,
    Fut: Future<Output = Result<T, Error>> + Send + 'static,
{
    let run = Lab::new(1).run(body);
    assert!(run.report.live.is_none(), "leaked: {:?}", run.report.live);
    run
}

/// What happened outside, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<&'static str>>>);

impl Log {
    fn note(&self, line: &'static str) {
        self.0.lock().unwrap().push(line);
    }

    fn taken(&self) -> Vec<&'static str> {
        core::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Where the outside keeps a capsule, and lets go of it when told to.
#[derive(Clone, Default)]
struct Outside(Arc<Mutex<Option<Capsule>>>);

impl Outside {
    fn hold(&self, capsule: Capsule, log: &Log) {
        let (held, log) = (self.clone(), log.clone());
        capsule.on_cancel(move || {
            log.note("aborted");
            drop(held.0.lock().unwrap().take());
        });
        *self.0.lock().unwrap() = Some(capsule);
    }
}

#[test]
fn a_body_that_ends_with_an_open_capsule_has_it_aborted_and_drained() {
    let log = Log::default();
    let seen = log.clone();
    let run = check(|cx| async move {
        let outside = Outside::default();
        outside.hold(cx.capsule(HostOpKind::Fetch).await?, &seen);
        let noted = seen.clone();
        cx.defer(move |_| async move { noted.note("finalizer") })?;
        seen.note("body ended");
        Ok(())
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
    assert_eq!(log.taken(), ["body ended", "aborted", "finalizer"]);
    assert_eq!(run.report.counters.host_ops_revoked, 0);
    assert_eq!(run.report.counters.obligations_aborted, 1);
}

#[test]
fn a_cancelled_task_has_its_capsule_aborted_at_once() {
    let log = Log::default();
    let seen = log.clone();
    check(|cx| async move {
        let noted = seen.clone();
        let child = cx.spawn(move |cx| async move {
            let outside = Outside::default();
            outside.hold(cx.capsule(HostOpKind::Socket).await?, &noted);
            let waited = cx.wait(pending::<()>()).await;
            noted.note("observed");
            waited
        })?;
        cx.sleep(Duration::from_millis(1)).await?;
        child.cancel_with(CancelKind::User, "enough");
        assert!(matches!(child.join().await?, Outcome::Cancelled(_)));
        Ok(())
    });
    assert_eq!(log.taken(), ["aborted", "observed"]);
}

#[test]
fn a_capsule_that_was_completed_is_never_aborted() {
    let log = Log::default();
    let seen = log.clone();
    let run = check(|cx| async move {
        let capsule = cx.capsule(HostOpKind::Fetch).await?;
        let noted = seen.clone();
        capsule.on_cancel(move || noted.note("aborted"));
        capsule.complete();
        cx.yield_now().await
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
    assert_eq!(log.taken(), [""; 0]);
    assert_eq!(run.report.counters.obligations_committed, 1);
}

#[test]
fn a_capsule_that_does_not_end_is_forgotten_after_the_drain_time() {
    let held = Arc::new(Mutex::new(None));
    let holder = Arc::clone(&held);
    let run = Lab::new(1).run(|cx| async move {
        *holder.lock().unwrap() = Some(cx.capsule(HostOpKind::Socket).await?);
        Ok::<_, Error>(())
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
    assert!(held.lock().unwrap().is_some(), "its host still has it");
    assert_eq!(run.report.counters.host_ops_revoked, 1);
    let drain_ns = KernelConfig::default().drain_time_ns;
    assert_eq!(run.ended_at.as_nanos(), drain_ns);
}

#[test]
fn a_cancelled_task_opens_no_capsule() {
    check(|cx| async move {
        let child = cx.spawn(|cx| async move {
            let waited = cx.wait(pending::<()>()).await;
            assert!(matches!(waited, Err(Error::Cancelled(_))));
            let refused = cx.capsule(HostOpKind::Fetch).await;
            assert!(matches!(refused, Err(Error::Cancelled(_))));
            waited
        })?;
        cx.sleep(Duration::from_millis(1)).await?;
        child.cancel("enough");
        child.join().await?;
        Ok(())
    });
}

#[test]
fn a_host_operation_that_loses_a_select_is_aborted_there() {
    let log = Log::default();
    let seen = log.clone();
    check(|cx| async move {
        let noted = seen.clone();
        let slow = cx.host_op(move |completer: Completer<()>| {
            let outside = Arc::new(Mutex::new(None));
            let held = Arc::clone(&outside);
            completer.on_cancel(move || {
                noted.note("aborted");
                drop(held.lock().unwrap().take());
            });
            *outside.lock().unwrap() = Some(completer);
        });
        let first = select(slow, cx.sleep(Duration::from_millis(1))).await;
        assert!(matches!(first, Either::Right(Ok(()))));
        seen.note("went on");
        Ok(())
    });
    assert_eq!(log.taken(), ["aborted", "went on"]);
}

#[test]
fn an_order_given_before_anyone_listens_is_told_at_once() {
    let log = Log::default();
    let seen = log.clone();
    check(|cx| async move {
        let child = cx.spawn(move |cx| async move {
            let capsule = cx.capsule(HostOpKind::Fetch).await?;
            let _ = cx.wait(pending::<()>()).await;
            assert!(capsule.is_cancelled());
            capsule.on_cancel(move || seen.note("told"));
            drop(capsule);
            Ok::<_, Error>(())
        })?;
        cx.sleep(Duration::from_millis(1)).await?;
        child.cancel("enough");
        child.join().await?;
        Ok(())
    });
    assert_eq!(log.taken(), ["told"]);
}

struct Still;

impl Bell for Still {
    fn ring(&self) {}
}

impl Host for Still {
    fn now(&self) -> Time {
        Time::ZERO
    }

    fn bell(&self) -> Arc<dyn Bell> {
        Arc::new(Still)
    }
}

#[test]
fn a_turn_without_time_polls_one_future_and_loses_none() {
    let executor = Executor::new(&KernelConfig::default(), Still);
    let polled = Arc::new(AtomicU64::new(0));
    for _ in 0..10 {
        let polled = Arc::clone(&polled);
        executor
            .spawn(move |_| async move {
                polled.fetch_add(1, Ordering::Relaxed);
                Ok::<_, Error>(())
            })
            .unwrap();
    }
    for turns in 1..=10 {
        let next = executor.turn_while(|| false);
        assert_eq!(polled.load(Ordering::Relaxed), turns);
        assert_eq!(next, if turns < 10 { Next::Again } else { Next::Idle });
    }
    assert_eq!(executor.snapshot().len(), 1, "only the root region is live");
}
