//! The oneshot: one value, once, whoever leaves first.

use asupersync_core::exec::sync::{RecvError, SendError, TryRecvError, oneshot};
use asupersync_core::exec::{Either, Error, Lab, Outcome, select};

use crate::support::{check, ms};

#[test]
fn a_value_is_received_once_whether_it_comes_before_or_after_the_wait() {
    check(|cx| async move {
        for is_late in [false, true] {
            let (sender, mut receiver) = oneshot(&cx)?;
            assert_eq!(receiver.try_recv(&cx), Err(TryRecvError::Empty));
            cx.spawn(move |cx| async move {
                if is_late {
                    cx.sleep(ms(5)).await?;
                }
                Ok::<_, Error>(sender.send(7)?)
            })?;
            if !is_late {
                cx.sleep(ms(5)).await?;
            }
            assert_eq!(receiver.recv(&cx).await?, 7);
            assert_eq!(receiver.recv(&cx).await, Err(RecvError::Closed));
            assert_eq!(receiver.try_recv(&cx), Err(TryRecvError::Closed));
        }
        Ok(())
    });
}

#[test]
fn a_sender_that_is_dropped_without_a_value_ends_the_wait() {
    check(|cx| async move {
        let (sender, mut receiver) = oneshot::<u8>(&cx)?;
        let waiter = cx.spawn(move |cx| async move { Ok::<_, Error>(receiver.recv(&cx).await) })?;
        cx.sleep(ms(1)).await?;
        drop(sender);
        assert_eq!(waiter.result().await?, Err(RecvError::Closed));
        Ok(())
    });
}

#[test]
fn without_a_receiver_the_value_comes_back() {
    check(|cx| async move {
        let (sender, receiver) = oneshot(&cx)?;
        assert!(!sender.is_closed());
        drop(receiver);
        assert!(sender.is_closed());
        assert_eq!(sender.send(7), Err(SendError::Closed(7)));
        Ok(())
    });
}

#[test]
fn a_wait_that_is_dropped_leaves_the_value() {
    check(|cx| async move {
        let (sender, mut receiver) = oneshot(&cx)?;
        let dropped = select(receiver.recv(&cx), cx.sleep(ms(1))).await;
        assert!(matches!(dropped, Either::Right(_)));
        sender.send(7)?;
        assert_eq!(receiver.try_recv(&cx)?, 7);
        Ok(())
    });
}

#[test]
fn a_cancelled_wait_fails_with_its_cancellation() {
    check(|cx| async move {
        let (sender, mut receiver) = oneshot::<u8>(&cx)?;
        let child = cx.spawn(move |cx| async move { Ok::<_, Error>(receiver.recv(&cx).await?) })?;
        cx.sleep(ms(1)).await?;
        child.cancel("");
        assert!(child.join().await?.cancel_reason().is_some());
        assert!(sender.is_closed(), "its receiver went with the task");
        Ok(())
    });
}

#[test]
fn a_runtime_that_has_closed_gives_the_value_back() {
    let run = Lab::new(1).run(|cx| async move { oneshot(&cx) });
    let Outcome::Ok((sender, _receiver)) = run.outcome else {
        panic!("it gave its ends");
    };
    assert_eq!(sender.send(7).unwrap_err().into_value(), 7);
}
