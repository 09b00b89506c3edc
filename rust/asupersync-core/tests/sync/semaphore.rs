//! The semaphore: how many at once, in which order, and what becomes of permits.

use core::pin::pin;

use asupersync_core::exec::sync::Semaphore;
use asupersync_core::exec::{Error, select};
use asupersync_core::limits::PERMITS_MAX;
use asupersync_core::{CancelKind, ErrorKind};

use crate::support::{Log, chance, check, each_seed, millis, ms, refused, waits};

#[test]
fn no_more_hold_permits_than_there_are() {
    let ended_at = check(|cx| async move {
        let semaphore = Semaphore::new(&cx, 3)?;
        cx.map_concurrent(0..9, 9, move |cx, _| {
            let semaphore = semaphore.clone();
            async move {
                let _permit = semaphore.acquire(&cx, 1).await?;
                cx.sleep(ms(10)).await
            }
        })
        .await?;
        Ok(millis(&cx))
    });
    assert_eq!(ended_at, 30);
}

#[test]
fn who_asks_for_many_is_not_overtaken_by_who_asks_for_few() {
    let lines = check(|cx| async move {
        let (log, semaphore) = (Log::default(), Semaphore::new(&cx, 3)?);
        let held = semaphore.acquire(&cx, 2).await?;
        for (n, permits) in [(1, 3), (2, 1), (3, 2)] {
            let (log, semaphore) = (log.clone(), semaphore.clone());
            cx.spawn(move |cx| async move {
                cx.sleep(ms(n)).await?;
                let _permit = semaphore.acquire(&cx, permits).await?;
                log.add(format!("{permits} at {}", millis(&cx)));
                cx.sleep(ms(10)).await
            })?;
        }
        cx.sleep(ms(5)).await?;
        assert_eq!(semaphore.available(), 1);
        assert_eq!(semaphore.try_acquire(&cx, 1).unwrap_err(), Error::WouldWait);
        drop(held);
        cx.sleep(ms(40)).await?;
        let mut lines = log.lines();
        lines[1..].sort();
        Ok(lines)
    });
    assert_eq!(lines, ["3 at 5", "1 at 15", "2 at 15"]);
}

#[test]
fn a_wait_that_is_dropped_or_cancelled_gives_way_and_its_grant_goes_back() {
    check(|cx| async move {
        let semaphore = Semaphore::new(&cx, 2)?;
        for is_told in [false, true] {
            let held = semaphore.acquire(&cx, 2).await?;
            {
                let mut wait = pin!(semaphore.acquire(&cx, 2));
                assert!(waits(wait.as_mut()).await);
                drop(held);
                if is_told {
                    cx.checkpoint().await?;
                }
                assert_eq!(semaphore.available(), 0);
            }
            assert_eq!(semaphore.available(), 2);
        }
        let held = semaphore.acquire(&cx, 2).await?;
        let waiting = semaphore.clone();
        let child = cx.spawn(move |cx| async move { waiting.acquire(&cx, 2).await.map(drop) })?;
        let small = semaphore.clone();
        let behind = cx.spawn(move |cx| async move {
            cx.sleep(ms(1)).await?;
            small.acquire(&cx, 1).await.map(drop)
        })?;
        cx.sleep(ms(2)).await?;
        child.cancel("");
        drop(held);
        behind.result().await?;
        assert!(child.join().await?.cancel_reason().is_some());
        assert_eq!(semaphore.available(), 2);
        Ok(())
    });
}

#[test]
fn a_permit_is_handed_over_to_the_task_that_goes_on_with_it() {
    check(|cx| async move {
        let semaphore = Semaphore::new(&cx, 1)?;
        let permits = semaphore.clone();
        cx.scope(|_, scope| async move {
            let spawner = scope.clone();
            let parent = scope.spawn(move |cx| async move {
                let permit = permits.acquire(&cx, 1).await?;
                let (told, mut hears) = asupersync_core::exec::sync::oneshot(&cx)?;
                spawner.spawn(move |cx| async move {
                    permit.transfer(&cx)?;
                    told.send(())?;
                    cx.sleep(ms(10)).await?;
                    drop(permit);
                    Ok::<_, Error>(())
                })?;
                hears.recv(&cx).await?;
                Ok::<_, Error>(())
            })?;
            parent.result().await
        })
        .await?;
        assert_eq!((millis(&cx), semaphore.available()), (10, 1));
        Ok(())
    });
}

