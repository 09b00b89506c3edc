//! Channels and locks with real threads: what is sent, added or dropped outside the runtime
//! reaches the tasks that wait, however the two race.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::sync::mpsc;
use std::thread;

use asupersync_core::exec::sync::{
    BroadcastError, Mutex, Notify, RecvError, Semaphore, broadcast, channel, oneshot, watch,
};
use asupersync_core::exec::{Cx, Error, Outcome};
use asupersync_native::NativeRuntime;

/// Runs `body` and checks that nothing is left of the run.
fn check<T, F, Fut>(body: F) -> T
where
    T: Send + 'static,
    F: FnOnce(Cx) -> Fut + Send + 'static,
    Fut: Future<Output = Result<T, Error>> + Send + 'static,
{
    let run = NativeRuntime::new().run_reported(body);
    let live = run.report.live;
    assert!(live.is_none(), "leaked: {live:?}");
    match run.outcome {
        Outcome::Ok(value) => value,
        Outcome::Err(error) => panic!("{error}"),
        Outcome::Cancelled(reason) => panic!("{reason:?}"),
        Outcome::Panicked(message) => panic!("{message}"),
    }
}

#[test]
fn a_value_from_another_thread_wakes_its_receiver() {
    let sum = check(|cx| async move {
        let mut sum = 0;
        for n in 0..200 {
            let (sender, mut receiver) = oneshot(&cx)?;
            let thread = thread::spawn(move || sender.send(n));
            sum += receiver.recv(&cx).await?;
            thread.join().unwrap()?;
        }
        Ok(sum)
    });
    assert_eq!(sum, 19_900);
}

#[test]
fn the_last_sender_dropped_on_another_thread_ends_the_wait() {
    check(|cx| async move {
        for _ in 0..200 {
            let (sender, receiver) = channel::<u8>(&cx, 1)?;
            let thread = thread::spawn(move || drop(sender));
            assert_eq!(receiver.recv(&cx).await, Err(RecvError::Closed));
            thread.join().unwrap();
        }
        Ok(())
    });
}

#[test]
fn no_message_from_another_thread_goes_unheard() {
    const MESSAGES: u64 = 5_000;
    check(|cx| async move {
        let (sender, mut receiver) = broadcast(&cx, 64)?;
        let (setter, mut watcher) = watch(&cx, 0)?;
        let thread = thread::spawn(move || {
            for n in 1..=MESSAGES {
                sender.send(n).unwrap();
                setter.send(n);
            }
        });
        let watching = cx.spawn(move |cx| async move {
            Ok::<_, Error>(*watcher.wait_for(&cx, |n| *n == MESSAGES).await?)
        })?;
        let (mut heard, mut missed) = (0, 0);
        loop {
            match receiver.recv(&cx).await {
                Ok(n) => {
                    heard += 1;
                    assert_eq!(n, heard + missed, "in order");
                }
                Err(BroadcastError::Lagged(n)) => missed += n,
                Err(BroadcastError::Closed) => break,
                Err(BroadcastError::Failed(error)) => return Err(error),
            }
        }
        assert_eq!(heard + missed, MESSAGES);
        assert_eq!(watching.result().await?, MESSAGES);
        thread.join().unwrap();
        Ok(())
    });
}

#[test]
fn permits_and_notifications_from_other_threads_reach_those_who_wait() {
    check(|cx| async move {
        let (semaphore, notify) = (Semaphore::new(&cx, 0)?, Notify::new(&cx)?);
        let (adder, notifier) = (semaphore.clone(), notify.clone());
        let (asked, asks) = mpsc::channel();
        let thread = thread::spawn(move || {
            for () in asks {
                adder.add(1).unwrap();
                notifier.notify_one();
            }
        });
        for _ in 0..500 {
            asked.send(()).unwrap();
            drop(semaphore.acquire(&cx, 1).await?);
            notify.notified(&cx).await?;
        }
        drop(asked);
        thread.join().unwrap();
        assert_eq!(semaphore.available(), 500);
        Ok(())
    });
}

#[test]
fn a_guard_that_is_dropped_on_another_thread_gives_the_lock_back() {
    let count = check(|cx| async move {
        let lock = Mutex::new(&cx, 0)?;
        for _ in 0..200 {
            let mut guard = lock.lock(&cx).await?;
            *guard += 1;
            thread::spawn(move || drop(guard));
        }
        Ok(*lock.lock(&cx).await?)
    });
    assert_eq!(count, 200);
}
