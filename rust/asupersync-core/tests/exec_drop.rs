//! An executor that is dropped before it has closed: what it held has gone, and nothing comes in.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

use core::future::{pending, poll_fn};
use core::task::{Poll, Waker};
use std::sync::{Arc, Mutex, mpsc};

use asupersync_core::exec::{Bell, Error, Executor, Host, Scope};
use asupersync_core::{ErrorKind, KernelConfig, Time};

/// A host whose time stands still, turned by the test.
struct Still(Arc<Silent>);

impl Host for Still {
    fn now(&self) -> Time {
        Time::ZERO
    }

    fn bell(&self) -> Arc<dyn Bell> {
        Arc::clone(&self.0) as _
    }
}

#[derive(Default)]
struct Silent;

impl Bell for Silent {
    fn ring(&self) {}
}

fn executor(bell: Arc<Silent>) -> Executor {
    Executor::new(&KernelConfig::default(), Still(bell))
}

#[test]
fn a_scope_that_outlives_its_executor_refuses_and_keeps_nothing() {
    let handed = Arc::new(Mutex::new(None::<Scope>));
    let held = Arc::new(());
    let executor = executor(Arc::default());
    let (out, captured) = (Arc::clone(&handed), Arc::clone(&held));
    let spawned = executor.spawn(move |cx| async move {
        cx.scope(move |_, scope| async move {
            *out.lock().unwrap() = Some(scope);
            let _captured = captured;
            pending::<()>().await;
            Ok::<_, Error>(())
        })
        .await
    });
    assert!(spawned.is_ok());
    let (turns, has_begun) = (100, || handed.lock().unwrap().is_some());
    assert!((0..turns).any(|_| {
        executor.turn();
        has_begun()
    }));
    assert_eq!(Arc::strong_count(&held), 2);
    drop(executor);
    assert_eq!(Arc::strong_count(&held), 1, "the body has gone");

    let scope = handed.lock().unwrap().take().unwrap();
    assert!(!scope.is_open());
    let (sender, receiver) = mpsc::channel::<()>();
    let refused = scope.spawn(move |_| async move {
        let _ = sender.send(());
        Ok::<_, Error>(())
    });
    let kind = match refused {
        Err(Error::Refused(error)) => Some(error.kind),
        Ok(_) | Err(_) => None,
    };
    assert_eq!(kind, Some(ErrorKind::ScopeClosed));
    assert_eq!(receiver.try_recv(), Err(mpsc::TryRecvError::Disconnected));
}

#[test]
fn wakes_that_nobody_will_take_keep_nothing() {
    let bell = Arc::default();
    let kept = Arc::downgrade(&bell);
    let executor = executor(bell);
    let handed = Arc::new(Mutex::new(None::<Waker>));
    let out = Arc::clone(&handed);
    let spawned = executor.spawn(move |_| {
        poll_fn(move |context| {
            *out.lock().unwrap() = Some(context.waker().clone());
            Poll::<Result<(), Error>>::Pending
        })
    });
    assert!(spawned.is_ok());
    executor.turn();
    let waker = handed.lock().unwrap().take().unwrap();
    waker.wake_by_ref();
    drop((executor, spawned));
    waker.wake_by_ref();
    drop(waker);
    assert!(kept.upgrade().is_none(), "the inbox and its bell have gone");
}