#[test]
fn closing_refuses_those_who_wait_and_leaves_what_is_lent() {
    check(|cx| async move {
        let semaphore = Semaphore::new(&cx, 1)?;
        let held = semaphore.acquire(&cx, 1).await?;
        let waiting = semaphore.clone();
        let child =
            cx.spawn(
                move |cx| async move { Ok::<_, Error>(waiting.acquire(&cx, 1).await.map(drop)) },
            )?;
        cx.sleep(ms(1)).await?;
        semaphore.close();
        assert_eq!(child.result().await?, Err(Error::Closed));
        assert_eq!(semaphore.acquire(&cx, 1).await.unwrap_err(), Error::Closed);
        assert_eq!(semaphore.add(1), Err(Error::Closed));
        drop(held);
        Ok(())
    });
}

#[test]
fn permits_are_added_to_their_maximum() {
    check(|cx| async move {
        let semaphore = Semaphore::new(&cx, 0)?;
        let waiting = semaphore.clone();
        let child = cx.spawn(move |cx| async move { waiting.acquire(&cx, 2).await.map(drop) })?;
        cx.sleep(ms(1)).await?;
        semaphore.add(2)?;
        child.result().await?;
        assert_eq!(semaphore.available(), 2);
        assert_eq!(refused(semaphore.add(PERMITS_MAX)), ErrorKind::LimitReached);
        let many = Semaphore::new(&cx, PERMITS_MAX + 1);
        assert_eq!(refused(many), ErrorKind::LimitReached);
        let none = semaphore.acquire(&cx, 0).await;
        assert_eq!(refused(none), ErrorKind::InvalidNumber);
        Ok(())
    });
}

#[test]
fn a_cx_of_another_task_is_refused() {
    check(|cx| async move {
        let (parents, semaphore) = (cx.clone(), Semaphore::new(&cx, 1)?);
        let child = cx.spawn(|_| async move {
            let tried = semaphore.try_acquire(&parents, 1);
            assert_eq!(refused(tried), ErrorKind::WrongState);
            Ok::<_, Error>(refused(semaphore.acquire(&parents, 1).await))
        })?;
        assert_eq!(child.result().await?, ErrorKind::WrongState);
        Ok(())
    });
}

/// Waits that are dropped, cancelled and granted by chance: no permit is lost.
#[test]
fn permits_all_come_back() {
    each_seed(|cx| async move {
        let semaphore = Semaphore::new(&cx, 3)?;
        let permits = semaphore.clone();
        let outcomes = cx
            .settle((0..8).map(|_| {
                let permits = permits.clone();
                asupersync_core::exec::branch(move |cx| async move {
                    for _ in 0..6 {
                        let wanted = 1 + chance(&cx, 3);
                        let limit = cx.sleep(ms(cx.random() % 5));
                        let held = select(permits.acquire(&cx, wanted), limit).await;
                        cx.sleep(ms(cx.random() % 4)).await?;
                        drop(held);
                        if cx.random().is_multiple_of(16) {
                            return Err(Error::Abandoned);
                        }
                    }
                    Ok(())
                })
            }))
            .await?;
        assert!(
            outcomes
                .iter()
                .all(|outcome| outcome.cancel_reason().is_none())
        );
        let rest = semaphore.clone();
        let last = cx.spawn(move |cx| async move { rest.acquire(&cx, 3).await.map(drop) })?;
        let child = cx.spawn(move |cx| async move { cx.sleep(ms(1)).await })?;
        child.cancel_with(CancelKind::User, "");
        last.result().await?;
        assert_eq!(semaphore.available(), 3);
        Ok(())
    });
}
