//! The notification: one or all, at most one remembered, none lost.

use core::pin::pin;

use asupersync_core::exec::sync::Notify;
use asupersync_core::exec::{Error, select};

use crate::support::{Log, check, each_seed, ms, waits};

#[test]
fn one_notification_is_remembered_and_more_count_as_one() {
    check(|cx| async move {
        let notify = Notify::new(&cx)?;
        notify.notify_one();
        notify.notify_one();
        notify.notified(&cx).await?;
        assert!(waits(pin!(notify.notified(&cx))).await);
        Ok(())
    });
}

#[test]
fn the_one_who_has_waited_longest_is_woken() {
    let lines = check(|cx| async move {
        let (log, notify) = (Log::default(), Notify::new(&cx)?);
        for n in 1..=3 {
            let (log, notify) = (log.clone(), notify.clone());
            cx.spawn(move |cx| async move {
                cx.sleep(ms(n)).await?;
                notify.notified(&cx).await?;
                log.add(n.to_string());
                Ok::<_, Error>(())
            })?;
        }
        cx.sleep(ms(5)).await?;
        for _ in 0..3 {
            notify.notify_one();
            cx.sleep(ms(1)).await?;
        }
        Ok(log.lines())
    });
    assert_eq!(lines, ["1", "2", "3"]);
}

#[test]
fn all_who_wait_are_notified_and_nobody_who_comes_later() {
    check(|cx| async move {
        let notify = Notify::new(&cx)?;
        notify.notify_all()?;
        assert!(waits(pin!(notify.notified(&cx))).await, "not remembered");
        let tasks = [(); 3].map(|()| {
            let notify = notify.clone();
            cx.spawn(move |cx| async move { notify.notified(&cx).await })
        });
        cx.sleep(ms(1)).await?;
        notify.notify_all()?;
        for task in tasks {
            task?.result().await?;
        }
        assert!(waits(pin!(notify.notified(&cx))).await);
        Ok(())
    });
}

#[test]
fn a_notification_that_was_not_taken_goes_to_the_next_one_or_is_remembered_once() {
    check(|cx| async move {
        let notify = Notify::new(&cx)?;
        {
            let mut first = pin!(notify.notified(&cx));
            let mut second = pin!(notify.notified(&cx));
            assert!(waits(first.as_mut()).await);
            assert!(waits(second.as_mut()).await);
            notify.notify_one();
            // Both are given one, and neither takes it.
            notify.notify_one();
        }
        notify.notified(&cx).await?;
        assert!(
            waits(pin!(notify.notified(&cx))).await,
            "one was remembered"
        );
        let waiting = notify.clone();
        let cancelled = cx.spawn(move |cx| async move { waiting.notified(&cx).await })?;
        cx.sleep(ms(1)).await?;
        notify.notify_one();
        cancelled.cancel("");
        assert!(cancelled.join().await?.cancel_reason().is_some());
        notify.notified(&cx).await
    });
}

/// A flag that is set and then notified of is seen, however the waits are dropped.
#[test]
fn whoever_checks_and_then_waits_misses_nothing() {
    each_seed(|cx| async move {
        let notify = Notify::new(&cx)?;
        let flags = Log::default();
        let (told, setter) = (notify.clone(), flags.clone());
        cx.spawn(move |cx| async move {
            for n in 0..10 {
                cx.sleep(ms(cx.random() % 4)).await?;
                setter.add(n.to_string());
                told.notify_one();
            }
            Ok::<_, Error>(())
        })?;
        let mut waits = 0;
        while flags.lines().len() < 10 {
            if cx.random().is_multiple_of(2) {
                drop(select(notify.notified(&cx), cx.sleep(ms(1))).await);
            } else if flags.lines().len() < 10 {
                notify.notified(&cx).await?;
            }
            waits += 1;
            assert!(waits < 10_000, "it spins");
        }
        Ok(())
    });
}
