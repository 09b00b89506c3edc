//! The broadcast: every message to every receiver, and what was missed is told.

use asupersync_core::ErrorKind;
use asupersync_core::exec::sync::{BroadcastError, BroadcastReceiver, SendError, broadcast};
use asupersync_core::exec::{Cx, Either, Error, select};

use crate::support::{Result, check, each_seed, ms, refused};

#[test]
fn every_receiver_gets_every_message_from_when_it_subscribed() {
    check(|cx| async move {
        let (sender, mut first) = broadcast(&cx, 8)?;
        assert_eq!(sender.send(1)?, 1);
        let mut late = sender.subscribe();
        assert_eq!(sender.send(2)?, 2);
        let mut clone = first.clone();
        assert_eq!(sender.receivers(), 3);
        drop(sender);
        for receiver in [&mut first, &mut clone] {
            assert_eq!(receiver.recv(&cx).await?, 1);
            assert_eq!(receiver.recv(&cx).await?, 2);
            assert_eq!(receiver.recv(&cx).await, Err(BroadcastError::Closed));
        }
        assert_eq!(late.recv(&cx).await?, 2);
        assert_eq!(late.recv(&cx).await, Err(BroadcastError::Closed));
        Ok(())
    });
}

#[test]
fn a_receiver_that_lags_is_told_by_how_much_and_goes_on_with_the_oldest() {
    check(|cx| async move {
        let (sender, mut receiver) = broadcast(&cx, 2)?;
        for n in 0..5 {
            sender.send(n)?;
        }
        assert_eq!(receiver.recv(&cx).await, Err(BroadcastError::Lagged(3)));
        sender.send(5)?;
        assert_eq!(receiver.recv(&cx).await, Err(BroadcastError::Lagged(1)));
        assert_eq!(receiver.recv(&cx).await?, 4);
        assert_eq!(receiver.recv(&cx).await?, 5);
        let error = Error::from(BroadcastError::Lagged(3));
        assert_eq!(error, Error::Lagged(3));
        let text = "expected every message, got 3 overwritten ones";
        assert_eq!(error.to_string(), text);
        Ok(())
    });
}

#[test]
fn without_receivers_the_message_comes_back() {
    check(|cx| async move {
        let (sender, receiver) = broadcast(&cx, 2)?;
        drop(receiver);
        assert_eq!(sender.send(1), Err(SendError::Closed(1)));
        let mut again = sender.subscribe();
        sender.send(2)?;
        assert_eq!(again.recv(&cx).await?, 2);
        Ok(())
    });
}

#[test]
fn all_who_wait_are_woken_and_one_that_is_cancelled_is_not_missed() {
    check(|cx| async move {
        let (sender, receiver) = broadcast(&cx, 2)?;
        let spawn = || {
            let mut receiver = receiver.clone();
            cx.spawn(move |cx| async move { Ok::<_, Error>(receiver.recv(&cx).await?) })
        };
        let (first, cancelled, last) = (spawn()?, spawn()?, spawn()?);
        cx.sleep(ms(1)).await?;
        cancelled.cancel("");
        sender.send(7)?;
        assert_eq!(first.result().await?, 7);
        assert_eq!(last.result().await?, 7);
        drop(cancelled.join().await?);
        Ok(())
    });
}

#[test]
fn a_cancelled_task_observes_it_even_if_there_are_messages() {
    check(|cx| async move {
        let (sender, mut receiver) = broadcast(&cx, 2)?;
        sender.send(1)?;
        let child = cx.spawn(move |cx| async move {
            drop(cx.sleep(ms(1_000)).await);
            let failed = receiver.recv(&cx).await.map_err(Error::from);
            assert!(failed.unwrap_err().is_cancelled());
            Ok::<_, Error>(())
        })?;
        cx.sleep(ms(1)).await?;
        child.cancel("");
        assert!(child.join().await?.cancel_reason().is_some());
        Ok(())
    });
}

#[test]
fn no_capacity_is_refused() {
    let kind = check(|cx| async move { Ok(refused(broadcast::<()>(&cx, 0).map(|_| ()))) });
    assert_eq!(kind, ErrorKind::InvalidNumber);
}

/// Receivers that sleep and drop their waits by chance: each has had or was told of every one.
#[test]
fn no_message_goes_unheard() {
    async fn listen(cx: Cx, mut receiver: BroadcastReceiver<u64>) -> Result<(u64, u64)> {
        let (mut heard, mut missed) = (0, 0);
        loop {
            let pause = cx.sleep(ms(cx.random() % 3));
            match select(receiver.recv(&cx), pause).await {
                Either::Left(Ok(n)) => {
                    assert_eq!(n, heard + missed, "in order");
                    heard += 1;
                }
                Either::Left(Err(BroadcastError::Lagged(n))) => missed += n,
                Either::Left(Err(BroadcastError::Closed)) => return Ok((heard, missed)),
                Either::Left(Err(BroadcastError::Failed(error))) => return Err(error),
                Either::Right(slept) => slept?,
            }
            if cx.random().is_multiple_of(4) {
                cx.sleep(ms(cx.random() % 4)).await?;
            }
        }
    }
    let counts = each_seed(|cx| async move {
        let (sender, receiver) = broadcast(&cx, 3)?;
        let listeners: Vec<_> = (0..4)
            .map(|_| {
                let receiver = receiver.clone();
                cx.spawn(move |cx| listen(cx, receiver))
            })
            .collect::<Result<_>>()?;
        drop(receiver);
        for n in 0..30 {
            sender.send(n)?;
            cx.sleep(ms(cx.random() % 3)).await?;
        }
        drop(sender);
        let mut all_missed = 0;
        for listener in listeners {
            let (heard, missed) = listener.result().await?;
            assert_eq!(heard + missed, 30);
            all_missed += missed;
        }
        Ok(all_missed)
    });
    assert!(counts.iter().any(|missed| *missed > 0), "{counts:?}");
}
