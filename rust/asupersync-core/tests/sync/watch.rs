//! The watch: the latest value, and that it has changed.

use asupersync_core::exec::sync::{RecvError, watch};
use asupersync_core::exec::{Either, Error, select};

use crate::support::{Log, Result, check, each_seed, ms};

#[test]
fn whoever_is_slow_sees_the_latest_value_and_once() {
    check(|cx| async move {
        let (sender, mut receiver) = watch(&cx, 0)?;
        assert!(!receiver.has_changed(), "the first value is no change");
        assert_eq!(*sender.send(1), 0);
        assert_eq!(*sender.send(2), 1);
        assert!(receiver.has_changed());
        assert_eq!(*receiver.borrow(), 2);
        assert!(receiver.has_changed(), "to look is not to see");
        assert_eq!(*receiver.changed(&cx).await?, 2);
        let waited = select(receiver.changed(&cx), cx.sleep(ms(5))).await;
        assert!(matches!(waited, Either::Right(_)));
        sender.send(3);
        assert_eq!(*receiver.borrow_and_see(), 3);
        assert!(!receiver.has_changed());
        Ok(())
    });
}

#[test]
fn the_last_value_is_seen_after_its_sender_is_gone() {
    check(|cx| async move {
        let (sender, mut receiver) = watch(&cx, 0)?;
        let other = sender.clone();
        drop(sender);
        other.send(1);
        let mut late = other.subscribe();
        drop(other);
        assert_eq!(*receiver.changed(&cx).await?, 1);
        assert_eq!(receiver.changed(&cx).await, Err(RecvError::Closed));
        assert_eq!(late.changed(&cx).await, Err(RecvError::Closed));
        assert_eq!(*late.borrow(), 1);
        Ok(())
    });
}

#[test]
fn all_who_wait_see_a_change() {
    check(|cx| async move {
        let (sender, receiver) = watch(&cx, 0)?;
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let mut receiver = receiver.clone();
                cx.spawn(move |cx| async move { Ok::<_, Error>(*receiver.changed(&cx).await?) })
            })
            .collect::<Result<_>>()?;
        cx.sleep(ms(1)).await?;
        sender.send(4);
        for waiter in waiters {
            assert_eq!(waiter.result().await?, 4);
        }
        Ok(())
    });
}

#[test]
fn waiting_for_a_value_takes_the_one_that_is_there_or_ends_with_the_senders() {
    check(|cx| async move {
        let (sender, mut receiver) = watch(&cx, 4)?;
        assert_eq!(*receiver.wait_for(&cx, |n| *n > 3).await?, 4);
        let waiter = cx.spawn(move |cx| async move {
            let found = *receiver.wait_for(&cx, |n| *n > 5).await?;
            assert_eq!(
                receiver.wait_for(&cx, |n| *n > 9).await,
                Err(RecvError::Closed)
            );
            Ok::<_, Error>(found)
        })?;
        for n in [5, 6] {
            cx.sleep(ms(1)).await?;
            sender.send(n);
        }
        cx.sleep(ms(1)).await?;
        drop(sender);
        assert_eq!(waiter.result().await?, 6);
        Ok(())
    });
}

#[test]
fn a_cancelled_wait_fails_with_its_cancellation() {
    check(|cx| async move {
        let (_sender, mut receiver) = watch(&cx, 0)?;
        let child =
            cx.spawn(move |cx| async move { Ok::<_, Error>(*receiver.changed(&cx).await?) })?;
        cx.sleep(ms(1)).await?;
        child.cancel("");
        assert!(child.join().await?.cancel_reason().is_some());
        Ok(())
    });
}

#[test]
fn a_loop_that_always_finds_its_value_lets_others_run() {
    check(|cx| async move {
        let (_sender, mut receiver) = watch(&cx, 0)?;
        let other = cx.spawn(|cx| async move { cx.checkpoint().await })?;
        let mut rounds = 0;
        while !other.is_finished() {
            receiver.wait_for(&cx, |_| true).await?;
            rounds += 1;
            assert!(rounds < 1_000, "it runs alone");
        }
        Ok(())
    });
}

#[test]
fn a_cancelled_task_is_told_so_even_if_its_value_is_there() {
    check(|cx| async move {
        let (_sender, mut receiver) = watch(&cx, 0)?;
        let log = Log::default();
        let told = log.clone();
        let child = cx.spawn(move |cx| async move {
            let _ = cx.sleep(ms(5)).await;
            let found = receiver.wait_for(&cx, |_| true).await;
            told.add(format!("{}", matches!(found, Err(RecvError::Failed(_)))));
            Ok::<_, Error>(())
        })?;
        cx.sleep(ms(1)).await?;
        child.cancel("");
        child.join().await?;
        assert_eq!(log.lines(), ["true"]);
        Ok(())
    });
}

#[test]
fn everybody_comes_to_see_the_last_value() {
    each_seed(|cx| async move {
        let (sender, receiver) = watch(&cx, 0)?;
        let watchers: Vec<_> = (0..4)
            .map(|_| {
                let mut receiver = receiver.clone();
                cx.spawn(move |cx| async move {
                    let mut last = 0;
                    while last < 20 {
                        let pause = cx.sleep(ms(cx.random() % 3));
                        match select(receiver.changed(&cx), pause).await {
                            Either::Left(value) => {
                                let value = *value?;
                                assert!(value > last, "{value} after {last}");
                                last = value;
                            }
                            Either::Right(slept) => slept?,
                        }
                    }
                    Ok::<_, Error>(())
                })
            })
            .collect::<Result<_>>()?;
        for n in 1..=20 {
            sender.send(n);
            cx.sleep(ms(cx.random() % 3)).await?;
        }
        for watcher in watchers {
            watcher.result().await?;
        }
        Ok(())
    });
}
