//! Receivers as streams and senders as sinks, with the combinators of `futures-util`.

use asupersync_core::exec::sync::{BroadcastError, broadcast, channel, watch};
use asupersync_core::exec::{Error, JoinHandle};
use futures_util::{SinkExt, StreamExt, TryStreamExt, stream};

use crate::support::{check, millis, ms};

#[test]
fn a_stream_of_a_channel_is_forwarded_into_the_sink_of_another() {
    let values = check(|cx| async move {
        let (first, input) = channel(&cx, 2)?;
        let (output, last) = channel(&cx, 2)?;
        cx.spawn(move |cx| async move {
            let mut numbers = stream::iter((0..10).map(Ok));
            let mut sink = first.sink(&cx);
            sink.send_all(&mut numbers).await?;
            sink.close().await
        })?;
        cx.spawn(move |cx| async move {
            let even = input
                .stream(&cx)
                .try_filter(|n| core::future::ready(n % 2 == 0));
            even.map_ok(|n| n * 10).forward(output.sink(&cx)).await
        })?;
        last.stream(&cx).try_collect::<Vec<_>>().await
    });
    assert_eq!(values, [0, 20, 40, 60, 80]);
}

#[test]
fn work_on_a_stream_overlaps_with_buffering() {
    let sum = check(|cx| async move {
        let (sender, receiver) = channel(&cx, 16)?;
        for n in 1..=8_u64 {
            sender.send(&cx, n).await?;
        }
        drop(sender);
        let sleeper = cx.clone();
        let sum = receiver
            .stream(&cx)
            .map_ok(move |n| {
                let sleeping = sleeper.sleep(ms(10));
                async move { sleeping.await.map(|()| n) }
            })
            .try_buffer_unordered(4)
            .try_fold(0, |sum, n| async move { Ok(sum + n) })
            .await?;
        Ok((sum, millis(&cx)))
    });
    assert_eq!(sum, (36, 20));
}

#[test]
fn a_stream_ends_after_a_cancellation_and_gives_its_receiver_up() {
    check(|cx| async move {
        let (sender, receiver) = channel::<u8>(&cx, 1)?;
        let child: JoinHandle<usize> = cx.spawn(move |cx| async move {
            let items: Vec<_> = receiver.stream(&cx).collect().await;
            assert!(matches!(&items[..], [Ok(1), Err(error)] if error.is_cancelled()));
            Ok(items.len())
        })?;
        sender.send(&cx, 1).await?;
        cx.sleep(ms(1)).await?;
        child.cancel("");
        assert!(child.join().await?.cancel_reason().is_some());
        assert!(sender.is_closed());
        Ok(())
    });
}

#[test]
fn a_sink_is_ready_when_it_has_a_permit_and_closed_with_its_channel() {
    check(|cx| async move {
        let (sender, receiver) = channel(&cx, 1)?;
        let mut sink = sender.sink(&cx);
        sink.feed(1).await?;
        sink.flush().await?;
        drop(receiver);
        assert_eq!(sink.send(2).await, Err(Error::Closed));
        sink.close().await?;
        assert_eq!(sink.send(3).await, Err(Error::Closed));
        Ok(())
    });
}

#[test]
fn a_stream_of_a_broadcast_tells_what_it_missed_and_goes_on() {
    let items = check(|cx| async move {
        let (sender, receiver) = broadcast(&cx, 2)?;
        for n in 0..4 {
            sender.send(n)?;
        }
        drop(sender);
        Ok(receiver.stream(&cx).collect::<Vec<_>>().await)
    });
    assert_eq!(items, [Err(BroadcastError::Lagged(2)), Ok(2), Ok(3)]);
}

#[test]
fn a_stream_of_a_watch_gives_the_latest_values() {
    let items = check(|cx| async move {
        let (sender, receiver) = watch(&cx, 0)?;
        cx.spawn(move |cx| async move {
            for n in [1, 2, 3, 4] {
                sender.send(n);
                if n % 2 == 0 {
                    cx.sleep(ms(1)).await?;
                }
            }
            Ok::<_, Error>(())
        })?;
        let latest = receiver.stream(&cx).map_ok(|value| *value);
        latest.try_collect::<Vec<_>>().await
    });
    assert_eq!(items, [2, 4]);
}

#[test]
fn an_interval_is_a_stream_that_ends_after_a_cancellation() {
    check(|cx| async move {
        let ticks = cx.interval(ms(10)).take(3);
        let due: Vec<_> = ticks.map_ok(|tick| tick.due).try_collect().await?;
        assert_eq!(due.len(), 3);
        assert_eq!(millis(&cx), 20);
        let child = cx.spawn(|cx| async move {
            let ticks = cx.interval(ms(10)).collect::<Vec<_>>().await;
            assert!(ticks.last().unwrap().is_err());
            Ok::<_, Error>(ticks.len())
        })?;
        cx.sleep(ms(15)).await?;
        child.cancel("");
        assert!(child.join().await?.cancel_reason().is_some());
        Ok(())
    });
}
