//! Wakers and panics of others run code when they are dropped, and that code may come back to the
//! runtime. None of it runs while the runtime is locked: a test that hangs here says that it does.

#![allow(clippy::panic, reason = "a body panics on purpose")]

use core::future::{Future, pending};
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::panic::panic_any;
use std::sync::Arc;
use std::task::Wake;

use asupersync_core::exec::sync::{Barrier, Notify, Semaphore, channel, watch};
use asupersync_core::exec::{Cx, Error, Lab, Outcome};

/// Asks the runtime something when it is dropped, and counts.
struct Asking {
    cx: Cx,
    dropped: Arc<AtomicUsize>,
}

impl Wake for Asking {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Asking {
    fn drop(&mut self) {
        let _ = self.cx.is_cancelled();
        self.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

/// Polls `future` with a waker that nobody else has.
fn poll_asking<F: Future + ?Sized>(
    future: Pin<&mut F>,
    cx: &Cx,
    dropped: &Arc<AtomicUsize>,
) -> Poll<F::Output> {
    let (cx, dropped) = (cx.clone(), Arc::clone(dropped));
    let waker = Waker::from(Arc::new(Asking { cx, dropped }));
    future.poll(&mut Context::from_waker(&waker))
}

fn poll_plain<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Runs `body` in the lab with a counter of the wakers dropped, and gives that when it has closed.
fn run<F, Fut>(body: F) -> usize
where
    F: FnOnce(Cx, Arc<AtomicUsize>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    let dropped = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&dropped);
    let run = Lab::new(1).run(move |cx| body(cx, counted));
    assert_eq!(run.outcome, Outcome::Ok(()));
    dropped.load(Ordering::SeqCst)
}

/// A future of the task which is polled, polled with another waker, and dropped.
async fn replace_and_drop<F: Future>(future: F, cx: &Cx, dropped: &Arc<AtomicUsize>) {
    let mut future = Box::pin(future);
    let before = dropped.load(Ordering::SeqCst);
    assert!(poll_asking(future.as_mut(), cx, dropped).is_pending());
    assert!(poll_asking(future.as_mut(), cx, dropped).is_pending());
    drop(future);
    let after = dropped.load(Ordering::SeqCst);
    assert_eq!(after - before, 2, "nothing keeps a waker");
}

#[test]
fn a_waker_that_a_wait_lets_go_of_may_ask_the_runtime() {
    let dropped = run(|cx, dropped| async move {
        replace_and_drop(cx.sleep(Duration::from_secs(1)), &cx, &dropped).await;
        replace_and_drop(cx.wait(pending::<()>()), &cx, &dropped).await;
        replace_and_drop(cx.host_op::<()>(|_| {}), &cx, &dropped).await;
        let child = cx.spawn(|cx| async move { cx.checkpoint().await })?;
        replace_and_drop(child.join(), &cx, &dropped).await;
        Ok(())
    });
    assert_eq!(dropped, 8);
}

#[test]
fn a_waker_that_a_wait_in_line_lets_go_of_may_ask_the_runtime() {
    let dropped = run(|cx, dropped| async move {
        let semaphore = Semaphore::new(&cx, 0)?;
        replace_and_drop(semaphore.acquire(&cx, 1), &cx, &dropped).await;
        let (_sender, receiver) = channel::<u8>(&cx, 1)?;
        replace_and_drop(receiver.recv(&cx), &cx, &dropped).await;
        let (_sender, mut watched) = watch(&cx, 0)?;
        replace_and_drop(watched.changed(&cx), &cx, &dropped).await;
        let notify = Notify::new(&cx)?;
        replace_and_drop(notify.notified(&cx), &cx, &dropped).await;
        let barrier = Barrier::new(&cx, 2)?;
        replace_and_drop(barrier.wait(&cx), &cx, &dropped).await;
        Ok(())
    });
    assert_eq!(dropped, 10);
}

#[test]
fn wakers_that_the_end_of_a_task_lets_go_of_may_ask_the_runtime() {
    let dropped = run(|cx, dropped| async move {
        let (waits, checkpoint) = (Arc::clone(&dropped), Arc::clone(&dropped));
        let child = cx.spawn(|cx| async move {
            // Outlives its task, and so is not forgotten by its own drop.
            let mut sleep = Box::pin(cx.sleep(Duration::from_secs(1)));
            assert!(poll_asking(sleep.as_mut(), &cx, &waits).is_pending());
            let next = pin!(cx.checkpoint());
            assert!(poll_asking(next, &cx, &checkpoint).is_pending());
            Ok::<_, Error>(sleep)
        })?;
        let outlives = child.result().await?;
        assert_eq!(dropped.load(Ordering::SeqCst), 2);
        drop(outlives);
        Ok(())
    });
    assert_eq!(dropped, 2);
}

#[test]
fn wakers_of_those_who_join_from_elsewhere_may_ask_the_runtime() {
    let dropped = run(|cx, dropped| async move {
        let inside = cx.clone();
        let child = cx.spawn(|cx| async move { cx.checkpoint().await })?;
        let mut join = Box::pin(child.join());
        // Another executor's task is outside of this one.
        let counted = Arc::clone(&dropped);
        let outside = Lab::new(2).run(move |_| async move {
            for _ in 0..2 {
                assert!(poll_asking(join.as_mut(), &inside, &counted).is_pending());
            }
            Ok::<_, Error>(join)
        });
        let Outcome::Ok(mut join) = outside.outcome else {
            return Err(Error::ChildFailed);
        };
        assert!(poll_plain(join.as_mut()).is_pending());
        cx.sleep(Duration::from_millis(1)).await?;
        assert!(poll_plain(join.as_mut()).is_ready());
        Ok(())
    });
    assert_eq!(dropped, 2);
}

#[test]
fn what_a_body_panics_with_may_ask_the_runtime_when_it_is_dropped() {
    let dropped = run(|cx, dropped| async move {
        let lent = Arc::clone(&dropped);
        let outcome = cx
            .settle([asupersync_core::exec::branch(|cx: Cx| async move {
                let payload = Asking {
                    cx: cx.clone(),
                    dropped: lent,
                };
                cx.checkpoint().await?;
                panic_any(payload);
                #[allow(unreachable_code, reason = "says what the body would give")]
                Ok::<(), Error>(())
            })])
            .await?;
        assert!(matches!(outcome.as_slice(), [Outcome::Panicked(_)]));
        Ok(())
    });
    assert_eq!(dropped, 1);
}
