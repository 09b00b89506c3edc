//! What a task still holds at its end, by each policy.

use std::sync::{Arc, Mutex as StdMutex};

use asupersync_core::exec::sync::{Semaphore, SemaphorePermit, TryRecvError, channel};
use asupersync_core::exec::{Cx, Error, Lab, LabRun, Outcome};
use asupersync_core::{ErrorKind, KernelConfig, LeakPolicy};

use crate::support::{Result, check, ms, refused};

type Stash = Arc<StdMutex<Option<SemaphorePermit>>>;

/// A child leaves a permit where it outlives it: how it ended, and permits that are there then.
fn forget(policy: LeakPolicy, waits: bool) -> LabRun<(Outcome<()>, u32)> {
    let config = KernelConfig {
        leak_policy: policy,
        ..KernelConfig::default()
    };
    Lab::with(config).run(move |cx| async move {
        let (semaphore, stash) = (Semaphore::new(&cx, 1)?, Stash::default());
        let (permits, kept) = (semaphore.clone(), Arc::clone(&stash));
        let ended = cx
            .scope(move |cx, scope| async move {
                let child = scope.spawn(move |cx: Cx| async move {
                    if waits {
                        // Something to drain at its end, which then is told by an effect.
                        cx.defer(|cx| async move { cx.sleep(ms(1)).await.unwrap() })?;
                    }
                    *kept.lock().unwrap() = Some(permits.acquire(&cx, 1).await?);
                    Ok::<_, Error>(())
                })?;
                let outcome = cx.mask(|_| child.join()).await?;
                Ok::<_, Error>(outcome)
            })
            .await;
        let ended = ended.unwrap_or_else(|error| Outcome::Panicked(error.to_string().into()));
        let available = semaphore.available();
        // Nobody's any more: to drop it changes nothing.
        drop(stash.lock().unwrap().take());
        assert_eq!(semaphore.available(), available);
        Ok((ended, available))
    })
}

#[test]
fn a_permit_that_is_held_at_the_end_is_a_leak_by_the_policy_and_comes_back() {
    for waits in [false, true] {
        let run = forget(LeakPolicy::Report, waits);
        assert_eq!(run.outcome, Outcome::Ok((Outcome::Ok(()), 1)));
        assert_eq!(run.report.live.leaked, 1);

        let run = forget(LeakPolicy::Abort, waits);
        assert_eq!(run.outcome, Outcome::Ok((Outcome::Ok(()), 1)));
        assert!(run.report.live.is_none());

        let run = forget(LeakPolicy::Panic, waits);
        assert!(matches!(
            run.outcome,
            Outcome::Ok((Outcome::Panicked(_), 1))
        ));
        assert_eq!(run.report.live.leaked, 1);
    }
}

#[test]
fn a_task_that_forgot_an_obligation_says_so() {
    for waits in [false, true] {
        let run = Lab::new(1).run(move |cx| async move {
            let semaphore = Semaphore::new(&cx, 1)?;
            if waits {
                cx.defer(|cx| async move { cx.sleep(ms(1)).await.unwrap() })?;
            }
            core::mem::forget(semaphore.acquire(&cx, 1).await?);
            Ok::<_, Error>(())
        });
        let text = "expected every obligation kept or handed over at the end of its task, got one \
                    that was forgotten";
        assert_eq!(run.outcome, Outcome::Panicked(text.into()));
    }
}

#[test]
fn what_a_cancelled_task_holds_is_taken_back_and_is_no_leak() {
    check(|cx| async move {
        let (sender, receiver) = channel::<u8>(&cx, 1)?;
        let stash = Arc::new(StdMutex::new(None));
        let (sending, kept) = (sender.clone(), Arc::clone(&stash));
        let child = cx.spawn(move |cx| async move {
            let permit = sending.reserve(&cx).await?;
            *kept.lock().unwrap() = Some(permit);
            cx.sleep(ms(1_000)).await
        })?;
        cx.sleep(ms(1)).await?;
        child.cancel("");
        drop(child.join().await?);
        sender.try_send(&cx, 1)?;
        let stale = stash.lock().unwrap().take().unwrap();
        assert_eq!(refused(stale.transfer(&cx)), ErrorKind::StaleHandle);
        let failed: Result<()> = stale.send(2).map_err(Error::from);
        assert_eq!(refused(failed), ErrorKind::StaleHandle);
        assert_eq!(receiver.try_recv(&cx)?, 1);
        assert_eq!(receiver.try_recv(&cx), Err(TryRecvError::Empty));
        Ok(())
    });
}
