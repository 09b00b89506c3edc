//! The bounded channel: order, capacity, closing, and what becomes of values and permits when
//! somebody leaves.

use core::pin::pin;

use asupersync_core::ErrorKind;
use asupersync_core::exec::sync::{
    Receiver, RecvError, SendError, Sender, TryRecvError, TrySendError, channel,
};
use asupersync_core::exec::{Cx, Either, Error, Lab, Outcome, select};

use crate::support::{Log, Result, chance, check, each_seed, millis, ms, refused, waits};

#[test]
fn values_come_in_the_order_in_which_they_were_sent_and_never_more_than_fit() {
    let received = check(|cx| async move {
        let (sender, receiver) = channel(&cx, 3)?;
        let producer = cx.spawn(|cx| async move {
            for n in 0..20 {
                sender.send(&cx, n).await?;
                assert!(sender.len() <= 3);
            }
            Ok::<_, Error>(())
        })?;
        let mut values = Vec::new();
        while let Some(value) = receiver.next(&cx).await? {
            values.push(value);
            cx.sleep(ms(1)).await?;
        }
        producer.result().await?;
        Ok(values)
    });
    assert_eq!(received, (0..20).collect::<Vec<_>>());
}

#[test]
fn a_sender_waits_for_room_and_no_longer() {
    let times = check(|cx| async move {
        let (sender, receiver) = channel(&cx, 1)?;
        let producer = cx.spawn(|cx| async move {
            let mut times = Vec::new();
            for n in 0..3 {
                sender.send(&cx, n).await?;
                times.push(millis(&cx));
            }
            Ok::<_, Error>(times)
        })?;
        for _ in 0..3 {
            cx.sleep(ms(10)).await?;
            receiver.recv(&cx).await?;
        }
        producer.result().await
    });
    assert_eq!(times, [0, 10, 20]);
}

#[test]
fn the_capacity_counts_permits() {
    check(|cx| async move {
        let (sender, receiver) = channel(&cx, 2)?;
        let first = sender.reserve(&cx).await?;
        let second = sender.reserve(&cx).await?;
        assert_eq!(sender.try_send(&cx, 'x'), Err(TrySendError::Full('x')));
        assert!(sender.is_empty());
        second.abort();
        sender.try_send(&cx, 'a')?;
        assert_eq!(sender.try_reserve(&cx).unwrap_err(), TrySendError::Full(()));
        first.send('b')?;
        assert_eq!((sender.len(), sender.capacity()), (2, 2));
        assert_eq!(receiver.try_recv(&cx)?, 'a');
        assert_eq!(receiver.try_recv(&cx)?, 'b');
        assert_eq!(receiver.try_recv(&cx), Err(TryRecvError::Empty));
        Ok(())
    });
}

