//! An executor that is dropped before it has closed: what it held has gone, and nothing comes in.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

use core::future::{Future, pending, poll_fn};
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Wake;

use asupersync_core::exec::{Bell, Error, Executor, Host, JoinHandle, Outcome, Scope};
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
    assert_eq!(kind, Some(ErrorKind::RuntimeClosed));
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

/// Whether it was woken.
#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn poll<F: Future + ?Sized>(future: &mut Pin<Box<F>>, flag: &Arc<Flag>) -> Poll<F::Output> {
    let waker = Waker::from(Arc::clone(flag));
    future.as_mut().poll(&mut Context::from_waker(&waker))
}

fn kind_of<T>(answer: Result<T, Error>) -> Option<ErrorKind> {
    match answer {
        Err(Error::Refused(error)) => Some(error.kind),
        Ok(_) | Err(_) => None,
    }
}

#[test]
fn who_joins_a_task_of_an_executor_that_is_dropped_is_told() {
    let executor = executor(Arc::default());
    let task: JoinHandle<()> = executor.spawn(|_| pending()).unwrap();
    let late: JoinHandle<()> = executor.spawn(|_| pending()).unwrap();
    let mut join = Box::pin(task.join());
    let flag = Arc::<Flag>::default();
    executor.turn();
    assert!(poll(&mut join, &flag).is_pending());
    drop(executor);
    assert!(flag.0.load(Ordering::SeqCst), "who waits is woken");
    let told = poll(&mut join, &flag).map(kind_of);
    assert_eq!(told, Poll::Ready(Some(ErrorKind::RuntimeClosed)));

    assert!(late.is_finished());
    let told = poll(&mut Box::pin(late.result()), &flag).map(kind_of);
    assert_eq!(told, Poll::Ready(Some(ErrorKind::RuntimeClosed)));
}

#[test]
fn a_task_that_has_ended_before_its_executor_is_dropped_keeps_its_outcome() {
    let executor = executor(Arc::default());
    // Ends by the end of its child, which the executor has not told anybody of yet.
    let task: JoinHandle<u8> = executor
        .spawn(|cx| async move {
            let _child = cx.spawn(|_| async { Ok::<_, Error>(()) })?;
            Ok(7)
        })
        .unwrap();
    executor.turn();
    executor.turn();
    assert!(!task.is_finished());
    assert_eq!(executor.report().live.tasks, 0);
    drop(executor);
    let told = poll(&mut Box::pin(task.join()), &Arc::default());
    assert_eq!(told, Poll::Ready(Ok(Outcome::Ok(7))));
}

/// Spawns into a scope of its executor when it is dropped.
struct Respawn(Scope, mpsc::Sender<Option<ErrorKind>>);

impl Drop for Respawn {
    fn drop(&mut self) {
        let spawned = self.0.spawn(|_| async { Ok::<_, Error>(()) });
        let deferred = self.0.defer(|_| async {});
        let _ = self.1.send(kind_of(spawned));
        let _ = self.1.send(kind_of(deferred));
    }
}

#[test]
fn what_a_dropped_executor_lets_go_of_spawns_nothing_more() {
    let executor = executor(Arc::default());
    let (sender, answers) = mpsc::channel();
    // Held by the first task, which is dropped while the scope of the second still stands.
    let held = Arc::new(Mutex::new(None::<Respawn>));
    let filled = Arc::downgrade(&held);
    let first: Result<JoinHandle<()>, _> = executor.spawn(move |_| async move {
        let _held = held;
        pending().await
    });
    let second = executor.spawn(move |cx| async move {
        cx.scope(move |_, scope| async move {
            let held = filled.upgrade().unwrap();
            *held.lock().unwrap() = Some(Respawn(scope, sender));
            drop(held);
            pending::<Result<(), Error>>().await
        })
        .await
    });
    assert!(first.is_ok() && second.is_ok());
    for _ in 0..3 {
        executor.turn();
    }
    assert!(answers.try_recv().is_err());
    drop(executor);
    let closed = Some(ErrorKind::RuntimeClosed);
    assert_eq!(answers.iter().collect::<Vec<_>>(), [closed, closed]);
}
