//! The barrier: all or nobody, round after round, and whoever leaves has not come.

use asupersync_core::ErrorKind;
use asupersync_core::exec::sync::{Barrier, BarrierPass};
use asupersync_core::exec::{Either, Error, select};

use crate::support::{Result, check, each_seed, millis, ms, refused};

#[test]
fn nobody_goes_on_before_all_have_come_and_the_last_one_leads() {
    let passes = check(|cx| async move {
        let barrier = Barrier::new(&cx, 3)?;
        cx.map_concurrent([1, 2, 3], 3, move |cx, n| {
            let barrier = barrier.clone();
            async move {
                cx.sleep(ms(n)).await?;
                let pass = barrier.wait(&cx).await?;
                Ok::<_, Error>((pass.is_leader, pass.round, millis(&cx)))
            }
        })
        .await
    });
    assert_eq!(passes, [(false, 0, 3), (false, 0, 3), (true, 0, 3)]);
}

#[test]
fn it_is_used_again_round_after_round() {
    each_seed(|cx| async move {
        let barrier = Barrier::new(&cx, 4)?;
        let leads = cx
            .map_concurrent(0..4, 4, move |cx, _| {
                let barrier = barrier.clone();
                async move {
                    let mut leads = 0;
                    for round in 0..10 {
                        cx.sleep(ms(cx.random() % 3)).await?;
                        let pass = barrier.wait(&cx).await?;
                        assert_eq!(pass.round, round);
                        leads += u32::from(pass.is_leader);
                    }
                    Ok::<_, Error>(leads)
                }
            })
            .await?;
        assert_eq!(leads.iter().sum::<u32>(), 10, "one of each round");
        Ok(())
    });
}

#[test]
fn one_who_leaves_has_not_come() {
    check(|cx| async move {
        let barrier = Barrier::new(&cx, 2)?;
        let dropped = select(barrier.wait(&cx), cx.sleep(ms(1))).await;
        assert!(matches!(dropped, Either::Right(_)));
        let waiting = barrier.clone();
        let cancelled = cx.spawn(move |cx| async move { waiting.wait(&cx).await })?;
        cx.sleep(ms(1)).await?;
        cancelled.cancel("");
        assert!(cancelled.join().await?.cancel_reason().is_some());
        let waiting = barrier.clone();
        let partner = cx.spawn(move |cx| async move { waiting.wait(&cx).await })?;
        cx.sleep(ms(1)).await?;
        assert!(!partner.is_finished(), "it waits for a second one");
        let last = barrier.wait(&cx).await?;
        let first = partner.result().await?;
        assert!(last.is_leader && !first.is_leader);
        Ok(())
    });
}

#[test]
fn one_who_is_cancelled_after_the_last_has_come_leaves_nothing_to_the_next_round() {
    check(|cx| async move {
        let barrier = Barrier::new(&cx, 2)?;
        let waiting = barrier.clone();
        let child = cx.spawn(move |cx| async move { waiting.wait(&cx).await })?;
        cx.sleep(ms(1)).await?;
        assert!(barrier.wait(&cx).await?.is_leader);
        child.cancel("");
        drop(child.join().await?);
        let waited = select(barrier.wait(&cx), cx.sleep(ms(5))).await;
        assert!(matches!(waited, Either::Right(_)), "alone in its round");
        Ok(())
    });
}

#[test]
fn a_barrier_of_one_is_none_and_of_nobody_is_refused() {
    check(|cx| async move {
        let barrier = Barrier::new(&cx, 1)?;
        for round in 0..3 {
            let is_leader = true;
            assert_eq!(barrier.wait(&cx).await?, BarrierPass { is_leader, round });
        }
        assert_eq!(refused(Barrier::new(&cx, 0)), ErrorKind::InvalidNumber);
        Ok(())
    });
}

/// Tasks that come, give up and come again by chance all get through in the end.
#[test]
fn those_who_give_up_and_come_again_meet() {
    each_seed(|cx| async move {
        let barrier = Barrier::new(&cx, 3)?;
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let barrier = barrier.clone();
                cx.spawn(move |cx| async move {
                    loop {
                        let patience = cx.sleep(ms(3 + cx.random() % 5));
                        match select(barrier.wait(&cx), patience).await {
                            Either::Left(pass) => return pass,
                            Either::Right(slept) => slept?,
                        }
                    }
                })
            })
            .collect::<Result<_>>()?;
        let mut leaders = 0;
        for task in tasks {
            leaders += u32::from(task.result().await?.is_leader);
        }
        assert_eq!(leaders, 1);
        Ok(())
    });
}
