//! What belongs to a task works in that task's own poll, and nowhere else: not on another thread
//! that runs meanwhile, and not in a task of another executor.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

use core::future::{Future, pending};
use core::pin::pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::{Arc, mpsc};
use std::task::Wake;
use std::thread;

use asupersync_core::exec::{Bell, Cx, Error, Executor, Host, JoinHandle, Lab, Outcome};
use asupersync_core::{ErrorKind, KernelConfig, Time};

/// A host whose time stands still, turned by the test.
struct Still;

impl Host for Still {
    fn now(&self) -> Time {
        Time::ZERO
    }

    fn bell(&self) -> Arc<dyn Bell> {
        Arc::new(Silent)
    }
}

struct Silent;

impl Bell for Silent {
    fn ring(&self) {}
}

fn executor() -> Executor {
    Executor::new(&KernelConfig::default(), Still)
}

/// Whether it was woken.
#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Polls once, outside any task unless this is called in one.
fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn refused<T>(polled: Poll<Result<T, Error>>) -> Option<ErrorKind> {
    match polled {
        Poll::Ready(Err(Error::Refused(error))) => Some(error.kind),
        Poll::Ready(_) | Poll::Pending => None,
    }
}

/// Spawns a task whose poll hands its `Cx` out, and blocks until it gets word.
fn spawn_blocking_poll(executor: &Executor) -> (mpsc::Receiver<Cx>, mpsc::Sender<()>) {
    let (out, handed) = mpsc::channel();
    let (word, waits) = mpsc::channel::<()>();
    let spawned = executor.spawn(move |cx| async move {
        out.send(cx.clone()).unwrap();
        waits.recv().unwrap();
        cx.charge(0)
    });
    assert!(spawned.is_ok());
    (handed, word)
}

#[test]
fn a_join_polled_by_another_thread_while_a_task_blocks_in_its_poll_is_woken() {
    let executor = executor();
    let (handed, word) = spawn_blocking_poll(&executor);
    let target: JoinHandle<u8> = executor.spawn(|_| async { Ok(7) }).unwrap();
    let flag = Arc::<Flag>::default();
    let waker = Waker::from(Arc::clone(&flag));
    let mut join = Box::pin(target.join());
    thread::scope(|threads| {
        let (join, waker) = (&mut join, &waker);
        threads.spawn(move || {
            handed.recv().unwrap();
            let polled = join.as_mut().poll(&mut Context::from_waker(waker));
            assert!(polled.is_pending());
            word.send(()).unwrap();
        });
        executor.turn();
    });
    executor.turn();
    assert!(flag.0.load(Ordering::SeqCst), "the end wakes who waits");
    assert_eq!(poll_once(join), Poll::Ready(Ok(Outcome::Ok(7))));
}

#[test]
fn a_cx_is_refused_on_another_thread_while_its_task_is_polled() {
    let executor = executor();
    let (handed, word) = spawn_blocking_poll(&executor);
    thread::scope(|threads| {
        threads.spawn(move || {
            let cx = handed.recv().unwrap();
            let answers = [
                refused(poll_once(cx.sleep(Duration::from_secs(1)))),
                refused(poll_once(cx.checkpoint())),
                refused(poll_once(cx.wait(pending::<()>()))),
                refused(poll_once(cx.host_op::<()>(|_| {}))),
                refused(poll_once(cx.all::<(), Error>([]))),
                refused(Poll::Ready(cx.charge(1))),
                refused(Poll::Ready(cx.spawn(|_| async { Ok::<_, Error>(()) }))),
                refused(Poll::Ready(cx.defer(|_| async {}))),
            ];
            assert_eq!(answers, [Some(ErrorKind::WrongState); 8]);
            word.send(()).unwrap();
        });
        executor.turn();
    });
    executor.turn();
    assert_eq!(executor.report().live.tasks, 0, "its own task went on");
}

#[test]
fn a_wait_that_its_task_began_is_refused_to_another_thread() {
    let executor = executor();
    let (out, handed) = mpsc::channel();
    let spawned = executor.spawn(move |cx| async move {
        let mut sleep = Box::pin(cx.sleep(Duration::from_secs(1)));
        assert!(poll_once(sleep.as_mut()).is_pending());
        out.send(sleep).unwrap();
        pending::<()>().await;
        Ok::<_, Error>(())
    });
    assert!(spawned.is_ok());
    executor.turn();
    let sleep = handed.recv().unwrap();
    let answer = thread::scope(|threads| threads.spawn(|| refused(poll_once(sleep))).join());
    assert_eq!(answer.unwrap(), Some(ErrorKind::WrongState));
}

#[test]
fn a_join_that_a_task_began_to_wait_for_can_be_awaited_after_that_task_has_ended() {
    let executor = executor();
    let (word, waits) = mpsc::channel::<()>();
    let target: JoinHandle<u8> = executor
        .spawn(move |cx| async move {
            while waits_for(&waits) {
                cx.checkpoint().await?;
            }
            Ok(7)
        })
        .unwrap();
    let (out, handed) = mpsc::channel();
    let spawned = executor.spawn(move |_| async move {
        let mut join = Box::pin(target.join());
        assert!(poll_once(join.as_mut()).is_pending());
        out.send(join).unwrap();
        Ok::<_, Error>(())
    });
    assert!(spawned.is_ok());
    executor.turn();
    let mut join = handed.recv().unwrap();
    let flag = Arc::<Flag>::default();
    let waker = Waker::from(Arc::clone(&flag));
    assert!(
        join.as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    word.send(()).unwrap();
    for _ in 0..3 {
        executor.turn();
    }
    assert!(flag.0.load(Ordering::SeqCst), "the end wakes who waits");
    assert_eq!(poll_once(join), Poll::Ready(Ok(Outcome::Ok(7))));
}

fn waits_for(word: &mpsc::Receiver<()>) -> bool {
    word.try_recv().is_err()
}

#[test]
fn a_cx_is_refused_in_a_task_of_an_executor_that_its_own_task_turns() {
    let executor = executor();
    let mut handle = executor
        .spawn(|outer| async move {
            let lent = outer.clone();
            let run = Lab::new(1).run(|inner| async move {
                assert_eq!(inner.charge(1), Ok(()));
                Ok::<_, Error>(refused(Poll::Ready(lent.charge(1))))
            });
            outer.charge(1)?;
            Ok::<_, Error>(run.outcome)
        })
        .unwrap();
    executor.turn();
    let inside = Outcome::Ok(Some(ErrorKind::WrongState));
    assert_eq!(handle.take_outcome(), Some(Outcome::Ok(inside)));
}