#[test]
fn senders_that_wait_are_served_first_come_first_served() {
    let order = check(|cx| async move {
        let (sender, receiver) = channel(&cx, 1)?;
        sender.send(&cx, 0).await?;
        for n in 1..=5 {
            let sender = sender.clone();
            cx.spawn(move |cx| async move {
                cx.sleep(ms(n)).await?;
                Ok::<_, Error>(sender.send(&cx, n).await?)
            })?;
        }
        drop(sender);
        cx.sleep(ms(50)).await?;
        let mut order = Vec::new();
        while let Some(n) = receiver.next(&cx).await? {
            order.push(n);
        }
        Ok(order)
    });
    assert_eq!(order, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn receivers_that_wait_are_served_first_come_first_served() {
    let lines = check(|cx| async move {
        let (log, (sender, receiver)) = (Log::default(), channel(&cx, 8)?);
        for n in 1..=3 {
            let (log, receiver) = (log.clone(), receiver.clone());
            cx.spawn(move |cx| async move {
                cx.sleep(ms(n)).await?;
                let value: u64 = receiver.recv(&cx).await?;
                log.add(format!("{n} got {value}"));
                Ok::<_, Error>(())
            })?;
        }
        cx.sleep(ms(10)).await?;
        for value in [10, 20, 30] {
            sender.send(&cx, value).await?;
            cx.sleep(ms(1)).await?;
        }
        Ok(log.lines())
    });
    assert_eq!(lines, ["1 got 10", "2 got 20", "3 got 30"]);
}

#[test]
fn a_receive_that_is_dropped_before_or_after_its_grant_loses_nothing() {
    check(|cx| async move {
        let (sender, receiver) = channel(&cx, 4)?;
        for is_told in [false, true] {
            for is_granted in [false, true] {
                {
                    let mut receive = pin!(receiver.recv(&cx));
                    assert!(waits(receive.as_mut()).await);
                    if is_granted {
                        sender.send(&cx, 1).await?;
                        sender.send(&cx, 2).await?;
                    }
                    if is_told {
                        cx.checkpoint().await?;
                    }
                }
                if !is_granted {
                    sender.send(&cx, 1).await?;
                    sender.send(&cx, 2).await?;
                }
                assert_eq!(receiver.recv(&cx).await?, 1);
                assert_eq!(receiver.try_recv(&cx)?, 2);
                assert_eq!(receiver.try_recv(&cx), Err(TryRecvError::Empty));
            }
        }
        Ok(())
    });
}

#[test]
fn a_send_that_is_dropped_in_line_lets_the_next_one_through() {
    let received = check(|cx| async move {
        let (sender, receiver) = channel(&cx, 1)?;
        sender.send(&cx, 1).await?;
        let next = sender.clone();
        let child = cx.spawn(move |cx| async move {
            cx.sleep(ms(2)).await?;
            Ok::<_, Error>(next.send(&cx, 3).await?)
        })?;
        let dropped = select(sender.send(&cx, 2), cx.sleep(ms(5))).await;
        assert!(matches!(dropped, Either::Right(_)));
        let first = receiver.recv(&cx).await?;
        child.result().await?;
        Ok([first, receiver.recv(&cx).await?])
    });
    assert_eq!(received, [1, 3]);
}

#[test]
fn a_cancelled_wait_leaves_the_line_and_the_value_goes_to_the_next_one() {
    check(|cx| async move {
        let (sender, receiver) = channel(&cx, 1)?;
        let first = receiver.clone();
        let waiter = cx.spawn(move |cx| async move {
            match first.recv(&cx).await {
                Err(RecvError::Failed(error)) => Err::<u8, _>(error),
                other => panic!("expected a cancellation, got {other:?}"),
            }
        })?;
        cx.sleep(ms(1)).await?;
        waiter.cancel("");
        // Cancelled and not yet told: it is before this one in line all the same.
        sender.send(&cx, 7).await?;
        assert_eq!(receiver.recv(&cx).await?, 7);
        assert!(waiter.join().await?.cancel_reason().is_some());
        Ok(())
    });
}

#[test]
fn a_cancelled_task_gets_nothing_even_if_it_is_there_and_may_try() {
    check(|cx| async move {
        let (sender, receiver) = channel(&cx, 4)?;
        let (tx, rx) = (sender.clone(), receiver.clone());
        let child = cx.spawn(move |cx| async move {
            drop(cx.sleep(ms(1_000)).await);
            let failed = tx.send(&cx, 2).await.unwrap_err();
            assert!(matches!(&failed, SendError::Failed(2, error) if error.is_cancelled()));
            let failed = rx.recv(&cx).await.unwrap_err();
            assert!(matches!(failed, RecvError::Failed(error) if error.is_cancelled()));
            assert_eq!(rx.try_recv(&cx)?, 1);
            tx.try_send(&cx, 3)?;
            Ok::<_, Error>(())
        })?;
        sender.send(&cx, 1).await?;
        cx.sleep(ms(1)).await?;
        child.cancel("");
        drop(child.join().await?);
        assert_eq!(receiver.recv(&cx).await?, 3);
        Ok(())
    });
}

#[test]
fn without_senders_what_was_sent_is_received_and_then_it_has_ended() {
    check(|cx| async move {
        let (sender, receiver) = channel(&cx, 4)?;
        let other = sender.clone();
        sender.send(&cx, 1).await?;
        drop(sender);
        other.send(&cx, 2).await?;
        let permit = other.reserve(&cx).await?;
        assert!(!receiver.is_closed());
        drop(other);
        assert!(receiver.is_closed());
        assert_eq!(receiver.recv(&cx).await?, 1);
        assert_eq!(receiver.recv(&cx).await?, 2);
        assert_eq!(receiver.try_recv(&cx), Err(TryRecvError::Empty));
        permit.send(3)?;
        assert_eq!(receiver.recv(&cx).await?, 3);
        assert_eq!(receiver.recv(&cx).await, Err(RecvError::Closed));
        assert_eq!(receiver.try_recv(&cx), Err(TryRecvError::Closed));
        assert_eq!(receiver.next(&cx).await?, None);
        Ok(())
    });
}

#[test]
fn a_receiver_waits_for_a_permit_of_a_closed_channel_and_hears_when_it_is_given_up() {
    check(|cx| async move {
        let (sender, receiver) = channel::<u8>(&cx, 1)?;
        let permit = sender.reserve(&cx).await?;
        drop(sender);
        let waiter = cx.spawn(move |cx| async move { Ok::<_, Error>(receiver.recv(&cx).await) })?;
        cx.sleep(ms(1)).await?;
        assert!(!waiter.is_finished());
        drop(permit);
        assert_eq!(waiter.result().await?, Err(RecvError::Closed));
        Ok(())
    });
}

#[test]
fn closing_gives_values_that_wait_back_and_keeps_those_that_were_sent() {
    check(|cx| async move {
        let (sender, receiver) = channel(&cx, 1)?;
        sender.send(&cx, 1).await?;
        let waiting = sender.clone();
        let child =
            cx.spawn(move |cx| async move { Ok::<_, Error>(waiting.send(&cx, 2).await) })?;
        cx.sleep(ms(1)).await?;
        receiver.close();
        receiver.close();
        assert_eq!(child.result().await?, Err(SendError::Closed(2)));
        assert_eq!(sender.send(&cx, 3).await, Err(SendError::Closed(3)));
        assert_eq!(sender.try_send(&cx, 4), Err(TrySendError::Closed(4)));
        assert!(sender.is_closed());
        assert_eq!(receiver.recv(&cx).await?, 1);
        assert_eq!(receiver.recv(&cx).await, Err(RecvError::Closed));
        Ok(())
    });
}

#[test]
fn without_receivers_values_come_back() {
    check(|cx| async move {
        let (sender, receiver) = channel(&cx, 2)?;
        let other = receiver.clone();
        drop(receiver);
        let permit = sender.reserve(&cx).await?;
        sender.send(&cx, 1).await?;
        let waiting = sender.clone();
        let child =
            cx.spawn(move |cx| async move { Ok::<_, Error>(waiting.send(&cx, 2).await) })?;
        cx.sleep(ms(1)).await?;
        drop(other);
        assert_eq!(child.result().await?, Err(SendError::Closed(2)));
        assert_eq!(permit.send(3), Err(SendError::Closed(3)));
        assert_eq!(sender.send(&cx, 4).await.unwrap_err().into_value(), 4);
        assert!(sender.is_empty(), "what was not received is dropped");
        Ok(())
    });
}

/// Two who leave at the same moment as something comes: nothing hangs and nothing is lost.
#[test]
fn closers_race_with_senders_and_receivers() {
    let kept = each_seed(|cx| async move {
        let (sender, receiver) = channel(&cx, 1)?;
        let sending = cx.spawn(move |cx| async move {
            let mut sent = 0_u32;
            while sender.send(&cx, sent).await.is_ok() {
                sent += 1;
            }
            Ok::<_, Error>(sent)
        })?;
        let closer = receiver.clone();
        cx.spawn(move |cx| async move {
            for _ in 0..cx.random() % 8 {
                cx.checkpoint().await?;
            }
            closer.close();
            Ok::<_, Error>(())
        })?;
        let mut received = 0;
        while receiver.next(&cx).await?.is_some() {
            received += 1;
        }
        assert_eq!(sending.result().await?, received);
        Ok(received)
    });
    assert!(kept.iter().any(|count| *count != kept[0]), "{kept:?}");
}

/// Producers and consumers that sleep, give up and are cancelled by chance. Every value is
/// received once, comes back to its sender, or is left in the channel; and each producer's come
/// in its order.
#[test]
fn no_value_is_lost_or_doubled_whoever_leaves() {
    async fn produce(cx: Cx, sender: Sender<(u64, u32)>, name: u64) -> Result<u32> {
        let mut sent = 0;
        for n in 0..20 {
            if cx.random().is_multiple_of(3) {
                cx.sleep(ms(cx.random() % 3)).await?;
            }
            let pause = cx.sleep(ms(cx.random() % 4));
            match select(sender.reserve(&cx), pause).await {
                Either::Left(permit) => {
                    permit?.send((name, n))?;
                    sent += 1;
                }
                Either::Right(slept) => slept?,
            }
        }
        Ok(sent)
    }
    async fn consume(cx: Cx, receiver: Receiver<(u64, u32)>, log: Log) -> Result<()> {
        loop {
            let pause = cx.sleep(ms(cx.random() % 3));
            match select(receiver.recv(&cx), pause).await {
                Either::Left(Ok((name, n))) => log.add(format!("{name} {n:02}")),
                Either::Left(Err(RecvError::Closed)) => return Ok(()),
                Either::Left(Err(RecvError::Failed(error))) => return Err(error),
                Either::Right(slept) => slept?,
            }
        }
    }
    let seen = each_seed(|cx| async move {
        let log = Log::default();
        let (sender, receiver) = channel(&cx, 1 + chance(&cx, 3))?;
        let producers: Vec<_> = (0..3)
            .map(|name| {
                let sender = sender.clone();
                cx.spawn(move |cx| produce(cx, sender, name))
            })
            .collect::<Result<_>>()?;
        drop(sender);
        let consumers: Vec<_> = (0..3)
            .map(|_| {
                let (receiver, log) = (receiver.clone(), log.clone());
                cx.spawn(move |cx| consume(cx, receiver, log))
            })
            .collect::<Result<_>>()?;
        cx.sleep(ms(cx.random() % 10)).await?;
        consumers[0].cancel("by chance");
        cx.sleep(ms(cx.random() % 10)).await?;
        consumers[1].cancel("by chance");
        let mut sent = 0;
        for producer in producers {
            sent += producer.result().await?;
        }
        for consumer in consumers {
            drop(consumer.join().await?);
        }
        let lines = log.lines();
        assert_eq!(lines.len(), sent as usize);
        for name in 0..3 {
            let own: Vec<_> = lines
                .iter()
                .filter(|l| l.starts_with(&format!("{name} ")))
                .collect();
            assert!(own.is_sorted_by(|a, b| a < b), "{own:?}");
        }
        Ok(sent)
    });
    assert!(seen.iter().sum::<u32>() > 1_000, "{seen:?}");
}

#[test]
fn a_loop_that_never_waits_lets_others_run() {
    check(|cx| async move {
        let (sender, receiver) = channel(&cx, 1)?;
        let other = cx.spawn(|cx| async move {
            for _ in 0..5 {
                cx.checkpoint().await?;
            }
            Ok::<_, Error>(())
        })?;
        let mut rounds = 0;
        while !other.is_finished() {
            sender.send(&cx, ()).await?;
            receiver.recv(&cx).await?;
            rounds += 1;
            assert!(rounds < 1_000, "it runs alone");
        }
        Ok(())
    });
}

#[test]
fn no_capacity_is_refused() {
    let kind = check(|cx| async move { Ok(refused(channel::<()>(&cx, 0).map(|_| ()))) });
    assert_eq!(kind, ErrorKind::InvalidNumber);
}

#[test]
fn a_channel_of_another_runtime_is_refused_and_may_be_dropped_there() {
    let foreign = Lab::new(1).run(|cx| async move { channel::<u8>(&cx, 1) });
    let Outcome::Ok((sender, receiver)) = foreign.outcome else {
        panic!("it gave its ends");
    };
    let run = Lab::new(2).run(|cx| async move {
        let failed = sender.send(&cx, 1).await.unwrap_err();
        let SendError::Failed(1, error) = failed else {
            panic!("expected a refusal, got {failed:?}");
        };
        assert_eq!(refused::<()>(Err(error)), ErrorKind::ForeignHandle);
        let tried = receiver.try_recv(&cx).map_err(Error::from);
        assert_eq!(refused(tried), ErrorKind::ForeignHandle);
        assert!(sender.is_closed(), "its runtime has closed");
        Ok::<_, Error>(())
    });
    assert_eq!(run.outcome, Outcome::Ok(()));
    assert!(run.report.live.is_none());
}

#[test]
fn a_value_whose_destructor_uses_the_channel_may_be_dropped_by_it() {
    struct Echo(Sender<Option<Self>>);
    impl Drop for Echo {
        fn drop(&mut self) {
            assert!(self.0.is_closed());
            self.0.close();
            drop(self.0.clone());
        }
    }
    check(|cx| async move {
        let (sender, receiver) = channel(&cx, 2)?;
        sender.send(&cx, Some(Echo(sender.clone()))).await?;
        drop(receiver);
        let refused = sender.send(&cx, Some(Echo(sender.clone()))).await;
        drop(refused);
        Ok(())
    });
}

#[test]
fn errors_say_what_was_expected_and_become_errors_of_bodies() {
    let full: TrySendError<u8> = TrySendError::Full(1);
    let closed: SendError<u8> = SendError::Closed(1);
    let failed: SendError<u8> = SendError::Failed(1, Error::TimedOut);
    let texts = [
        full.to_string(),
        closed.to_string(),
        failed.to_string(),
        RecvError::Closed.to_string(),
        TryRecvError::Empty.to_string(),
    ];
    let expected = [
        "expected a free place at once, got a full channel",
        "expected somebody to receive, got a closed channel",
        "the time ran out",
        "expected somebody to send, got a closed and empty channel",
        "expected a value at once, got an empty channel",
    ];
    assert_eq!(texts, expected);
    assert_eq!(Error::from(full), Error::WouldWait);
    assert_eq!(Error::from(closed), Error::Closed);
    assert_eq!(Error::from(failed), Error::TimedOut);
    assert_eq!(Error::from(TryRecvError::Empty), Error::WouldWait);
    assert_eq!(Error::from(RecvError::Closed), Error::Closed);
}
