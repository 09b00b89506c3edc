//! The lock: one at a time, in order, and given back whatever happens to its holder.

use std::sync::Arc;

use asupersync_core::ErrorKind;
use asupersync_core::exec::sync::{Mutex, MutexGuard};
use asupersync_core::exec::{Error, Lab, Outcome};
use asupersync_core::{KernelConfig, LeakPolicy};

use crate::support::{Log, check, each_seed, ms, refused};

#[test]
fn one_task_at_a_time_has_the_value_also_across_waits() {
    let totals = each_seed(|cx| async move {
        let total = Mutex::new(&cx, 0_u32)?;
        let adders = total.clone();
        cx.map_concurrent(0..20, 20, move |cx, _| {
            let total = adders.clone();
            async move {
                let mut guard = total.lock(&cx).await?;
                let before = *guard;
                cx.sleep(ms(cx.random() % 3)).await?;
                *guard = before + 1;
                Ok::<_, Error>(())
            }
        })
        .await?;
        Ok(*total.lock(&cx).await?)
    });
    assert!(totals.iter().all(|total| *total == 20));
}

#[test]
fn the_lock_is_had_in_the_order_of_asking() {
    let lines = check(|cx| async move {
        let (log, lock) = (Log::default(), Mutex::new(&cx, ())?);
        let held = lock.lock(&cx).await?;
        for n in 1..=4 {
            let (log, lock) = (log.clone(), lock.clone());
            cx.spawn(move |cx| async move {
                cx.sleep(ms(n)).await?;
                let _guard = lock.lock(&cx).await?;
                log.add(n.to_string());
                Ok::<_, Error>(())
            })?;
        }
        cx.sleep(ms(10)).await?;
        assert_eq!(lock.try_lock(&cx).unwrap_err(), Error::WouldWait);
        drop(held);
        cx.sleep(ms(10)).await?;
        drop(lock.try_lock(&cx)?);
        Ok(log.lines())
    });
    assert_eq!(lines, ["1", "2", "3", "4"]);
}

#[test]
fn a_holder_that_is_cancelled_or_panics_gives_the_lock_back_with_its_value() {
    check(|cx| async move {
        let lock = Mutex::new(&cx, 0)?;
        for panics in [false, true] {
            let holder = lock.clone();
            let outcomes = cx.settle([asupersync_core::exec::branch(move |cx| async move {
                cx.timeout(ms(5), move |cx| async move {
                    let mut guard = holder.lock(&cx).await?;
                    *guard += 1;
                    assert!(!panics, "on purpose");
                    cx.sleep(ms(1_000)).await
                })
                .await
            })]);
            assert_ne!(outcomes.await?[0], Outcome::Ok(()));
        }
        assert_eq!(*lock.lock(&cx).await?, 2);
        Ok(())
    });
}

#[test]
fn a_cancelled_wait_gives_way() {
    check(|cx| async move {
        let lock = Mutex::new(&cx, ())?;
        let held = lock.lock(&cx).await?;
        let (waiting, behind) = (lock.clone(), lock.clone());
        let waiter = cx.spawn(move |cx| async move { waiting.lock(&cx).await.map(drop) })?;
        let next = cx.spawn(move |cx| async move {
            cx.sleep(ms(1)).await?;
            behind.lock(&cx).await.map(drop)
        })?;
        cx.sleep(ms(2)).await?;
        waiter.cancel("");
        drop(held);
        next.result().await?;
        assert!(waiter.join().await?.cancel_reason().is_some());
        Ok(())
    });
}

/// A guard that outlives its task has the value: the next one is told so, until it is dropped.
#[test]
fn a_lock_whose_value_went_away_with_a_guard_says_so_until_it_is_back() {
    type Stash = Arc<std::sync::Mutex<Option<MutexGuard<u8>>>>;
    let config = KernelConfig {
        leak_policy: LeakPolicy::Report,
        ..KernelConfig::default()
    };
    let run = Lab::with(config).run(|cx| async move {
        let (lock, stash) = (Mutex::new(&cx, 7)?, Stash::default());
        let (locked, kept) = (lock.clone(), Arc::clone(&stash));
        let child = cx.spawn(move |cx| async move {
            *kept.lock().unwrap() = Some(locked.lock(&cx).await?);
            Ok::<_, Error>(())
        })?;
        child.result().await?;
        assert_eq!(refused(lock.lock(&cx).await), ErrorKind::WrongState);
        stash.lock().unwrap().take();
        Ok::<_, Error>(*lock.lock(&cx).await?)
    });
    assert_eq!(run.outcome, Outcome::Ok(7));
    assert_eq!(run.report.live.leaked, 1);
}
